"""Reads of static lists."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from wagtail_marketing.core.identity import normalise_phone

from .engine.addresses import Line, read_lines
from .models import Contact, ContactList, ListMembership

#: Lines that are looked up in one statement.
BATCH = 1000


def members(contact_list: ContactList) -> QuerySet[ListMembership]:
    """Who is on the list, newest first, with their contacts: by an index, so that pages by key stay quick."""
    return ListMembership.objects.filter(contact_list=contact_list).select_related("contact").order_by("-pk")


def contacts_on(contact_list: ContactList | int) -> QuerySet[Contact]:
    """The contacts of a list, for whoever filters, counts or adds them elsewhere."""
    pk = contact_list.pk if isinstance(contact_list, ContactList) else contact_list
    return Contact.objects.filter(pk__in=ListMembership.objects.filter(contact_list=pk).values("contact"))


def lists_of(contact: Contact) -> QuerySet[ContactList]:
    """The lists that a contact is on, by name."""
    return ContactList.objects.filter(memberships__contact=contact)


@dataclass
class Resolved:
    """Who was meant by lines of addresses and keys.

    ``contacts`` are their ids, ``unknown`` addresses that nobody has, ``unreadable`` lines that are neither
    an address nor a known key, ``repeated`` how many lines meant somebody once more.
    """

    contacts: list[int] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    repeated: int = 0


def resolve(text: str | Iterable[str]) -> Resolved:
    """The contacts that lines name by e-mail address, customer key or phone number, in batches.

    Of several contacts with one address the one with the lowest id is meant: it gets the mail.
    """
    lines = read_lines(text)
    found, seen = Resolved(), set[int | str]()
    for start in range(0, len(lines), BATCH):
        batch = lines[start : start + BATCH]
        by_address = _ids("email_normalised", {line.address for line in batch if line.address})
        others = [line.written for line in batch if not line.address]
        by_key = _ids("external_key", set(others))
        phones = {written: normalise_phone(written) for written in others if written not in by_key}
        by_phone = _ids("phone_e164", set(filter(None, phones.values())))
        for line in batch:
            who = by_address.get(line.address) if line.address else by_key.get(line.written)
            who = who or by_phone.get(phones.get(line.written, ""))
            _note(found, seen, line, who)
    return found


def _note(found: Resolved, seen: set, line: Line, who: int | None) -> None:
    meant = who or line.address or line.written
    if meant in seen:
        found.repeated += 1
        return
    seen.add(meant)
    if who:
        found.contacts.append(who)
    elif line.address:
        found.unknown.append(line.address)
    else:
        found.unreadable.append(line.written)


def _ids(column: str, values: set[str]) -> dict[str, int]:
    rows = Contact.objects.filter(**{f"{column}__in": values}).order_by("-pk") if values else Contact.objects.none()
    return dict(rows.values_list(column, "pk"))


@dataclass(frozen=True)
class Doubled:
    """An address that several contacts of a list have; ``kept`` is the contact that gets the mail."""

    address: str
    count: int
    kept: int


def doubled(contact_list: ContactList, *, most: int) -> list[Doubled]:
    """Addresses with more than one contact on the list, at most ``most`` of them."""
    grouped = (
        ListMembership.objects.filter(contact_list=contact_list)
        .exclude(contact__email_normalised="")
        .order_by()
        .values_list("contact__email_normalised")
        .annotate(count=Count("pk"), kept=Min("contact"))
        .filter(count__gt=1)
        .order_by("-count", "contact__email_normalised")
    )
    return [Doubled(*row) for row in grouped[:most]]


def superfluous(contact_list: ContactList) -> QuerySet[Contact]:
    """Contacts of the list that share their address with one of a lower id on it."""
    lower = ListMembership.objects.filter(
        contact_list=contact_list, contact__email_normalised=OuterRef("email_normalised"), contact_id__lt=OuterRef("pk")
    )
    return contacts_on(contact_list).exclude(email_normalised="").filter(Exists(lower))
