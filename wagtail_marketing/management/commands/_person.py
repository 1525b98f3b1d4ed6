"""Which contact a command means: by customer key, uuid or e-mail address."""

from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from wagtail_marketing.contacts.models import Contact, ContactAlias
from wagtail_marketing.core.identity import normalise_email


def add_person(parser: CommandParser) -> None:
    parser.add_argument("--key", help="The shop's customer key.")
    parser.add_argument("--uuid", help="The contact's uuid, also one that was merged.")
    parser.add_argument("--email", help="The e-mail address, however it is written.")


def find_person(options: dict) -> Contact:
    """The one contact that is meant. Raises ``CommandError`` for none, several, or no or two ways of naming it."""
    given = [name for name in ("key", "uuid", "email") if options[name]]
    if len(given) != 1:
        raise CommandError("Name the person by exactly one of --key, --uuid and --email.")
    if options["key"]:
        found = Contact.objects.filter(external_key=options["key"])
    elif options["email"]:
        address = normalise_email(options["email"])
        if not address:
            raise CommandError(f"“{options['email']}” is not an e-mail address.")
        found = Contact.objects.filter(email_normalised=address)
    else:
        try:
            uuid = UUID(options["uuid"])
        except ValueError:
            raise CommandError(f"“{options['uuid']}” is not a uuid.") from None
        alias = ContactAlias.objects.filter(uuid=uuid).values("contact")
        found = Contact.objects.filter(uuid=uuid) | Contact.objects.filter(pk__in=alias)
    people = list(found.order_by("pk")[:11])
    if not people:
        raise CommandError("There is no such contact.")
    if len(people) > 1:
        uuids = ", ".join(str(one.uuid) for one in people[:10])
        raise CommandError(f"Several contacts have this address: name one by --uuid. {uuids}")
    return people[0]
