from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wagtail_marketing.contacts import services

from ._person import add_person, find_person


class Command(BaseCommand):
    help = "Erase one person for good: their data everywhere; orders and the ledger stay under a pseudonym."

    def add_arguments(self, parser: CommandParser) -> None:
        add_person(parser)
        parser.add_argument("--yes", action="store_true", help="Do it without asking.")

    def handle(self, *args: Any, **options: Any) -> None:
        contact = find_person(options)
        if not options["yes"]:
            answer = input(f"Erase contact {contact.uuid} for good? Type “erase” to go on: ")
            if answer.strip() != "erase":
                raise CommandError("Nothing was erased.")
        services.erase_person(contact=contact)
        self.stdout.write(f"{contact.uuid} is erased. The addresses stay on the suppression list, as hashes.")
