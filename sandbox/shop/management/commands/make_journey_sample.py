"""Make the compressed sample of The Complete Journey that ships in sandbox/shop/data."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from shop.journey.source import (
    DEMOGRAPHICS,
    EPOCH,
    PRODUCT,
    SAMPLE,
    JourneyDataMissing,
    PackageSource,
)


class Command(BaseCommand):
    help = "Write the sample's CSV files; the same households and bytes on every machine."

    def add_arguments(self, parser):
        parser.add_argument("--households", type=int, default=250, metavar="N")
        parser.add_argument("--to", type=Path, default=SAMPLE, metavar="FOLDER")

    def handle(self, *args, **options):
        try:
            source = PackageSource()
        except JourneyDataMissing as missing:
            raise CommandError(str(missing)) from missing
        chosen = source.households()[: options["households"]]
        facts = source.demographics()
        nothing = ("",) * len(DEMOGRAPHICS)
        baskets, lines, sold = [], [], set()
        for basket in source.baskets(set(chosen)):
            seconds = int((basket.at - EPOCH).total_seconds())
            baskets.append((basket.basket_id, basket.household_id, basket.store_id, seconds))
            for product_id, quantity, cents in basket.lines:
                sold.add(product_id)
                lines.append((basket.basket_id, product_id, quantity, cents))
        tables = {
            "households": (("household_id", *DEMOGRAPHICS), [(h, *facts.get(h, nothing)) for h in chosen]),
            "products": (PRODUCT, [row for row in source.products() if row[0] in sold]),
            "baskets": (("basket_id", "household_id", "store_id", "unix_time"), baskets),
            "lines": (("basket_id", "product_id", "quantity", "sales_cents"), lines),
        }
        total = 0
        for name, (header, rows) in tables.items():
            size = self._write(options["to"] / f"{name}.csv.gz", header, rows)
            total += size
            self.stdout.write(f"{name}: {len(rows):,} rows, {size:,} bytes")
        self.stdout.write(f"together {total:,} bytes")

    @staticmethod
    def _write(path: Path, header: tuple, rows: list[tuple]) -> int:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        # mtime and name are left out of the header so that the same rows give the same bytes.
        with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
            file.write(text.getvalue().encode())
        return path.stat().st_size
