"""Many rows into a table in one statement: insert what is new, update what differs, touch nothing else.

The rows travel as one JSON parameter, which PostgreSQL and SQLite both read as a table; so the same
statement serves a batch of a sync and a single order inside the shop's transaction, without temporary
tables and whatever the driver.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Model

#: Our name of a type -> PostgreSQL's.
TYPES = {
    "text": "text",
    "integer": "bigint",
    "moment": "timestamptz",
    "boolean": "boolean",
    "json": "jsonb",
}


@dataclass(frozen=True)
class Merged:
    """How many rows were written (new or changed), and their ids where they were asked for."""

    written: int
    ids: tuple[int, ...] = ()


def merge(
    model: type[Model],
    columns: Mapping[str, str],
    rows: Sequence[Sequence[Any]],
    *,
    unique: Sequence[str],
    fixed: Mapping[str, Any] | None = None,
    insert_only: Sequence[str] = (),
    returning: bool = False,
) -> Merged:
    """Write ``rows`` (values in the order of ``columns``) into the table of ``model``.

    ``columns`` maps a column to its type (see ``TYPES``; JSON as text); ``unique`` names the columns of
    the unique constraint that says which row is which; ``fixed`` are columns that every written row gets
    and that do not count as a difference (``updated_at``); ``insert_only`` columns stay as they were.
    A row that is as it should be is not written. Two rows with the same ``unique`` values are a mistake
    of the caller.
    """
    if not rows:
        return Merged(0)
    fixed = dict(fixed or {})
    table = connection.ops.quote_name(model._meta.db_table)
    names = [connection.ops.quote_name(name) for name in columns]
    fixed_names = [connection.ops.quote_name(name) for name in fixed]
    changing = [connection.ops.quote_name(name) for name in columns if name not in unique and name not in insert_only]
    source, payload = _source(columns, rows)
    statement = (
        f"INSERT INTO {table} ({', '.join([*names, *fixed_names])}) "  # noqa: S608  names are our models' own
        f"SELECT {', '.join([*(f's.{name}' for name in names), *('%s' for _name in fixed_names)])} "
        f"FROM {source} WHERE true ON CONFLICT ({', '.join(unique)}) "
    )
    if changing:
        differs = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
        statement += (
            f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in [*changing, *fixed_names])} "
            f"WHERE {' OR '.join(f'{table}.{name} {differs} excluded.{name}' for name in changing)}"
        )
    else:
        statement += "DO NOTHING"
    if returning:
        statement += " RETURNING id"
    with connection.cursor() as cursor:
        cursor.execute(statement, [*(_plain(value) for value in fixed.values()), payload])
        if returning:
            ids = tuple(row[0] for row in cursor.fetchall())
            return Merged(len(ids), ids)
        return Merged(max(cursor.rowcount, 0))


def _source(columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> tuple[str, str]:
    """The rows as a table ``s`` in SQL, and the parameter that holds them."""
    payload = json.dumps([[_plain(value) for value in row] for row in rows], ensure_ascii=False)
    quote = connection.ops.quote_name
    if connection.vendor == "postgresql":
        read = ", ".join(
            f"(e.v ->> {index})::{TYPES[kind]} AS {quote(name)}" for index, (name, kind) in enumerate(columns.items())
        )
        return f"(SELECT {read} FROM json_array_elements(%s::json) AS e(v)) AS s", payload  # noqa: S608
    read = ", ".join(f"json_extract(e.value, '$[{index}]') AS {quote(name)}" for index, name in enumerate(columns))
    return f"(SELECT {read} FROM json_each(%s) AS e) AS s", payload  # noqa: S608


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        # SQLite keeps UTC without an offset, as Django writes it.
        return (
            value.isoformat() if connection.vendor == "postgresql" else str(value.astimezone(UTC).replace(tzinfo=None))
        )
    return value
