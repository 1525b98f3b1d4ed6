"""Always in, never in: single people whom the rules do not decide."""

from datetime import datetime
from typing import Any

from django.db import transaction

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock, events
from wagtail_marketing.segments.events import PinsChanged
from wagtail_marketing.segments.models import Segment, SegmentPin


@transaction.atomic
def pin_contact(
    *,
    segment: Segment,
    contact: Contact,
    always: bool,
    reason: str = "",
    user: Any = None,
    now: datetime | None = None,
) -> SegmentPin:
    """Pin ``contact``: ``always`` in, else never in, with a ``reason`` for colleagues. Another pin of the two
    is replaced.

    It decides at once wherever the segment is asked; the members follow within a second (``recheck``). A contact
    that the shop deleted is in no segment, pinned or not.
    """
    pin, _made = SegmentPin.objects.update_or_create(
        segment=segment,
        contact=contact,
        defaults={"always": always, "reason": reason, "created_at": now or clock.now(), "created_by": user},
    )
    facts.touch("pins", [contact.pk])
    events.publish(PinsChanged(segment.pk, (contact.pk,)))
    return pin


@transaction.atomic
def unpin_contact(*, segment: Segment, contact: Contact) -> bool:
    """Let the rules decide again; returns whether there was a pin."""
    gone, _by_model = SegmentPin.objects.filter(segment=segment, contact=contact).delete()
    if gone:
        facts.touch("pins", [contact.pk])
        events.publish(PinsChanged(segment.pk, (contact.pk,)))
    return bool(gone)
