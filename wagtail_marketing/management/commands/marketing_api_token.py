import json
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wagtail_marketing.api import registry, services
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import DomainError


class Command(BaseCommand):
    help = "Make a token for the REST API. Its key is printed once and stored nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="Which program uses it.")
        parser.add_argument("--scopes", nargs="+", default=[], help="What it may do; “all” for everything.")
        parser.add_argument("--days", type=int, help="Days until it expires (default: never).")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")
        parser.add_argument("--list-scopes", action="store_true", help="Print the known scopes and end.")

    def handle(self, *args, **options) -> None:
        if options["list_scopes"]:
            for scope, description in registry.scopes().items():
                self.stdout.write(f"{scope}: {description}")
            return
        scopes = [scope for given in options["scopes"] for scope in given.split(",") if scope]
        if scopes == ["all"]:
            scopes = list(registry.scopes())
        try:
            token, key = services.create_token(
                name=options["name"] or "",
                scopes=scopes,
                expires_at=clock.now() + timedelta(days=options["days"]) if options["days"] else None,
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"name": token.name, "scopes": token.scopes, "key": key}))
        else:
            self.stdout.write(f"{key}\nKeep it now: it is not shown again.")
