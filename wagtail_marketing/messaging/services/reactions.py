"""What people and machines do with a message: opens, clicks, leaving."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.services import Evidence
from wagtail_marketing.contacts.services import unsubscribe as leave
from wagtail_marketing.core import clock, events
from wagtail_marketing.messaging import timeline
from wagtail_marketing.messaging.engine.machines import judge
from wagtail_marketing.messaging.events import ContactUnsubscribed, MessageClicked
from wagtail_marketing.messaging.models import EventType, Link, Message, MessageEvent, MessageState

#: That many different links of one message within ``BURST``: a scanner follows all there are.
BURST_LINKS = 3
BURST = timedelta(seconds=2)


@transaction.atomic
def record_open(*, message: Message, method: str, user_agent: str, now: datetime | None = None) -> MessageEvent:
    """The pixel was fetched."""
    return _record(message, EventType.OPEN, method=method, user_agent=user_agent, now=now or clock.now())


@transaction.atomic
def record_click(
    *, message: Message, link: Link, method: str, user_agent: str, now: datetime | None = None
) -> MessageEvent:
    """A link was followed. A burst over several links marks all of its clicks as a machine's."""
    now = now or clock.now()
    event = _record(message, EventType.CLICK, link=link, method=method, user_agent=user_agent, now=now)
    burst = MessageEvent.objects.filter(message=message, type=EventType.CLICK, occurred_at__gte=now - BURST)
    if burst.values("link").distinct().count() >= BURST_LINKS:
        burst.filter(machine=False).update(machine=True, rule="burst")
        timeline.mark_machine(message, since=now - BURST)
        event.machine, event.rule = True, "burst"
    if not event.machine:
        events.publish(
            MessageClicked(
                message_id=message.pk, send_id=message.send_id, contact_id=message.contact_id, link_id=link.pk
            )
        )
    return event


@transaction.atomic
def record_view(*, message: Message, now: datetime | None = None) -> MessageEvent:
    """The web version was looked at."""
    return _record(message, EventType.VIEW, method="GET", user_agent="", now=now or clock.now())


@transaction.atomic
def unsubscribe(*, message: Message, source: str = "one-click", ip: str | None = None, now: Any = None) -> bool:
    """The person behind ``message`` leaves the whole channel; effective at commit.

    One click must be enough never to be written to again, so it is the channel and not only the topic. Any number
    of times. Whether there was a contact to unsubscribe: an erased one cannot be written to anyway.
    """
    now = now or clock.now()
    contact = message.contact
    if contact is None:
        return False
    send = message.send
    outcome = leave(
        contact=contact,
        channel=send.channel,
        source=source,
        occurred_at=now,
        evidence=Evidence(text=_("Unsubscribe"), ip=ip, detail={"message": str(message.uuid)}),
    )
    # A merge that came first has moved the message to the survivor.
    message.refresh_from_db(fields=["contact"])
    if not MessageEvent.objects.filter(message=message, type=EventType.UNSUBSCRIBE).exists():
        MessageEvent.objects.create(send=send, message=message, type=EventType.UNSUBSCRIBE, occurred_at=now)
        timeline.happened(message, EventType.UNSUBSCRIBE, now, key="unsubscribe", machine=False)
    if outcome.applied:
        events.publish(
            ContactUnsubscribed(message_id=message.pk, send_id=message.send_id, contact_id=message.contact_id)
        )
    return True


def _record(
    message: Message, kind: str, *, method: str, user_agent: str, now: datetime, link: Link | None = None
) -> MessageEvent:
    rule = judge(kind, method=method, user_agent=user_agent, sent_at=message.settled_at or message.sending_at, now=now)
    event = MessageEvent.objects.create(
        send_id=message.send_id,
        message=message,
        type=kind,
        link=link,
        occurred_at=now,
        machine=bool(rule),
        rule=rule,
    )
    # Somebody has it, so it arrived: evidence that settles an unknown.
    Message.objects.filter(pk=message.pk, state=MessageState.UNKNOWN).update(
        state=MessageState.SENT, reason="seen", settled_at=now
    )
    key = f"{kind}:{link.pk if link else 0}:{event.pk}"
    timeline.happened(message, kind, now, key=key, link=link, machine=bool(rule))
    return event
