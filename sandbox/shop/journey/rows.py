"""What the parts of the loader share: sizes of batches, what a run counts, small helpers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice

from django.db import reset_queries

BASKETS_AT_ONCE = 500
ROWS_AT_ONCE = 2_000

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done and how much there is."""


@dataclass(slots=True)
class Loaded:
    """What a run found and wrote. Counts of rows; `shift_days` is the whole days added to times."""

    households: int = 0
    new_customers: int = 0
    new_products: int = 0
    placeholders: int = 0
    new_orders: int = 0
    new_lines: int = 0
    odd_lines: int = 0
    moved_days: int = 0
    shift_days: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Survey:
    """What one pass over the lines tells before anything is written."""

    first: dict[int, tuple[datetime, int]]  # household: its first time and basket
    last: datetime | None
    prices: dict[int, int]  # product: cents of one piece, the last time it was sold
    baskets: int


def dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def batches(rows: Iterable, size: int) -> Iterator[list]:
    # itertools.batched came with Python 3.12 only.
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch
        # With DEBUG on, Django keeps the text of the last 9,000 statements; ours are long.
        reset_queries()
