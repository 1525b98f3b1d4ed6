"""Members as of now: who came, who left."""

from datetime import datetime

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock, events
from wagtail_marketing.segments.compiler import contacts_of_segment
from wagtail_marketing.segments.engine.tree import moment_at
from wagtail_marketing.segments.errors import Deactivated, NotPublished
from wagtail_marketing.segments.events import SegmentRefreshed
from wagtail_marketing.segments.in_force import in_force
from wagtail_marketing.segments.models import Membership, Segment, SegmentSize
from wagtail_marketing.segments.schedule import keep_state


@transaction.atomic
def refresh_segment(*, segment: Segment, now: datetime | None = None) -> SegmentSize:
    """Bring the members up to date: a difference, in one statement (two on SQLite).

    Nobody is deleted and written again: ``entered_at`` stays. Two refreshes at once do no harm (one open
    membership a contact). Raises ``NotPublished``, ``Deactivated``.
    """
    found = in_force([segment.pk]).get(segment.pk)
    if found is None:
        raise NotPublished(
            _("“%(segment)s” has no published rules.") % {"segment": segment}, remedy=_("Publish it first.")
        )
    if not found.active:
        raise Deactivated(
            _("“%(segment)s” is deactivated and keeps its members.") % {"segment": segment},
            remedy=_("Activate it first."),
        )
    now, started = moment_at(now).now, clock.now()
    # One refresh of a segment at a time: the second waits and then finds nothing to do.
    Segment.objects.select_for_update().get(pk=segment.pk)
    chosen, params = _sql(contacts_of_segment(found, now=now))
    move = _move_at_once if connection.vendor == "postgresql" else _move
    entered, left, size = move(segment.pk, chosen, params, now)
    measured, _made = SegmentSize.objects.update_or_create(
        segment=segment, measured_at=now, defaults={"size": size, "entered": entered, "left": left}
    )
    keep_state(measured, started)
    events.publish(SegmentRefreshed(segment.pk, now, size, entered, left))
    return measured


def _move_at_once(segment: int, chosen: str, params: tuple, now: datetime) -> tuple[int, int, int]:
    """Who came, who left and how many are in, the rules judged once: PostgreSQL writes inside a ``WITH``."""
    table = _table()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH chosen AS MATERIALIZED ({chosen}),"  # noqa: S608
            f" gone AS (UPDATE {table} AS known SET left_at = GREATEST(known.entered_at, %s)"
            f" WHERE known.segment_id = %s AND known.left_at IS NULL"
            f" AND NOT EXISTS (SELECT 1 FROM chosen WHERE chosen.id = known.contact_id) RETURNING 1),"
            f" came AS (INSERT INTO {table} (segment_id, contact_id, entered_at)"
            f" SELECT %s, chosen.id, %s FROM chosen WHERE NOT EXISTS"
            f" (SELECT 1 FROM {table} AS known WHERE known.segment_id = %s AND known.left_at IS NULL"
            f" AND known.contact_id = chosen.id) ON CONFLICT DO NOTHING RETURNING 1)"
            " SELECT (SELECT COUNT(*) FROM came), (SELECT COUNT(*) FROM gone), (SELECT COUNT(*) FROM chosen)",
            [*params, now, segment, segment, now, segment],
        )
        return cursor.fetchone()


def _move(segment: int, chosen: str, params: tuple, now: datetime) -> tuple[int, int, int]:
    """The same in two statements, for a database that writes by itself only."""
    table = _table()
    stamp = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(
            # A refresh for an earlier moment (a replay) never makes a stay end before it began.
            f"UPDATE {table} SET left_at = CASE WHEN entered_at > %s THEN entered_at ELSE %s END"  # noqa: S608
            f" WHERE segment_id = %s AND left_at IS NULL"
            f" AND NOT EXISTS (SELECT 1 FROM ({chosen}) AS chosen WHERE chosen.id = {table}.contact_id)",
            [stamp, stamp, segment, *params],
        )
        left = cursor.rowcount
        cursor.execute(
            f"INSERT INTO {table} (segment_id, contact_id, entered_at)"  # noqa: S608
            f" SELECT %s, chosen.id, %s FROM ({chosen}) AS chosen WHERE NOT EXISTS"
            f" (SELECT 1 FROM {table} AS known WHERE known.segment_id = %s AND known.left_at IS NULL"
            f" AND known.contact_id = chosen.id) ON CONFLICT DO NOTHING",
            [segment, stamp, *params, segment],
        )
        entered = cursor.rowcount
    return entered, left, Membership.objects.filter(segment=segment, left_at__isnull=True).count()


def _table() -> str:
    return connection.ops.quote_name(Membership._meta.db_table)


def _sql(contacts: QuerySet[Contact]) -> tuple[str, tuple]:
    """The statement that selects the ids of ``contacts``, as ``id``."""
    try:
        return contacts.order_by().values("id").query.sql_with_params()
    except EmptyResultSet:  # Django sees that nobody can be in
        return "SELECT 0 AS id WHERE 1 = 0", ()
