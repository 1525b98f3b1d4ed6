"""What changed, written beside the facts: ranges for the log of activities, contacts for the segments."""

from collections.abc import Iterable
from datetime import datetime

from wagtail_marketing.core import clock, tasks

from .models import ContactChange, FactRange
from .registry import change_readers

#: The fact of a contact that is new, gone or merged: every rule may answer otherwise.
EVERYTHING = "*"

#: More contacts than this in one call (a batch of a sync, an import) are noted as "many", in one row: whoever
#: reads that fact is read anew as a set, and not a hundred thousand times one by one.
MOST_SINGLE = 200


def touch(fact: str, contacts: Iterable[int | None] | None, *, at: datetime | None = None) -> None:
    """``fact`` (a name of ``Condition.reads``, or ``EVERYTHING``) changed for these ids; ``None``: for many.

    Call it in the transaction of the change. Readers are woken on commit, once for each call.
    """
    if not len(change_readers):
        return
    ids = [None] if contacts is None else sorted({pk for pk in contacts if pk})
    if len(ids) > MOST_SINGLE:
        ids = [None]
    if not ids:
        return
    now = at or clock.now()
    ContactChange.objects.bulk_create([ContactChange(contact_id=pk, fact=fact, changed_at=now) for pk in ids])
    for path in change_readers:
        tasks.enqueue(path)


def announce(source: str, ids: Iterable[int], *, at: datetime) -> None:
    """The rows ``ids`` of ``source`` are new or changed. Runs of neighbouring ids become one entry."""
    FactRange.objects.bulk_create(
        [FactRange(source=source, first_id=first, last_id=last, recorded_at=at) for first, last in runs(ids)],
        batch_size=1000,
    )


def runs(ids: Iterable[int]) -> list[tuple[int, int]]:
    """``[3, 1, 2, 7]`` -> ``[(1, 3), (7, 7)]``."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(ids)):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
