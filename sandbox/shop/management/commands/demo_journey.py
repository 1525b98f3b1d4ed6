"""Run the main job from end to end on the running demo, and compare every figure of the report."""

from __future__ import annotations

import json
import smtplib
import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from shop.demo.journey import Journey, tell
from shop.demo.plan import NotReady
from shop.demo.visitor import Visitor
from shop.mailstore import MailStore


class Command(BaseCommand):
    help = (
        "On the running demo (make demo): a segment, a code, an e-mail and a campaign; sent over SMTP, clicked, "
        "bought and unsubscribed over HTTP. Prints the report's figures, each held against the mail server and "
        "the shop's tables; exits with 1 where one differs."
    )

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
        parser.add_argument("--base-url", default=settings.WAGTAILADMIN_BASE_URL, help="where the demo answers")

    def handle(self, *args, **options):
        base_url = options["base_url"].rstrip("/")
        self._demand_demo(base_url)
        journey = Journey(base_url=base_url, store=MailStore(), say=lambda text: self.stderr.write(text))
        try:
            outcome = journey.run()
        except NotReady as trouble:
            raise CommandError(str(trouble)) from trouble
        if options["json"]:
            self.stdout.write(json.dumps(outcome.figures))
        else:
            self.stdout.write("\n".join(tell(outcome)))
        for difference in outcome.differences:
            self.stderr.write(f"DIFFERENT  {difference}")
        if outcome.differences:
            sys.exit(1)

    def _demand_demo(self, base_url: str) -> None:
        hint = "Start the demo with: make demo"
        try:
            status = Visitor(timeout=20).get(f"{base_url}/products/").status
        except OSError as error:
            raise CommandError(f"Nothing answers at {base_url} ({error}). {hint}") from error
        if status != 200:
            raise CommandError(f"The shop at {base_url} answers {status}. {hint}")
        try:
            with smtplib.SMTP(settings.DEMO_SMTP_HOST, settings.DEMO_SMTP_PORT, timeout=10):
                pass
        except OSError as error:
            raise CommandError(
                f"No mail server answers at {settings.DEMO_SMTP_HOST}:{settings.DEMO_SMTP_PORT} ({error}). {hint}"
            ) from error
