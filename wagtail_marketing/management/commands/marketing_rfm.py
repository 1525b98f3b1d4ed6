import json
import time

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = (
        "Compute the RFM scores and the engagement of every contact now, instead of next night. Only what differs is "
        "written; segments that read them are refreshed by the next tick."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print the figures as one JSON object.")

    def handle(self, *args, **options) -> None:
        from wagtail_marketing.insights import scores, selectors

        started = time.monotonic()
        computed = scores.compute_scores()
        seconds = round(time.monotonic() - started, 2)
        groups = {group.key: group.people for group in selectors.rfm_report().groups}
        if options["json"]:
            figures = {"rfm": computed.rfm, "engagement": computed.engagement, "seconds": seconds, "groups": groups}
            self.stdout.write(json.dumps(figures))
            return
        self.stdout.write(f"{computed.rfm} RFM scores and {computed.engagement} of engagement changed ({seconds} s).")
        self.stdout.write("\n".join(f"{key}: {people}" for key, people in groups.items()))
