"""Outcome: what became of each message, written where it is still the same attempt."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from wagtail_marketing.core import clock
from wagtail_marketing.messaging import timeline
from wagtail_marketing.messaging.backends.base import Outcome, Result
from wagtail_marketing.messaging.models import Message, MessageClass, MessageState, Send, SendState

from . import lifecycle

#: A message that is put off this often has failed.
MAX_ATTEMPTS = 6
#: Transactional mail is sent at least once: this often where the answer was lost.
MAX_UNKNOWN_ATTEMPTS = 3
BACK_OFF = timedelta(minutes=1)
BACK_OFF_MOST = timedelta(hours=4)


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
        cancel_strays(send)


def _mine(message: Message) -> QuerySet[Message]:
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


def cancel_strays(send: Send) -> None:
    """What came back to waiting after the send was cancelled is cancelled too."""
    if Send.objects.filter(pk=send.pk, state=SendState.CANCELLED).exists():
        Message.objects.filter(send=send.pk, state=MessageState.PENDING).update(
            state=MessageState.CANCELLED, reason="cancelled", settled_at=Now()
        )
