"""The triggers that keep the consent ledger append-only, on PostgreSQL and SQLite.

They are put (back) after every migrate, because altering a table on SQLite drops them. A database user
who may drop a trigger may also switch them off: they guard against mistakes of code, not against an owner.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from wagtail_marketing.conf import settings

TABLE = "wagtail_marketing_contacts_consentevent"
NAME = "wm_consent_ledger"
MESSAGE = "the consent ledger is append-only"

_POSTGRESQL = (
    f"""
    CREATE OR REPLACE FUNCTION {NAME}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    f"DROP TRIGGER IF EXISTS {NAME}_row ON {TABLE}",
    f"DROP TRIGGER IF EXISTS {NAME}_truncate ON {TABLE}",
    f"CREATE TRIGGER {NAME}_row BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {NAME}_refuse()",
    f"CREATE TRIGGER {NAME}_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION {NAME}_refuse()",
)
_POSTGRESQL_REMOVE = (
    f"DROP TRIGGER IF EXISTS {NAME}_row ON {TABLE}",
    f"DROP TRIGGER IF EXISTS {NAME}_truncate ON {TABLE}",
)
_SQLITE = (
    f"DROP TRIGGER IF EXISTS {NAME}_update",
    f"DROP TRIGGER IF EXISTS {NAME}_delete",
    f"CREATE TRIGGER {NAME}_update BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
    f"CREATE TRIGGER {NAME}_delete BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
)
_SQLITE_REMOVE = (f"DROP TRIGGER IF EXISTS {NAME}_update", f"DROP TRIGGER IF EXISTS {NAME}_delete")


def _run(connection: BaseDatabaseWrapper, postgresql: tuple[str, ...], sqlite: tuple[str, ...]) -> None:
    statements = {"postgresql": postgresql, "sqlite": sqlite}.get(connection.vendor, ())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def install(using: str = "default") -> None:
    """Put the triggers on; harmless where they stand."""
    if TABLE in connections[using].introspection.table_names():
        _run(connections[using], _POSTGRESQL, _SQLITE)


def remove(using: str = "default") -> None:
    """Take the triggers off."""
    if TABLE in connections[using].introspection.table_names():
        _run(connections[using], _POSTGRESQL_REMOVE, _SQLITE_REMOVE)


@contextmanager
def lifted(using: str = "default") -> Iterator[None]:
    """The triggers off for the length of a block: only for tests that flush tables."""
    remove(using)
    try:
        yield
    finally:
        install(using)


def install_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """Receiver of ``post_migrate`` (flushing a test database sends it too)."""
    if settings.ledger_triggers:
        install(using)
    else:
        remove(using)
