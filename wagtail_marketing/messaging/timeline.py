"""What this room tells the activity log: one row per fact, written with the fact itself."""

from collections.abc import Iterable
from datetime import datetime

from wagtail_marketing.activity.models import Activity
from wagtail_marketing.activity.services import Happening, record_many
from wagtail_marketing.contacts import facts

from .models import EventType, Link, Message, Send

_TYPES = {
    EventType.OPEN: "opened",
    EventType.CLICK: "clicked",
    EventType.UNSUBSCRIBE: "unsubscribed",
    EventType.VIEW: "viewed",
}


def sent(send: Send, messages: Iterable[Message], at: datetime) -> None:
    """``<channel>.sent`` for each message."""
    record_many(
        happenings=[
            Happening(
                contact_id=message.contact_id,
                type=f"{send.channel}.sent",
                occurred_at=at,
                dedupe=f"message:{message.pk}:sent",
                ref=f"message:{message.uuid}",
                campaign_ref=send.source_ref,
                subject=send.name,
            )
            for message in messages
            if message.contact_id is not None
        ]
    )


def happened(message: Message, event: str, at: datetime, *, key: str, link: Link | None = None, machine: bool) -> None:
    """``<channel>.opened`` and its sisters for one message; ``key`` makes the row unique.

    A link that holds tokens is shown as it was written, not as it was for this person.
    """
    if message.contact_id is None:
        return
    record_many(
        happenings=[
            Happening(
                contact_id=message.contact_id,
                type=f"{message.send.channel}.{_TYPES[EventType(event)]}",
                occurred_at=at,
                dedupe=f"message:{message.pk}:{key}",
                ref=f"message:{message.uuid}",
                campaign_ref=message.send.source_ref,
                subject=message.send.name,
                url=link.url if link else "",
                machine=machine,
            )
        ]
    )


def mark_machine(message: Message, *, since: datetime) -> None:
    """The clicks of a message since then turned out to be a machine's: rules that counted them look again."""
    facts.touch("activity", [message.contact_id])
    Activity.objects.filter(
        ref=f"message:{message.uuid}", type=f"{message.send.channel}.clicked", occurred_at__gte=since
    ).update(machine=True)
