"""What this room knows of a person, and forgets of them."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.merging import Merger, Moved
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import erasers, exporters, mergers

from .models import Membership, SegmentPin


def export_segments(contact: Contact) -> dict[str, Any]:
    """The segments that held the person, from when to when, and where they were pinned by hand."""
    stays = Membership.objects.filter(contact=contact).order_by("entered_at", "pk")
    pins = SegmentPin.objects.filter(contact=contact).order_by("created_at", "pk")
    return {
        "stays": [
            {"segment": name, "entered_at": entered.isoformat(), "left_at": left.isoformat() if left else None}
            for name, entered, left in stays.values_list("segment__name", "entered_at", "left_at")
        ],
        "pins": [
            {"segment": name, "always": always, "reason": reason, "pinned_at": at.isoformat()}
            for name, always, reason, at in pins.values_list("segment__name", "always", "reason", "created_at")
        ],
    }


def erase_segments(contact: Contact) -> None:
    """A pin is about a person, so it goes, as does the history of stays; the sizes of segments stay."""
    SegmentPin.objects.filter(contact=contact).delete()
    Membership.objects.filter(contact=contact).delete()


MERGER = Merger(
    Moved(Membership, unique=("segment",), where=Q(left_at__isnull=True), label=_("stays in segments")),
    Moved(SegmentPin, unique=("segment",), label=_("pins in segments")),
)


def register() -> None:
    mergers.register("segments", MERGER)
    exporters.register("segments", export_segments)
    erasers.register("segments", erase_segments)
