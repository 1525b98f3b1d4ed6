"""What this room knows of a person, and forgets of them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.merging import Merger, Moved
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import erasers, exporters, mergers

from .models import Activity


def export_activities(contact: Contact) -> list[dict[str, Any]]:
    """The whole log of the person, oldest first."""
    return [
        {
            "type": row.type,
            "occurred_at": row.occurred_at.isoformat(),
            "subject": row.subject,
            "url": row.url,
            "data": row.data,
        }
        for row in Activity.objects.filter(contact=contact).order_by("occurred_at", "pk").iterator(chunk_size=2000)
    ]


def erase_activities(contact: Contact) -> None:
    """The log tells of a person and of nothing else: it goes."""
    Activity.objects.filter(contact=contact).delete()


MERGER = Merger(Moved(Activity, label=_("entries of the timeline")))


def register() -> None:
    mergers.register("activity", MERGER)
    exporters.register("activity", export_activities)
    erasers.register("activity", erase_activities)
