"""What this room knows of a person: for ``export_person``, and taken away by ``erase_person``."""

from typing import Any

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.merging import Merger, Moved
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import erasers, exporters, mergers

from .models import Message, MessageState


def export_messages(contact: Contact) -> list[dict[str, Any]]:
    """Every message to the person, with what was done with it."""
    messages = (
        Message.objects.filter(contact=contact)
        .select_related("send")
        .defer("send__content")
        .prefetch_related("events__link")
        .order_by("pk")
    )
    return [
        {
            "channel": message.send.channel,
            "name": message.send.name,
            "address": message.address,
            "state": message.state,
            "reason": message.reason,
            "when": message.settled_at.isoformat() if message.settled_at else None,
            "links": message.urls,
            "events": [
                {
                    "type": event.type,
                    "when": event.occurred_at.isoformat(),
                    "link": event.link.url if event.link else None,
                    "machine": event.machine,
                }
                for event in message.events.all()
            ],
        }
        for message in messages
    ]


def erase_messages(contact: Contact) -> None:
    """Take addresses and personal links out; the rows stay, so that the sums of every send still hold."""
    messages = Message.objects.filter(contact=contact)
    messages.filter(state=MessageState.PENDING).update(state=MessageState.SUPPRESSED, reason="erased")
    messages.update(
        address=Concat(Value("erased-"), Cast("pk", CharField()), output_field=CharField()), urls=None, detail=""
    )


MERGER = Merger(Moved(Message, label=_("messages")))


def register() -> None:
    """From ``AppConfig.ready``."""
    mergers.register("messaging", MERGER)
    exporters.register("messages", export_messages)
    erasers.register("messages", erase_messages)
