from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from wagtail_marketing.admin.roles import DESCRIPTIONS, ROLES, grant_roles


class Command(BaseCommand):
    help = "Create or complete the groups of the roles manager, editor and analyst. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="Also give back what was taken from a group.")
        parser.add_argument(
            "--add", nargs=2, metavar=("USERNAME", "ROLE"), help="Put a user into a role (manager, editor, analyst)."
        )

    def handle(self, *args, **options) -> None:
        given = grant_roles(reset=options["reset"])
        for role in ROLES:
            self.stdout.write(f"{role.name}: {given[role.key]} new permissions. {DESCRIPTIONS[role.key]}")
        if options["add"]:
            self.put(*options["add"])

    def put(self, username: str, key: str) -> None:
        from django.contrib.auth.models import Group

        User = get_user_model()
        user = User.objects.filter(**{User.USERNAME_FIELD: username}).first()
        role = next((role for role in ROLES if role.key == key), None)
        if user is None or role is None:
            raise CommandError(f"No user “{username}” or no role “{key}”: name an existing one of each.")
        user.groups.add(Group.objects.get(name=role.name))
        self.stdout.write(f"{username} is now in {role.name}.")
