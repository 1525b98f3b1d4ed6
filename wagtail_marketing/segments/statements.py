"""The question "is this contact in?", compiled once and asked often.

A new order asks it of one contact for many segments, and Django needs ten times as long to build the statement
as the database needs to answer it. So the SQL of a segment is kept, with places for the contacts and for the
moment, for as long as nothing that it was made from has changed.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from wagtail_marketing.conf import settings
from wagtail_marketing.host import get_adapter

from .compiler import people, segment_q
from .errors import InvalidRules
from .in_force import InForce, in_force
from .registry import Moment, Scope, Trace, conditions

#: How many contacts a statement has places for; fewer fill the rest by repeating the last of them.
SIZES = (1, 16, 256)
#: Segments asked in one statement (SQLite allows 500 in a compound one).
TOGETHER = 100
#: Kept at most so long (seconds): what rules name by a word (a topic, a tag) is looked up in compiling.
KEPT_FOR = 60
#: Kept at most so many; beyond it all are made anew.
KEPT = 2000
#: Far above every id and every number that a rule may hold, so that places are found among the parameters.
FIRST_PLACE = 2**62
#: Two moments of one day, so far apart that nothing but "now, plus or minus a fixed time" moves exactly so.
APART = timedelta(hours=13, minutes=13, seconds=13, microseconds=131_313)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the contact at ``index`` goes."""

    index: int


@dataclass(frozen=True, slots=True)
class Since:
    """Where ``now + offset`` goes."""

    offset: timedelta


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL that selects those of some contacts who are in one segment, as ``id``; empty: nobody can be."""

    sql: str = ""
    params: tuple[Any, ...] = ()

    def bind(self, contact_ids: Sequence[int], now: datetime) -> list[Any]:
        last = len(contact_ids) - 1
        bound: list[Any] = []
        for one in self.params:
            if isinstance(one, Place):
                bound.append(contact_ids[min(one.index, last)])
            elif isinstance(one, Since):
                bound.append(connection.ops.adapt_datetimefield_value(now + one.offset))
            else:
                bound.append(one)
        return bound


@dataclass(frozen=True, slots=True)
class Kept:
    statement: Statement
    #: What it was made from: the segment itself and those inside it (None: not published then).
    made_from: dict[int, InForce | None]
    until: float


@dataclass
class Asked:
    """The ids of those who are in, by segment; and why a segment's rules cannot be read (any more)."""

    held: dict[int, set[int]] = field(default_factory=dict)
    broken: dict[int, InvalidRules] = field(default_factory=dict)


_kept: dict[Any, Kept] = {}


def ask(segments: Iterable[int], contact_ids: Sequence[int], moment: Moment) -> Asked:
    """Which of ``contact_ids`` are in which of ``segments``. What is not published is missing in the answer.

    One statement for what is in force and one for ``TOGETHER`` segments and ``SIZES[-1]`` contacts; more where
    something is new and has to be compiled.
    """
    asked = Asked()
    for start in range(0, len(contact_ids), SIZES[-1]):
        few = tuple(contact_ids[start : start + SIZES[-1]])
        statements = _statements(segments, moment, next(size for size in SIZES if size >= len(few)), asked)
        for pk in statements:
            asked.held.setdefault(pk, set())
        possible = [(pk, one) for pk, one in statements.items() if one.sql]
        for first in range(0, len(possible), TOGETHER):
            together = possible[first : first + TOGETHER]
            sql = " UNION ALL ".join(f"SELECT {int(pk)}, c.id FROM ({one.sql}) AS c" for pk, one in together)  # noqa: S608
            with connection.cursor() as cursor:
                cursor.execute(sql, [value for _pk, one in together for value in one.bind(few, moment.now)])
                for pk, contact in cursor.fetchall():
                    asked.held[pk].add(contact)
    return asked


def _statements(segments: Iterable[int], moment: Moment, size: int, asked: Asked) -> dict[int, Statement]:
    context = (
        size,
        str(moment.zone),
        moment.today,
        settings.currency,
        type(get_adapter()),
        tuple(map(id, conditions)),
    )
    wanted = tuple(dict.fromkeys(segments))
    known = {pk: _kept.get((pk, *context)) for pk in wanted}
    current = in_force({*wanted, *(inner for kept in known.values() if kept for inner in kept.made_from)})
    statements = {}
    for pk in wanted:
        kept = known[pk]
        if pk not in current:
            continue
        if (
            kept
            and kept.until > time.monotonic()
            and all(current.get(one) == was for one, was in kept.made_from.items())
        ):
            statements[pk] = kept.statement
            continue
        try:
            statements[pk] = _compile(current[pk], moment, size, (pk, *context))
        except InvalidRules as error:
            asked.broken[pk] = error
    return statements


def _compile(found: InForce, moment: Moment, size: int, key: Any) -> Statement:
    """The statement of a segment, kept where its params follow the moment in the way that we know."""
    early = Moment(moment.midnight(moment.today) + timedelta(hours=1), moment.zone)
    trace = Trace({found.pk: found})
    first = _sql(found, early, size, trace)
    if trace.reusable:
        later = _sql(found, Moment(early.now + APART, moment.zone), size, Trace())
        statement = _with_places(first, later, early.now)
        if statement is not None:
            if len(_kept) >= KEPT:
                _kept.clear()
            _kept[key] = Kept(statement, trace.segments, time.monotonic() + KEPT_FOR)
            return statement
    now = _sql(found, moment, size, Trace())
    return _with_places(now, now, moment.now) or Statement()


def _sql(found: InForce, moment: Moment, size: int, trace: Trace) -> tuple[str, tuple[Any, ...]]:
    places = tuple(range(FIRST_PLACE, FIRST_PLACE + size))
    try:
        inside = people().filter(segment_q(found, Scope(moment, places, trace=trace)), pk__in=places)
        return inside.order_by().values("id").query.sql_with_params()
    except EmptyResultSet:  # Django sees that nobody can be in
        return "", ()


def _with_places(first: tuple[str, tuple], later: tuple[str, tuple], now: datetime) -> Statement | None:
    """One statement of the two that were compiled for ``now`` and ``now + APART``; None where they differ in
    anything but instants that are as far apart."""
    if first[0] != later[0] or len(first[1]) != len(later[1]):
        return None
    params: list[Any] = []
    for one, other in zip(first[1], later[1], strict=True):
        if isinstance(one, int) and one >= FIRST_PLACE:
            params.append(Place(one - FIRST_PLACE))
        elif one == other:
            params.append(one)
        else:
            before, after = _instant(one), _instant(other)
            if before is None or after is None or after - before != APART:
                return None
            params.append(Since(before - now))
    return Statement(first[0], tuple(params))


def _instant(value: Any) -> datetime | None:
    """A parameter that is an instant; SQLite has them as text."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=connection.timezone)
