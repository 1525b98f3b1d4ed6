"""Contacts that may be one person: the same e-mail address however written, or the same phone number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count

from .models import Contact

#: By what contacts are found to be doubled -> the column that is walked, and what people read. The hashes
#: have an index in the order that grouping wants; those of the addresses serve the beginnings of words.
WAYS = {"email": ("email_hash", "email_normalised"), "phone": ("phone_hash", "phone_e164")}
#: Contacts that a group shows; it says how many more there are.
SHOWN = 5


@dataclass(frozen=True)
class Group:
    """``count`` contacts share ``address``; the first ``SHOWN`` of them, by id."""

    address: str
    count: int
    contacts: tuple[Contact, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.contacts)


@dataclass(frozen=True)
class Page:
    """Groups in an order of their own; ``next`` is where the next page begins, empty at the end."""

    groups: tuple[Group, ...]
    next: str = ""


def find_duplicates(*, by: str = "email", after: str = "", size: int = 25) -> Page:
    """A page of groups: one walk along an index from ``after`` on, and one read of their contacts."""
    column, address = WAYS[by]
    found: Sequence = list(
        Contact.objects.filter(**{f"{column}__gt": after})
        .order_by(column)
        .values(column)
        .annotate(count=Count("*"))
        .filter(count__gt=1)
        .values_list(column, "count")[: size + 1]
    )
    shown = found[:size]
    contacts = _first_of(column, [digest for digest, _count in shown])
    groups = tuple(
        Group(getattr(contacts[digest][0], address), count, tuple(contacts[digest]))
        for digest, count in shown
        if digest in contacts
    )
    return Page(groups, shown[-1][0] if len(found) > size else "")


def _first_of(column: str, digests: Iterable[str]) -> dict[str, list[Contact]]:
    found: dict[str, list[Contact]] = {}
    # An address that thousands share (a till, a test) must not bring them all into memory.
    rows = Contact.objects.filter(**{f"{column}__in": list(digests)}).defer("attributes").order_by(column, "pk")
    for contact in rows[:2000].iterator(chunk_size=500):
        group = found.setdefault(getattr(contact, column), [])
        if len(group) < SHOWN:
            group.append(contact)
    return found
