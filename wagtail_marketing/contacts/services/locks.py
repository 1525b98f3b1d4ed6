"""The locks that make "look where somebody stands, then write" one step, in the order that every writer keeps.

First rows of contacts by rising id, then addresses. The rows also hold back the last look before a message
leaves (it takes them shared); the addresses keep two contacts of one address apart, also where one of them is
being made at this very moment and cannot be locked as a row. SQLite has one writer at a time and needs none.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import channel_address
from wagtail_marketing.core.errors import InvalidInput

#: Off only in twin tests.
_lock_contacts = True

#: Addresses share this many locks, so that a batch of thousands takes only so many entries of the lock table.
BUCKETS = 64
#: The first key of our advisory locks, so that they meet nobody else's.
_SPACE = 0x574D41


def for_update(contacts: QuerySet[Contact]) -> list[Contact]:
    """``contacts``, locked by rising id until the transaction ends."""
    people = contacts.order_by("pk")
    return list(people.select_for_update(of=("self",), no_key=True) if _lock_contacts else people)


def hold_addresses(hashes: Iterable[str], *, alone: bool) -> None:
    """Until the transaction ends nobody else judges these addresses.

    ``alone``: not even others who only report (weak evidence) do; they share among themselves.
    """
    buckets = sorted({int(digest[:8], 16) % BUCKETS for digest in hashes if digest})
    if not buckets or not _lock_contacts or connection.vendor != "postgresql":
        return
    function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        # One row after the other, so the order is that of the list.
        cursor.execute(f"SELECT {function}(%s, bucket) FROM unnest(%s::int[]) AS bucket", [_SPACE, buckets])  # noqa: S608


def lock_to_judge(contact: Contact, channel: str, *, everyone: bool) -> list[Contact]:
    """The contact, and with ``everyone`` all who share its address. Raises ``InvalidInput`` where it is gone.

    Whoever was merged meanwhile is the survivor now (``survivor_of``): nothing that a person said is lost.
    """
    address = channel_address(channel)
    digest = Contact.objects.filter(pk=contact.pk).values_list(address.hash_field, flat=True).first()
    wanted = Q(pk=contact.pk)
    if everyone and digest:
        wanted |= Q(**{address.hash_field: digest})
    found = for_update(Contact.objects.filter(wanted))
    if all(person.pk != contact.pk for person in found):
        survivor = Contact.objects.filter(aliases__uuid=contact.uuid).first()
        if survivor is not None:
            return lock_to_judge(survivor, channel, everyone=everyone)
        raise InvalidInput(_("This contact does not exist any more."), field="contact")
    hold_addresses((getattr(person, address.hash_field) for person in found), alone=everyone)
    if everyone and digest and connection.vendor == "postgresql":
        # Who was being made while we waited for the address: nobody judges them as long as we hold it.
        late = Contact.objects.filter(**{address.hash_field: digest}).exclude(pk__in=[person.pk for person in found])
        found += late.order_by("pk")
    return found


def survivor_of(contact: Contact, people: list[Contact]) -> Contact:
    """Who of the locked ``people`` the contact is, by id, or by the alias that a merge left."""
    for person in people:
        if person.pk == contact.pk:
            return person
    return Contact.objects.get(aliases__uuid=contact.uuid, pk__in=[person.pk for person in people])


def lock_everyone_with(contact: Contact) -> Contact:
    """The contact, fresh, with all who share one of its addresses locked. Raises ``Contact.DoesNotExist``."""
    from wagtail_marketing.contacts.registry import channels

    current = Contact.objects.get(pk=contact.pk)
    wanted = Q(pk=current.pk)
    for address in channels:
        if digest := getattr(current, address.hash_field):
            wanted |= Q(**{address.hash_field: digest})
    return next(person for person in for_update(Contact.objects.filter(wanted)) if person.pk == current.pk)
