"""The protocol of the outbox: claim, intent, send, outcome, reaper. It knows nothing of any channel.

Every step is a conditional UPDATE: whatever dies, whenever, the rows say what is known. What a worker has in flight
between intent and outcome (``SEND_IN_FLIGHT``) is the most that one kill can make unknown.
"""

import logging
import os
import random
import socket
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Case, CharField, F, Min, Q, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.models import ConsentChoice, ConsentState, Contact
from wagtail_marketing.contacts.registry import channel_address
from wagtail_marketing.contacts.selectors import consented_q, suppressed_q
from wagtail_marketing.core import clock
from wagtail_marketing.messaging import faults, timeline
from wagtail_marketing.messaging.backends.base import Channel, Outcome, Prepared, Result
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

logger = logging.getLogger(__name__)

#: A message that is put off this often has failed.
MAX_ATTEMPTS = 6
#: Transactional mail is sent at least once: this often where the answer was lost.
MAX_UNKNOWN_ATTEMPTS = 3
BACK_OFF = timedelta(minutes=1)
#: Shown as the reason of the pause.
FAILED = gettext_noop("The program failed; see the log.")
BACK_OFF_MOST = timedelta(hours=4)


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


def intend(batch: SendBatch, worker: str, limit: int) -> list[tuple[Message, Contact]]:
    """Write that up to ``limit`` messages are about to leave, after a last look at everything that may forbid it.

    The rows that decide (the send, the contacts) are locked shared until the intent is committed, so that an
    unsubscribe or a pause that was committed before it is seen, and a later one waits. Empty: nothing is left to
    do here, or the batch is not ours any more.
    """
    send = batch.send
    while True:
        with transaction.atomic():
            mine = SendBatch.objects.filter(
                pk=batch.pk, worker=worker, state=BatchState.CLAIMED, lease_until__gt=Now()
            ).update(lease_until=Now() + settings.send_lease)
            if not mine:
                return []
            if not _locked_shared(Send, [send.pk], state=SendState.RUNNING):
                return []
            due = Q(available_at=None) | Q(available_at__lte=Now())
            rows = _range(batch).filter(due, state=MessageState.PENDING).order_by("pk")
            ids = list(rows.values_list("pk", "contact_id")[:limit])
            if not ids:
                return []
            _locked_shared(Contact, sorted({contact for _pk, contact in ids if contact is not None}))
            verdicts = _verdicts(send, [pk for pk, _contact in ids])
            allowed = [pk for pk, reason in verdicts.items() if not reason]
            _suppress(send, verdicts)
            Message.objects.filter(pk__in=allowed, state=MessageState.PENDING).update(
                state=MessageState.SENDING, attempt=F("attempt") + 1, sending_at=Now(), reason="", detail=""
            )
            if allowed:
                messages = Message.objects.filter(pk__in=allowed).select_related("contact").order_by("pk")
                return [(message, message.contact) for message in messages if message.contact is not None]
        # All of this group were refused: look at the next one.


def _locked_shared(model, ids: Sequence[int], **conditions) -> list[int]:
    """Lock rows against change until the transaction ends; those that meet ``conditions``. SQLite has one writer."""
    found = model.objects.filter(pk__in=ids, **conditions).order_by("pk").values_list("pk", flat=True)
    if connection.vendor != "postgresql" or not ids:
        return list(found)
    sql, parameters = found.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} FOR SHARE", parameters)
        return [row[0] for row in cursor.fetchall()]


def _range(batch: SendBatch):
    return Message.objects.filter(send=batch.send_id, pk__gte=batch.first_id, pk__lte=batch.last_id)


def _verdicts(send: Send, ids: list[int]) -> dict[int, str]:
    """``{message id: reason why it may not leave, or ""}``, judged now."""
    address = channel_address(send.channel)
    cases = [
        When(contact=None, then=Value("erased")),
        When(~Q(**{f"contact__{address.address_field}": F("address")}), then=Value("address_changed")),
        When(suppressed_q(send.channel, contact="contact"), then=Value("suppressed")),
    ]
    if send.message_class == MessageClass.MARKETING:
        cases.append(When(~consented_q(send.channel, send.topic_id, contact="contact"), then=Value("no_consent")))
    rows = Message.objects.filter(pk__in=ids).annotate(
        verdict=Case(*cases, default=Value(""), output_field=CharField())
    )
    return dict(rows.order_by("pk").values_list("pk", "verdict"))


def _suppress(send: Send, verdicts: dict[int, str]) -> None:
    groups: dict[str, list[int]] = defaultdict(list)
    for pk, reason in verdicts.items():
        if reason:
            groups[reason].append(pk)
    if "no_consent" in groups:
        # Tell who left from who never came: the report shows both.
        left = ConsentState.objects.filter(
            Q(topic=None) | Q(topic=send.topic_id),
            channel=send.channel,
            state=ConsentChoice.UNSUBSCRIBED,
            contact__messages__in=groups["no_consent"],
        ).values("contact")
        gone = list(Message.objects.filter(pk__in=groups["no_consent"], contact__in=left).values_list("pk", flat=True))
        groups["unsubscribed"] = gone
        groups["no_consent"] = [pk for pk in groups["no_consent"] if pk not in set(gone)]
    for reason, ids in groups.items():
        Message.objects.filter(pk__in=ids, state=MessageState.PENDING).update(
            state=MessageState.SUPPRESSED, reason=reason, settled_at=Now()
        )


def _deliver(
    channel: Channel, transport, send: Send, group: Sequence[tuple[Message, Contact]]
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


def settle(send: Send, outcomes: Sequence[tuple[Message, Outcome | None]]) -> None:
    """Write what became of each message, where it is still the same attempt."""
    with transaction.atomic():
        sent: dict[int, list[Message]] = defaultdict(list)
        for message, outcome in outcomes:
            if outcome is None:
                _mine(message).update(
                    state=MessageState.PENDING, attempt=F("attempt") - 1, sending_at=None, reason="", detail=""
                )
            elif outcome.result is Result.SENT:
                sent[message.attempt].append(message)
            else:
                _settle_one(send, message, outcome)
        for attempt, messages in sent.items():
            # A reply that came after the reaper is evidence too: it settles the unknown of the same attempt.
            Message.objects.filter(
                pk__in=[message.pk for message in messages],
                state__in=(MessageState.SENDING, MessageState.UNKNOWN),
                attempt=attempt,
            ).update(state=MessageState.SENT, settled_at=Now(), reason="", detail="")
        delivered = [message for messages in sent.values() for message in messages]
        if delivered:
            timeline.sent(send, delivered, clock.now())
        held = next((o for _m, o in outcomes if o is not None and o.result is Result.MISCONFIGURED), None)
        if held is not None:
            lifecycle.pause_for(send, held.detail)
        _cancel_strays(send)


def _mine(message: Message):
    return Message.objects.filter(pk=message.pk, state=MessageState.SENDING, attempt=message.attempt)


def _settle_one(send: Send, message: Message, outcome: Outcome) -> None:
    values = {"reason": outcome.reason[:40], "detail": _clean(outcome.detail), "settled_at": Now()}
    result = outcome.result
    if result is Result.UNKNOWN and _may_repeat(send, message.attempt):
        result = Result.RETRY
    if result is Result.RETRY and message.attempt >= MAX_ATTEMPTS:
        result, values["reason"] = Result.FAILED, "gave_up"
    if result is Result.RETRY:
        values |= {"state": MessageState.PENDING, "available_at": Now() + back_off(message.attempt)}
    elif result is Result.MISCONFIGURED:
        values |= {"state": MessageState.PENDING, "attempt": F("attempt") - 1}
    elif result is Result.UNKNOWN:
        values["state"] = MessageState.UNKNOWN
    else:
        values["state"] = MessageState.FAILED
    _mine(message).update(**values)


def _clean(text: str) -> str:
    # A server's words are a stranger's: no control characters, and PostgreSQL takes no NUL.
    return "".join(character if character.isprintable() else " " for character in text)[:255]


def _may_repeat(send: Send, attempt: int) -> bool:
    return send.message_class == MessageClass.TRANSACTIONAL and attempt < MAX_UNKNOWN_ATTEMPTS


def back_off(attempt: int) -> timedelta:
    """How long the next attempt waits: doubled each time, with jitter so that a thousand do not return at once."""
    wait = min(BACK_OFF * 2 ** (attempt - 1), BACK_OFF_MOST)
    return wait * random.uniform(0.75, 1.25)  # noqa: S311  no secret


def _cancel_strays(send: Send) -> None:
    """What came back to waiting after the send was cancelled is cancelled too."""
    if Send.objects.filter(pk=send.pk, state=SendState.CANCELLED).exists():
        Message.objects.filter(send=send.pk, state=MessageState.PENDING).update(
            state=MessageState.CANCELLED, reason="cancelled", settled_at=Now()
        )


def release(batch: SendBatch, worker: str, wait: timedelta | None = None) -> None:
    """Give a batch back: done where nothing is waiting in it, else open again when its first retry is due."""
    with transaction.atomic():
        mine = SendBatch.objects.filter(pk=batch.pk, worker=worker, state=BatchState.CLAIMED)
        waiting = _range(batch).filter(state=MessageState.PENDING)
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
            lost = _range(batch).filter(state=MessageState.SENDING)
            if batch.send.message_class == MessageClass.TRANSACTIONAL:
                lost.filter(attempt__lt=MAX_UNKNOWN_ATTEMPTS).update(state=MessageState.PENDING, available_at=None)
            lost.update(state=MessageState.UNKNOWN, reason="worker_lost", settled_at=Now())
            _cancel_strays(batch.send)
            count += 1
    return count
