"""The queue of facts for the log of activities: written beside the facts, read by ``activity``."""

from collections.abc import Iterable
from datetime import datetime

from .models import FactRange


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
