"""Operators as SQL on one column: always true or false, never NULL, so that groups may negate them."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Expression, F, Q
from django.db.models.functions import ExtractDay, ExtractMonth
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThanOrEqual

from wagtail_marketing.segments.engine import operators
from wagtail_marketing.segments.registry import Moment

LOOKUPS = {
    operators.IS: "exact",
    operators.IN: "in",
    operators.GT: "gt",
    operators.GTE: "gte",
    operators.LT: "lt",
    operators.LTE: "lte",
    operators.CONTAINS: "contains",
    operators.STARTS_WITH: "startswith",
}
#: For codes that are ASCII but may be stored in either case (language tags, zones).
CASELESS = {"exact": "iexact", "contains": "icontains", "startswith": "istartswith"}


def column_q(path: str, op: str, value: Any, *, known: Q, caseless: bool = False) -> Q:
    """``path op value``; ``known`` says that the column is set (texts: not empty, others: not NULL)."""
    if op == operators.IS_SET:
        return known
    if op == operators.IS_NOT_SET:
        return ~known
    if op == operators.IS_NOT:
        return ~column_q(path, operators.IS, value, known=known, caseless=caseless)
    if op == operators.BETWEEN:
        return known & Q(**{f"{path}__gte": value[0], f"{path}__lte": value[1]})
    lookup = LOOKUPS[op]
    if not caseless:
        return known & Q(**{f"{path}__{lookup}": value})
    if op == operators.IN:
        anyone = Q()
        for item in value:
            anyone |= Q(**{f"{path}__iexact": item})
        return known & anyone
    return known & Q(**{f"{path}__{CASELESS[lookup]}": value})


def anniversary_q(path: str, moment: Moment, within: int, *, known: Q, instant: bool = False) -> Q:
    """The anniversary of ``path`` falls on today or the next ``within`` days, by the shop's calendar."""
    zone = {"tzinfo": moment.zone} if instant else {}
    number: Expression = ExtractMonth(F(path), **zone) * 100 + ExtractDay(F(path), **zone)
    ranges, leap_day = operators.anniversary_days(moment.today, within)
    found = Q(Exact(number, 229)) if leap_day else Q()
    for low, high in ranges:
        found |= Q(GreaterThanOrEqual(number, low)) & Q(LessThanOrEqual(number, high))
    return known & found


def turned_q(path: str, since: Moment, moment: Moment, within: int, *, known: Q, instant: bool = False) -> Q | None:
    """Whose anniversary came into or went out of "the next ``within`` days" as the days passed.

    ``None`` on the same day: nobody's. Ages turn as "today" (``within`` 0) does.
    """
    passed = (moment.today - since.today).days
    if passed <= 0:
        return None
    later = Moment(since.midnight(since.today + timedelta(days=within)), since.zone)
    gone = anniversary_q(path, Moment(since.midnight(since.today), since.zone), passed, known=known, instant=instant)
    return gone | anniversary_q(path, later, passed, known=known, instant=instant)


def age_q(path: str, op: str, value: Any, today: date) -> Q:
    """An age in completed years, as a comparison of the birthday, so that an index can answer."""
    known = Q(**{f"{path}__isnull": False})

    def at_least(age: int) -> Q:
        born = operators.born_until(age, today)
        return Q(pk__in=()) if born is None else known & Q(**{f"{path}__lte": born})

    match op:
        case operators.IS_SET:
            return known
        case operators.IS_NOT_SET:
            return ~known
        case operators.GTE:
            return at_least(value)
        case operators.GT:
            return at_least(value + 1)
        case operators.LT:
            return known & ~at_least(value)
        case operators.LTE:
            return known & ~at_least(value + 1)
        case operators.BETWEEN:
            return at_least(value[0]) & ~at_least(value[1] + 1)
        case operators.IN:
            found = Q(pk__in=())
            for age in value:
                found |= age_q(path, operators.IS, age, today)
            return found
        case operators.IS:
            return at_least(value) & ~at_least(value + 1)
        case operators.IS_NOT:
            return ~age_q(path, operators.IS, value, today)
    raise ValueError(op)
