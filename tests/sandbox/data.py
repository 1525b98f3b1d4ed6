"""A handful of baskets in the data set's own form, for tests of the loader."""

from collections.abc import Iterator
from datetime import UTC, datetime

from shop.journey.source import Source

FIRST = datetime(2017, 3, 1, 9, 30, tzinfo=UTC)
LAST = datetime(2018, 1, 1, 4, 1, 20, tzinfo=UTC)


class SmallSource(Source):
    """Two households, four baskets, three products of which one is not in the catalogue."""

    def __init__(self, lines: list[tuple] | None = None) -> None:
        self._lines = lines or [
            # household, store, basket, product, quantity, cents, time
            (7, 330, 1001, 11, 2, 300, FIRST),
            (7, 330, 1001, 12, 1, 99, FIRST),
            (9, 331, 1002, 11, 3, 450, datetime(2017, 6, 1, 12, 0, tzinfo=UTC)),
            (7, 331, 1003, 99, 1, 500, datetime(2017, 9, 1, 12, 0, tzinfo=UTC)),
            (7, 330, 1004, 12, 1, 109, LAST),
        ]

    def households(self) -> list[int]:
        return sorted({line[0] for line in self._lines})

    def demographics(self) -> dict[int, tuple[str, ...]]:
        return {7: ("45-54", "50-74K", "", "Married", "2", "2 Adults No Kids", "0")}

    def products(self) -> Iterator[tuple]:
        yield 11, "PASTRY", "Private", "BREAD", "BREAD:ITALIAN/FRENCH", "22 LB"
        yield 12, "GROCERY", "National", "", "", ""
        yield 13, "GROCERY", "National", "SOUP", "TOMATO SOUP", ""

    def lines(self) -> Iterator[tuple]:
        yield from self._lines

    def line_count(self) -> int:
        return len(self._lines)
