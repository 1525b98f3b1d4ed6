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
#: And no compiling of expressions: a tree has a hundred of them, and that takes longer than a count of a million.
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
    wanted = {"work_mem": WORK_MEM, "jit": "off"}
    if timeout:
        wanted["statement_timeout"] = str(settings.segment_statement_timeout_ms)
    try:
        with transaction.atomic():
            before = _set(wanted)
            yield
            _set(before)
    except OperationalError as error:
        code = getattr(error.__cause__, "sqlstate", None) or getattr(error.__cause__, "pgcode", None)
        if code != QUERY_CANCELED:
            raise
        raise TooSlow(
            _("Counting took too long and was stopped."),
            remedy=_("Use fewer or narrower conditions, or raise SEGMENT_STATEMENT_TIMEOUT_MS."),
        ) from error


def _set(wanted: dict[str, str]) -> dict[str, str]:
    """Set parameters for this transaction; returns what they were. One statement, read from left to right."""
    now = ", ".join(["current_setting(%s)"] * len(wanted))
    then = ", ".join(["set_config(%s, %s, true)"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {now}, {then}", [*wanted, *(part for item in wanted.items() for part in item)])
        return dict(zip(wanted, cursor.fetchone(), strict=False))
