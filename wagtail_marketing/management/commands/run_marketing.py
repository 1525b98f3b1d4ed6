import json
import signal
import time
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from wagtail_marketing.core import clock, tasks


class Command(BaseCommand):
    help = (
        "Do everything that is due: send, sync, run jobs. --once (the default) ends when nothing is left, for "
        "cron; --forever stays and looks again every few seconds, instead of a queue's worker."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--once", action="store_true", help="Drain until idle, then end (default).")
        mode.add_argument("--forever", action="store_true", help="Go on until SIGTERM or Ctrl-C.")
        parser.add_argument("--seconds", type=float, default=0, help="End after this long at the latest.")
        parser.add_argument("--poll", type=float, default=5, help="Seconds between looks with --forever.")
        parser.add_argument("--json", action="store_true", help="Print what was done as one JSON object.")

    def handle(self, *args, **options) -> None:
        started = clock.now()
        until = started + timedelta(seconds=options["seconds"]) if options["seconds"] else None
        total = self.forever(until, options["poll"]) if options["forever"] else tasks.drain_until_idle(until)
        if options["json"]:
            self.stdout.write(json.dumps({"done": total, "seconds": round((clock.now() - started).total_seconds(), 1)}))
            return
        did = {name: count for name, count in total.items() if count}
        self.stdout.write("\n".join(f"{name}: {count}" for name, count in sorted(did.items())) or "Nothing was due.")

    def forever(self, until, poll: float) -> dict[str, int]:
        """Drain, wait, drain; a signal ends it after the slice at hand."""
        self.stopping = False

        def stop(signum, frame) -> None:
            self.stopping = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        total: dict[str, int] = {}
        try:
            while not self.stopping and (until is None or clock.now() < until):
                # Between rounds only: a round's own transactions must keep theirs.
                close_old_connections()
                end = clock.now() + tasks.SLICE
                done = tasks.drain_due(min(end, until) if until else end)
                for name, count in done.items():
                    total[name] = total.get(name, 0) + count
                if any(done.values()):
                    continue
                deadline = time.monotonic() + poll
                while not self.stopping and time.monotonic() < deadline and (until is None or clock.now() < until):
                    time.sleep(min(0.2, poll))
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return total
