import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from wagtail_marketing.contacts import services

from ._person import add_person, find_person


class Command(BaseCommand):
    help = "Print everything that is known of one person, as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        add_person(parser)
        parser.add_argument("--output", help="A file to write instead; it must not exist yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        known = services.export_person(contact=find_person(options))
        text = json.dumps(known, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
        if not options["output"]:
            self.stdout.write(text)
            return
        try:
            with Path(options["output"]).open("x", encoding="utf-8") as file:
                file.write(text + "\n")
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}") from error
