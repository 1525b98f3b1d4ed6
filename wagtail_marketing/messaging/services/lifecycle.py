"""The states of a send. Each transition is one conditional UPDATE; asking twice is harmless."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from wagtail_marketing.core import clock, events, tasks
from wagtail_marketing.messaging.errors import InvalidTransition, SendBlocked
from wagtail_marketing.messaging.events import SendChanged
from wagtail_marketing.messaging.models import Message, MessageState, Send, SendBatch, SendState
from wagtail_marketing.messaging.models.outbox import BatchState

from .freeze import get_channel

MISSED = "missed"


def _move(send: Send, to: str, *, allowed: tuple[str, ...], **values) -> bool:
    """Whether this call moved the send; ``False`` where it is there already. Raises ``InvalidTransition``."""
    # The intents of workers hold the row shared: what comes after this statement sees the new state.
    moved = Send.objects.filter(pk=send.pk, state__in=allowed).update(state=to, **values)
    send.refresh_from_db()
    if moved:
        events.publish(SendChanged(send_id=send.pk, state=send.state, source_ref=send.source_ref))
        return True
    if send.state == to:
        return False
    raise InvalidTransition(
        _("The send “%(name)s” is %(state)s: this step is not possible now.")
        % {"name": send.name, "state": send.get_state_display()}
    )


def problems(send: Send) -> list[str]:
    """Why the send may not start, in words; empty: it may."""
    found = get_channel(send.channel).problems(send)
    if send.audience_count == 0:
        found.append(_("Nobody in the audience has an address for this channel."))
    return found


@transaction.atomic
def launch(send: Send, *, now: datetime | None = None) -> Send:
    """Start a draft, or schedule it where its time is still to come.

    Raises ``SendBlocked`` with every reason at once, and ``InvalidTransition``.
    """
    now = now or clock.now()
    found = problems(send)
    if found:
        raise SendBlocked(found)
    if send.scheduled_at is not None and send.scheduled_at > now:
        _move(send, SendState.SCHEDULED, allowed=(SendState.DRAFT,))
    else:
        _move(send, SendState.RUNNING, allowed=(SendState.DRAFT,), launched_at=now)
    tasks.wake()
    return send


@transaction.atomic
def pause(send: Send, *, reason: str = "") -> Send:
    """Hold a running or scheduled send; messages that are on their way arrive, no further one starts."""
    _move(send, SendState.PAUSED, allowed=(SendState.RUNNING, SendState.SCHEDULED), reason=reason[:255])
    return send


@transaction.atomic
def resume(send: Send, *, now: datetime | None = None) -> Send:
    """Go on: at once, or at its time where that is still to come. Raises ``SendBlocked`` as ``launch`` does."""
    now = now or clock.now()
    found = problems(send)
    if found:
        raise SendBlocked(found)
    if send.scheduled_at is not None and send.scheduled_at > now and send.launched_at is None:
        _move(send, SendState.SCHEDULED, allowed=(SendState.PAUSED,), reason="")
    else:
        moved = _move(send, SendState.RUNNING, allowed=(SendState.PAUSED,), reason="")
        if moved and send.launched_at is None:
            Send.objects.filter(pk=send.pk).update(launched_at=now)
            send.launched_at = now
    tasks.wake()
    return send


@transaction.atomic
def cancel(send: Send, *, reason: str = "", now: datetime | None = None) -> Send:
    """End it for good: every message that has not begun is cancelled."""
    now = now or clock.now()
    moved = _move(
        send,
        SendState.CANCELLED,
        allowed=(SendState.DRAFT, SendState.SCHEDULED, SendState.RUNNING, SendState.PAUSED),
        reason=reason[:255],
        finished_at=now,
    )
    if moved:
        cancel_pending(send, now)
    return send


def cancel_pending(send: Send, now: datetime) -> None:
    Message.objects.filter(send=send, state=MessageState.PENDING).update(
        state=MessageState.CANCELLED, reason="cancelled", settled_at=now
    )
    SendBatch.objects.filter(send=send, state=BatchState.OPEN).update(state=BatchState.DONE)


def start_due(now: datetime) -> int:
    """Start every scheduled send whose time has come; one that is too late is cancelled as missed.

    Returns how many changed. Two schedulers at once start each only once.
    """
    changed = 0
    for send in Send.objects.filter(state=SendState.SCHEDULED, scheduled_at__lte=now):
        with transaction.atomic():
            if send.scheduled_at is not None and now - send.scheduled_at > send.expires_after:
                moved = Send.objects.filter(pk=send.pk, state=SendState.SCHEDULED).update(
                    state=SendState.CANCELLED, reason=MISSED, finished_at=now
                )
                if moved:
                    cancel_pending(send, now)
            else:
                moved = Send.objects.filter(pk=send.pk, state=SendState.SCHEDULED).update(
                    state=SendState.RUNNING, launched_at=now
                )
            if moved:
                send.refresh_from_db()
                events.publish(SendChanged(send_id=send.pk, state=send.state, source_ref=send.source_ref))
        changed += moved
    return changed


def finish_idle(now: datetime) -> int:
    """Close every running send of which nothing is left to do; returns how many."""
    closed = 0
    busy = SendBatch.objects.exclude(state=BatchState.DONE)
    for send in Send.objects.filter(state=SendState.RUNNING).exclude(pk__in=busy.values("send")):
        open_messages = Message.objects.filter(send=send.pk).filter(
            Q(state=MessageState.PENDING) | Q(state=MessageState.SENDING)
        )
        if open_messages.exists():
            continue
        with transaction.atomic():
            moved = Send.objects.filter(pk=send.pk, state=SendState.RUNNING).update(
                state=SendState.DONE, finished_at=now
            )
            if moved:
                events.publish(SendChanged(send_id=send.pk, state=SendState.DONE, source_ref=send.source_ref))
        closed += moved
    return closed


def pause_for(send: Send, reason: str) -> bool:
    """Hold a running send because something is wrong on our side; the reason is on screen."""
    with transaction.atomic():
        moved = Send.objects.filter(pk=send.pk, state=SendState.RUNNING).update(
            state=SendState.PAUSED, reason=reason[:255]
        )
        if moved:
            events.publish(SendChanged(send_id=send.pk, state=SendState.PAUSED, source_ref=send.source_ref))
    return bool(moved)
