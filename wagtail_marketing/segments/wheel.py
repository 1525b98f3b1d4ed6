"""The wheel of due dates: whom the mere passing of time moves ("no order in 30 days", an anniversary).

No table of due dates is kept: that somebody's answer turns when an order grows 30 days old is a range of the
index on the orders' dates, ``(last look - 30 days, now - 30 days]`` (docs/adr/0020).
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from wagtail_marketing.core import clock

from .dependencies import Watched, watched
from .engine.tree import moment_at
from .models import RefreshState
from .recheck import judge, mark_due

#: More people than this in one turn of one segment (a worker that slept for a week): it is refreshed as a set.
MOST = 2_000


def turn(until: datetime | None = None, *, now: datetime | None = None) -> int:
    """Re-check whom time has moved since the last turn; returns how many entered or left.

    Each segment remembers up to when time is accounted for, in the transaction of the writes.
    """
    now = now or clock.now()
    moved = 0
    for one in watched():
        # A segment that was never counted has nobody whom time could move: its first refresh is due.
        if one.checked_until is None or one.checked_until >= now:
            continue
        moved += _turn(one, one.checked_until, now)
        if until is not None and clock.now() >= until:
            break
    return moved


@transaction.atomic
def _turn(one: Watched, since: datetime, now: datetime) -> int:
    due = due_contacts(one, since, now)
    if not due:
        return 0
    ids = sorted({pk for rows in due for pk in rows[: MOST + 1]})
    if len(ids) > MOST:
        mark_due([one.pk], now=now)
        return 0
    moved = judge([one], {one.pk: ids}, now=now) if ids else 0
    RefreshState.objects.filter(segment=one.pk, checked_until__lt=now).update(checked_until=now)
    return moved


def due_contacts(one: Watched, since: datetime, now: datetime) -> Sequence[QuerySet]:
    """For each rule that time can turn: the ids of whom it may have turned in ``(since, now]``."""
    before, moment = moment_at(since), moment_at(now)
    found = (leaf.condition.due(leaf.params, before, moment) for leaf in one.leaves)
    return [rows.order_by().distinct() for rows in found if rows is not None]
