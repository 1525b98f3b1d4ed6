"""Which evidence changes where a person stands.

A person's own act (strong) is believed. What somebody says of a person (weak: a shop's field, an import,
an API call) fills a gap, and never brings back somebody who left. Leaving is always believed, unless it
is weak news from before the person's own, later, yes.
"""

from dataclasses import dataclass
from datetime import datetime

NEVER, PENDING, SUBSCRIBED, UNSUBSCRIBED = "never", "pending", "subscribed", "unsubscribed"
WEAK, STRONG = 1, 2


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands: a state, how strong its evidence is, and since when."""

    state: str = NEVER
    strength: int = 0
    changed_at: datetime | None = None
    #: Whether the standing was given for the address that the person has now.
    same_address: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the evidence is written and changes the standing; ``reason`` is a stable word."""

    applies: bool
    reason: str


def judge(current: Standing, *, state: str, strength: int, occurred_at: datetime, left: bool = False) -> Verdict:
    """Does this evidence apply to somebody who stands at ``current``?

    ``left`` says that the person left in another way that counts here too: the whole channel, where a
    topic is judged, or the same address under another contact.
    """
    gone = current.state == UNSUBSCRIBED or left
    later = current.changed_at is None or occurred_at >= current.changed_at
    if state == UNSUBSCRIBED:
        if current.state == UNSUBSCRIBED and current.strength >= strength and current.same_address:
            return Verdict(False, "known")
        if not later and current.state == SUBSCRIBED and current.strength == STRONG:
            # Somebody who left and came back by their own act: the old leaving arrives late.
            return Verdict(False, "older")
        return Verdict(True, "left")
    if strength == WEAK:
        if gone:
            return Verdict(False, "left")
        if current.state == state and current.same_address:
            return Verdict(False, "known")
        if current.strength == STRONG and current.same_address:
            return Verdict(False, "stronger")
        if state == PENDING and current.state == SUBSCRIBED and current.same_address:
            return Verdict(False, "known")
        return Verdict(True, "filled")
    if state == PENDING:
        if gone or (current.state == SUBSCRIBED and current.same_address):
            return Verdict(False, "left" if gone else "known")
        return Verdict(current.state != PENDING or not current.same_address, "asked")
    if current.state == state and current.strength >= strength and current.same_address:
        return Verdict(False, "known")
    if not later and current.strength == STRONG:
        return Verdict(False, "older")
    return Verdict(True, "given")
