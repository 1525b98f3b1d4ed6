"""How many a tree chooses, how many addresses each channel reaches, and the first few: the rules judged once."""

from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.datastructures import BaseTable

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.contacts.selectors import deliverable_q

CHOSEN = "wm_chosen"


@dataclass(frozen=True, slots=True)
class Counted:
    count: int
    #: Addresses by channel: of several contacts with one address one counts.
    reachable: dict[str, int]
    #: The ids of the first few, the lowest first.
    first: tuple[int, ...]


def count_chosen(contacts: QuerySet[Contact], *, first: int) -> Counted:
    """One statement. Who is chosen is written down once, with the addresses, and counted from there: asked of
    the contacts themselves, each figure would judge all rules again."""
    keys = list(channels.keys())
    columns = {"id"}
    for address in channels:
        columns |= {address.address_field, address.hash_field}
    try:
        chosen, params = contacts.order_by().values(*sorted(columns)).query.sql_with_params()
    except EmptyResultSet:  # Django sees that nobody can be in
        return Counted(0, dict.fromkeys(keys, 0), ())
    figures = [f"SELECT -1, COUNT(*) FROM {CHOSEN}"]  # noqa: S608  our own name
    values = list(params)
    for number, channel in enumerate(keys):
        reached, more = _reached(channel)
        figures.append(f"SELECT {number}, COUNT(*) FROM ({reached}) AS reached")  # noqa: S608
        values.extend(more)
    figures.append(f"SELECT -2, id FROM (SELECT id FROM {CHOSEN} ORDER BY id LIMIT {int(first)}) AS few")  # noqa: S608
    once = "AS MATERIALIZED" if connection.vendor == "postgresql" else "AS"
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {CHOSEN} {once} ({chosen}) {' UNION ALL '.join(figures)}", values)
        rows = cursor.fetchall()
    counts = {place: number for place, number in rows if place != -2}
    few = sorted(number for place, number in rows if place == -2)
    return Counted(counts[-1], {channel: counts[place] for place, channel in enumerate(keys)}, tuple(few))


def _reached(channel: str) -> tuple[str, tuple]:
    """The addresses of ``CHOSEN`` that may be written to, each once."""
    address = next(one for one in channels if one.channel == channel)
    addresses = Contact.objects.filter(deliverable_q(channel)).order_by().values(address.hash_field).distinct()
    query = addresses.query
    table = query.get_initial_alias()
    query.alias_map[table] = BaseTable(CHOSEN, table)
    return query.sql_with_params()
