import json
import time
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wagtail_marketing.activity.services import fill
from wagtail_marketing.commerce.errors import SyncBusy
from wagtail_marketing.commerce.services import SyncReport, sync
from wagtail_marketing.commerce.services.sync import BATCH, KINDS
from wagtail_marketing.host import get_adapter

#: Faults of rows that are printed; the others are counted.
SHOWN = 20


class Command(BaseCommand):
    help = (
        "Bring the mirror of the shop up to date: everything the first time, later what changed. "
        "May be interrupted and run again at any time. Exit code 1 where rows could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--full", action="store_true", help="Read everything again, not only what changed.")
        parser.add_argument("--kind", action="append", choices=KINDS, help="Only this kind; may be repeated.")
        parser.add_argument("--allow-deletions", action="store_true", help="Believe the shop that most rows are gone.")
        parser.add_argument("--batch", type=int, default=BATCH, help="Rows per transaction (%(default)s).")
        parser.add_argument("--json", action="store_true", help="Print the report as one JSON object.")

    def handle(self, *args, **options) -> None:
        started = time.monotonic()
        self.last_shown, self.shown = 0.0, ("", 0)
        quiet = options["verbosity"] == 0
        try:
            report = sync(
                adapter=get_adapter(),
                kinds=options["kind"] or KINDS,
                full=options["full"],
                allow_deletions=options["allow_deletions"],
                batch=options["batch"],
                progress=(lambda kind, done, total: None) if quiet else self.show,
            )
        except SyncBusy as error:
            raise CommandError(str(error)) from error
        activities = fill()
        seconds = round(time.monotonic() - started, 2)
        if options["json"]:
            self.stdout.write(json.dumps(self.as_dict(report, activities, seconds)))
        elif not quiet:
            self.tell(report, activities, seconds)
        if report.errors:
            raise SystemExit(1)

    def show(self, kind: str, done: int, total: int | None) -> None:
        """Progress goes to stderr, at most twice a second, so that stdout stays one JSON object."""
        ended = done == total
        if (kind, done) == self.shown:
            return
        if not ended and time.monotonic() - self.last_shown < 0.5:
            return
        self.last_shown, self.shown = time.monotonic(), (kind, done)
        of = f" / {total:,}" if total else ""
        if self.stderr.isatty():
            self.stderr.write(f"\r{kind}: {done:,}{of}\x1b[K", ending="\n" if ended else "")
            self.stderr.flush()
        else:
            self.stderr.write(f"{kind}: {done:,}{of}")

    def as_dict(self, report: SyncReport, activities: int, seconds: float) -> dict:
        return {
            **{kind: asdict(found) for kind, found in report.kinds.items()},
            "consent_changed": report.consent_changed,
            "totals_written": report.totals_written,
            "faults_repaired": report.faults_repaired,
            "activities": activities,
            "errors": [str(error) for error in report.errors[:SHOWN]],
            "error_count": len(report.errors),
            "warnings": report.warnings,
            "seconds": seconds,
        }

    def tell(self, report: SyncReport, activities: int, seconds: float) -> None:
        for kind, found in report.kinds.items():
            how = "resumed" if found.resumed else "everything" if found.full else "changes"
            self.stdout.write(
                f"{kind}: {found.read:,} read ({how}), {found.created:,} new, {found.updated:,} changed, "
                f"{found.deleted:,} gone, {found.skipped:,} left out"
            )
        self.stdout.write(
            f"consent: {report.consent_changed:,} changed; totals: {report.totals_written:,} written; "
            f"activities: {activities:,}; repaired: {report.faults_repaired:,}; {seconds} s"
        )
        for warning in report.warnings:
            self.stderr.write(self.style.WARNING(warning))
        for error in report.errors[:SHOWN]:
            self.stderr.write(self.style.ERROR(str(error)))
        if len(report.errors) > SHOWN:
            self.stderr.write(self.style.ERROR(f"and {len(report.errors) - SHOWN:,} more"))
