"""What this room tells the activity log: one row per fact, written with the fact itself."""

from collections.abc import Iterable
from datetime import datetime

from wagtail_marketing.activity.models import Activity

from .models import EventType, Link, Message, Send

_TYPES = {
    EventType.OPEN: "opened",
    EventType.CLICK: "clicked",
    EventType.UNSUBSCRIBE: "unsubscribed",
    EventType.VIEW: "viewed",
}


def sent(send: Send, messages: Iterable[Message], at: datetime) -> None:
    """``<channel>.sent`` for each message."""
    _write(
        Activity(
            contact_id=message.contact_id,
            type=f"{send.channel}.sent",
            occurred_at=at,
            ref=f"message:{message.uuid}",
            campaign_ref=send.source_ref,
            subject=send.name[:255],
            dedupe=f"message:{message.pk}:sent",
        )
        for message in messages
        if message.contact_id is not None
    )


def happened(
    message: Message, event: str, at: datetime, *, key: str, link: Link | None = None, url: str = "", machine: bool
) -> None:
    """``<channel>.opened`` and its sisters for one message; ``key`` makes the row unique."""
    if message.contact_id is None:
        return
    _write(
        [
            Activity(
                contact_id=message.contact_id,
                type=f"{message.send.channel}.{_TYPES[EventType(event)]}",
                occurred_at=at,
                ref=f"message:{message.uuid}",
                campaign_ref=message.send.source_ref,
                subject=message.send.name[:255],
                url=(url or (link.url if link else ""))[:500],
                machine=machine,
                dedupe=f"message:{message.pk}:{key}",
            )
        ]
    )


def _write(rows: Iterable[Activity]) -> None:
    Activity.objects.bulk_create(list(rows), ignore_conflicts=True, batch_size=1000)


def mark_machine(message: Message, *, since: datetime) -> None:
    """The clicks of a message since then turned out to be a machine's."""
    Activity.objects.filter(
        ref=f"message:{message.uuid}", type=f"{message.send.channel}.clicked", occurred_at__gte=since
    ).update(machine=True)
