"""Contacts as the rows of a file: the columns that an export writes and an import reads.

``docs/reference/contact-columns.md`` is the promise; a heading never changes its meaning.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import QuerySet

from wagtail_marketing.host import get_adapter

from .models import ConsentState, Contact, ContactAttribute, Suppression
from .registry import channels, list_columns
from .selectors import jump_values

#: Kind of file -> ending and type.
FORMATS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
#: Rows that a workbook takes: more would keep a worker longer than a slice of work may last.
XLSX_MOST = 100_000
#: Contacts that are in memory at once.
CHUNK = 1_000

CORE = (
    "uuid",
    "external_key",
    "email",
    "phone",
    "first_name",
    "last_name",
    "language",
    "time_zone",
    "country",
    "region",
    "city",
    "birthday",
    "source",
    "created_at",
)


@dataclass
class Chunk:
    """Some contacts with what their cells need: a statement per kind, none per row."""

    rows: Sequence[Contact]
    tags: dict[int, list[str]] = field(default_factory=dict)
    states: dict[tuple[int, str], ConsentState] = field(default_factory=dict)
    suppressed: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Contact]) -> "Chunk":
        ids = [row.pk for row in rows]
        states = ConsentState.objects.filter(contact__in=ids, topic__isnull=True)
        # Not by prefetch_related: it ties rows and results into circles, which pile up until they are collected.
        tags: dict[int, list[str]] = {}
        named = Contact.tags.through.objects.filter(contact__in=ids).order_by("tag__name")
        for pk, name in named.values_list("contact_id", "tag__name"):
            tags.setdefault(pk, []).append(name)
        hashes = {getattr(row, channel.hash_field) for row in rows for channel in channels} - {""}
        blocked = Suppression.objects.filter(address_hash__in=hashes)
        return cls(
            rows,
            tags,
            {(state.contact_id, state.channel): state for state in states},
            {(row.channel, row.address_hash): row.reason for row in blocked},
        )


@dataclass(frozen=True)
class Column:
    """``cell(contact, chunk)`` gives text, a number, or something of ``text_of``."""

    key: str
    cell: Callable[[Contact, Chunk], Any]


def columns() -> list[Column]:
    """Every column, in the order of the file. One statement: the names of attributes that were never declared."""
    found = [Column(name, _attribute_of(name)) for name in CORE]
    found.append(Column("tags", lambda row, chunk: ", ".join(chunk.tags.get(row.pk, ()))))
    declared = [spec.name for spec in get_adapter().attributes()]
    others = sorted(set(attribute_names()) - set(declared))
    found += [Column(f"attributes.{name}", _shop_attribute(name)) for name in (*declared, *others)]
    for channel in channels:
        found += _of_channel(channel.channel, channel.hash_field)
    found += [Column(name, _registered(plug)) for name, plug in list_columns.items()]
    return found


def rows(contacts: "QuerySet[Contact]", chosen: Sequence[Column], *, after: int = 0) -> Iterator[tuple[int, list]]:
    """``(id, cells)`` of every contact with an id above ``after``, by rising id, ``CHUNK`` in memory."""
    for plug in list_columns:
        if plug.annotate:
            contacts = plug.annotate(contacts)
    contacts = contacts.order_by("pk")
    while True:
        chunk = Chunk.of(list(contacts.filter(pk__gt=after)[:CHUNK]))
        for row in chunk.rows:
            yield row.pk, [text_of(column.cell(row, chunk)) for column in chosen]
        if len(chunk.rows) < CHUNK:
            return
        after = chunk.rows[-1].pk


def cells(found: Iterable[tuple[int, list]]) -> Iterator[list]:
    """``rows`` without the ids."""
    return (row for _pk, row in found)


def text_of(value: Any) -> Any:
    """The same text in every kind of file: times in UTC and ISO 8601, truth as true and false, nothing as ""."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int | float) else str(value)


def attribute_names(most: int = 200) -> list[str]:
    """Names of attributes that any contact has."""
    return jump_values(ContactAttribute, "name", most)


def _attribute_of(name: str) -> Callable[[Contact, Chunk], Any]:
    return lambda row, chunk: getattr(row, name)


def _shop_attribute(name: str) -> Callable[[Contact, Chunk], Any]:
    return lambda row, chunk: row.attributes.get(name)


def _registered(plug: Any) -> Callable[[Contact, Chunk], Any]:
    return lambda row, chunk: (plug.export or plug.value)(row)


def _of_channel(channel: str, hash_field: str) -> list[Column]:
    def state(row: Contact, chunk: Chunk) -> Any:
        found = chunk.states.get((row.pk, channel))
        return found.state if found else "never"

    def since(row: Contact, chunk: Chunk) -> Any:
        found = chunk.states.get((row.pk, channel))
        return found.changed_at if found else None

    def suppressed(row: Contact, chunk: Chunk) -> Any:
        return chunk.suppressed.get((channel, getattr(row, hash_field)))

    return [
        Column(f"consent.{channel}", state),
        Column(f"consent.{channel}.at", since),
        Column(f"suppressed.{channel}", suppressed),
    ]
