"""Guards of the database against a query that somebody built by clicking."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from wagtail_marketing.conf import settings

from .errors import TooSlow

#: PostgreSQL's code for a statement that its time-out stopped.
QUERY_CANCELED = "57014"
#: Room for the hash tables of ``NOT IN (SELECT ...)``: without it a big set is scanned once per contact.
WORK_MEM = "64MB"


@contextmanager
def guarded(*, timeout: bool = True) -> Iterator[None]:
    """Run statements with ``SEGMENT_STATEMENT_TIMEOUT_MS`` and room for hashing. Raises ``TooSlow``.

    The settings are local to a transaction and are put back where the caller has one open. SQLite has no
    such limit and one writer at a time; it runs as it is.
    """
    if connection.vendor != "postgresql":
        yield
        return
    wanted = {"work_mem": WORK_MEM}
    if timeout:
        wanted["statement_timeout"] = str(settings.segment_statement_timeout_ms)
    try:
        with transaction.atomic():
            before = {name: _set(name, value) for name, value in wanted.items()}
            yield
            for name, value in before.items():
                _set(name, value)
    except OperationalError as error:
        code = getattr(error.__cause__, "sqlstate", None) or getattr(error.__cause__, "pgcode", None)
        if code != QUERY_CANCELED:
            raise
        raise TooSlow(
            _("Counting took too long and was stopped."),
            remedy=_("Use fewer or narrower conditions, or raise SEGMENT_STATEMENT_TIMEOUT_MS."),
        ) from error


def _set(name: str, value: str) -> str:
    """Set a parameter for this transaction; returns what it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s), set_config(%s, %s, true)", [name, name, value])
        return cursor.fetchone()[0]
