"""The protocol of the outbox: claim, intent, send, outcome, reaper. It knows nothing of any channel.

Every step is a conditional UPDATE: whatever dies, whenever, the rows say what is known. What a worker has in flight
between intent and outcome (``SEND_IN_FLIGHT``) is the most that one kill can make unknown.
"""

import logging
import os
import socket
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock
from wagtail_marketing.messaging import faults
from wagtail_marketing.messaging.backends.base import Channel, Outcome, Prepared, Result, Transport
from wagtail_marketing.messaging.models import (
    BatchState,
    Message,
    MessageClass,
    MessageState,
    Send,
    SendBatch,
    SendState,
)

from . import lifecycle
from .freeze import get_channel
from .intents import intend, messages_of
from .outcomes import BACK_OFF, MAX_UNKNOWN_ATTEMPTS, cancel_strays, settle

logger = logging.getLogger(__name__)

#: Shown as the reason of the pause.
FAILED = gettext_noop("The program failed; see the log.")


def drain(until: datetime) -> int:
    """Do everything that is due: start scheduled sends, take back what dead workers held, send, close.

    Registered in ``core.tasks.drains``. Harmless at any time and in any number of workers. Returns how many
    messages were tried and sends were moved.
    """
    done = lifecycle.start_due(clock.now()) + reap()
    worker = f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    while clock.now() < until:
        batch = claim(worker)
        if batch is None:
            break
        faults.point("claim")
        done += work(batch, worker, until)
    return done + lifecycle.finish_idle(clock.now())


def claim(worker: str) -> SendBatch | None:
    """Take one open batch of a running send, with a lease by the database's clock; None where there is none."""
    due = Q(available_at=None) | Q(available_at__lte=Now())
    while True:
        with transaction.atomic():
            candidates = SendBatch.objects.filter(due, state=BatchState.OPEN, send__state=SendState.RUNNING)
            if connection.features.has_select_for_update_skip_locked:
                candidates = candidates.select_for_update(skip_locked=True, of=("self",))
            batch = candidates.order_by("pk").first()
            if batch is None:
                return None
            taken = SendBatch.objects.filter(pk=batch.pk, state=BatchState.OPEN).update(
                state=BatchState.CLAIMED, worker=worker, lease_until=Now() + settings.send_lease
            )
        if taken:
            return SendBatch.objects.select_related("send", "send__site").get(pk=batch.pk)


def work(batch: SendBatch, worker: str, until: datetime) -> int:
    """Send the messages of a claimed batch, a small group at a time; returns how many were tried."""
    channel = get_channel(batch.send.channel)
    tried = 0
    wait: timedelta | None = None
    try:
        way = channel.open(batch.send)
    except Exception:
        logger.exception("The channel %s cannot be opened for send %s", channel.name, batch.send_id)
        lifecycle.pause_for(batch.send, FAILED)
        release(batch, worker)
        return 0
    with way as transport:
        # A task's alarm must never fall into a conversation: stop claiming before the time is up.
        while clock.now() < until:
            group = intend(batch, worker, settings.send_in_flight)
            if not group:
                break
            faults.point("intent")
            outcomes = _deliver(channel, transport, batch.send, group)
            faults.point("sent")
            settle(batch.send, outcomes)
            faults.point("outcome")
            tried += len(outcomes)
            untried = [message for message, outcome in outcomes if outcome is None]
            if untried or any(outcome and outcome.result is Result.MISCONFIGURED for _message, outcome in outcomes):
                wait = BACK_OFF
                break
    release(batch, worker, wait)
    return tried


def _deliver(
    channel: Channel, transport: Transport, send: Send, group: Sequence[tuple[Message, Contact]]
) -> list[tuple[Message, Outcome | None]]:
    """Build and send a group; None is the outcome of what was not tried."""
    outcomes: dict[int, Outcome | None] = {message.pk: None for message, _contact in group}
    prepared: list[Prepared] = []
    leaving = False
    try:
        for message, built in channel.prepare(send, group):
            if isinstance(built, Outcome):
                outcomes[message.pk] = built
            else:
                prepared.append(built)
        frozen = [message for message, _contact in group if message.urls]
        if frozen:
            # Before it leaves: a click may come at once.
            Message.objects.bulk_update(frozen, ["urls"])
        leaving = True
        for item, outcome in transport.deliver(prepared):
            outcomes[item.message_id] = outcome
    except Exception:
        # Not one recipient's fault, but ours or the program's: nobody is marked, the send waits for people.
        logger.exception("The channel %s failed for send %s", channel.name, send.pk)
        _hold_back(send, outcomes, [item.message_id for item in prepared] if leaving else [])
    return [(message, outcomes[message.pk]) for message, _contact in group]


def _hold_back(send: Send, outcomes: dict[int, Outcome | None], leaving: list[int]) -> None:
    """After a fault of the program: the send waits for people; ``leaving`` are the messages handed over, in order."""
    in_flight = next((pk for pk in leaving if outcomes[pk] is None), None)
    if in_flight is not None:
        # It may have left the house; those after it have not been tried.
        outcomes[in_flight] = Outcome(Result.UNKNOWN, "error", FAILED)
    lifecycle.pause_for(send, FAILED)


def release(batch: SendBatch, worker: str, wait: timedelta | None = None) -> None:
    """Give a batch back: done where nothing is waiting in it, else open again when its first retry is due."""
    with transaction.atomic():
        mine = SendBatch.objects.filter(pk=batch.pk, worker=worker, state=BatchState.CLAIMED)
        waiting = messages_of(batch).filter(state=MessageState.PENDING)
        if not waiting.exists():
            mine.update(state=BatchState.DONE, worker="", lease_until=None)
            return
        # A message without a time is due now: only when all wait does the batch wait.
        first = None
        if not waiting.filter(available_at=None).exists():
            first = waiting.aggregate(first=Min("available_at"))["first"]
        available = Now() + wait if wait is not None else first
        mine.update(state=BatchState.OPEN, worker="", lease_until=None, available_at=available)


def reap() -> int:
    """Take back what dead workers held: the batch opens again; what was being sent is unknown (marketing).

    Transactional messages go again, up to three attempts. Returns how many batches.
    """
    expired = SendBatch.objects.filter(state=BatchState.CLAIMED, lease_until__lt=Now()).select_related("send")
    count = 0
    for batch in expired:
        with transaction.atomic():
            taken = SendBatch.objects.filter(pk=batch.pk, state=BatchState.CLAIMED, lease_until__lt=Now()).update(
                state=BatchState.OPEN, worker="", lease_until=None, available_at=None
            )
            if not taken:
                continue
            lost = messages_of(batch).filter(state=MessageState.SENDING)
            if batch.send.message_class == MessageClass.TRANSACTIONAL:
                lost.filter(attempt__lt=MAX_UNKNOWN_ATTEMPTS).update(state=MessageState.PENDING, available_at=None)
            lost.update(state=MessageState.UNKNOWN, reason="worker_lost", settled_at=Now())
            cancel_strays(batch.send)
            count += 1
    return count
