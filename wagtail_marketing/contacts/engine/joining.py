"""Which of two standings a person has who turns out to be one: the more careful one."""

from dataclasses import dataclass
from datetime import datetime

from .consent import NEVER, SUBSCRIBED, UNSUBSCRIBED


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one of the two contacts stands, and the address that it was said of."""

    state: str = NEVER
    strength: int = 0
    source: str = ""
    changed_at: datetime | None = None
    address_hash: str = ""


def join(keep: Stand, gone: Stand, *, address_hash: str) -> Stand:
    """Where the survivor stands, who has ``address_hash`` now.

    Leaving wins, whichever of the two left, by whatever address. Else what was said of the survivor's own
    address counts before what was said of another; of two such the yes before the question that waits, the
    stronger before the weaker, the later before the earlier.
    """
    said = [one for one in (keep, gone) if one.state != NEVER]
    if not said:
        return Stand()
    left = [one for one in said if one.state == UNSUBSCRIBED]
    if left:
        best = max(left, key=lambda one: (one.strength, one.changed_at))
        return Stand(UNSUBSCRIBED, best.strength, best.source, best.changed_at, address_hash)
    return max(
        said,
        key=lambda one: (one.address_hash == address_hash, one.state == SUBSCRIBED, one.strength, one.changed_at),
    )
