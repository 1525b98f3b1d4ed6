"""Writes over a set of contacts, one statement each: the set is a query, nobody's ids travel."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from wagtail_marketing.contacts.models import Contact

#: Ids that go into one statement where the caller gives ids.
CHUNK = 2000


def chosen_sql(contacts: QuerySet[Contact]) -> tuple[str, tuple]:
    """``(sql, params)`` of a statement that selects the ids of ``contacts`` as ``id``."""
    if not contacts.query.is_sliced:
        contacts = contacts.order_by()
    try:
        return contacts.values("id").query.sql_with_params()
    except EmptyResultSet:  # Django sees that nobody can be in
        return "SELECT 0 AS id WHERE 1 = 0", ()


def as_querysets(contacts: QuerySet[Contact] | Iterable[int]) -> Iterator[QuerySet[Contact]]:
    """A queryset as it is; ids (of contacts that need not exist) as querysets of ``CHUNK`` each."""
    if isinstance(contacts, QuerySet):
        yield contacts
        return
    numbers = iter(sorted(set(contacts)))
    while chunk := list(islice(numbers, CHUNK)):
        yield Contact.objects.filter(pk__in=chunk)
