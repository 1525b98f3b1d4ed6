"""How many of the members a channel reaches, kept for lists."""

from datetime import datetime

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.contacts.selectors import deliverable_q
from wagtail_marketing.core import clock
from wagtail_marketing.segments.models import Membership, Segment, SegmentReach


def count_reach(*, segment: Segment, now: datetime | None = None) -> dict[str, int]:
    """Count whom each channel reaches among the members of the last refresh: one statement a channel."""
    inside = Membership.objects.filter(segment=segment, left_at__isnull=True).values("contact")
    now = now or clock.now()
    found = {}
    for key, address in channels.items():
        reached = Contact.objects.filter(deliverable_q(key), pk__in=inside).order_by()
        found[key] = reached.values(address.hash_field).distinct().count()
    SegmentReach.objects.bulk_create(
        [SegmentReach(segment=segment, channel=key, people=people, measured_at=now) for key, people in found.items()],
        update_conflicts=True,
        unique_fields=("segment", "channel"),
        update_fields=("people", "measured_at"),
    )
    return found
