"""The operators: which type has which, what they mean in memory, and their words.

An unset value (None) fails every comparison; only ``is_not`` and ``is_not_set`` hold for it.
"""

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

IS, IS_NOT, IN = "is", "is_not", "in"
CONTAINS, STARTS_WITH = "contains", "starts_with"
GT, GTE, LT, LTE, BETWEEN = ">", ">=", "<", "<=", "between"
IS_SET, IS_NOT_SET = "is_set", "is_not_set"
ANNIVERSARY = "anniversary_within_days"

ORDERED = (GTE, GT, LTE, LT, BETWEEN)
SET = (IS_SET, IS_NOT_SET)

#: type of a field -> its operators, the most used first
OPERATORS: dict[str, tuple[str, ...]] = {
    "text": (IS, IS_NOT, IN, CONTAINS, STARTS_WITH, *SET),
    "choice": (IS, IS_NOT, IN, *SET, CONTAINS, STARTS_WITH),
    "number": (*ORDERED, IS, IS_NOT, IN, *SET),
    "date": (*ORDERED, IS, IS_NOT, ANNIVERSARY, *SET),
    "datetime": (*ORDERED, ANNIVERSARY, *SET),
    "boolean": (IS, IS_NOT, *SET),
    "tag": (IS, IS_NOT, IN, *SET),
    "amount": (*ORDERED, IS, IS_NOT),
    "days": ORDERED,
}

WORDS: dict[str, Any] = {
    IS: _("is"),
    IS_NOT: _("is not"),
    IN: _("is one of"),
    CONTAINS: _("contains"),
    STARTS_WITH: _("starts with"),
    GT: _("more than"),
    GTE: _("at least"),
    LT: _("less than"),
    LTE: _("at most"),
    BETWEEN: _("between"),
    IS_SET: _("is known"),
    IS_NOT_SET: _("is not known"),
    ANNIVERSARY: _("has its day in the next … days"),
}
DATE_WORDS: dict[str, Any] = {GT: _("after"), GTE: _("on or after"), LT: _("before"), LTE: _("on or before")}


def words(op: str, kind: str) -> str:
    """The operator in words, for a field of this type."""
    found = DATE_WORDS.get(op, WORDS[op]) if kind in ("date", "datetime") else WORDS[op]
    return str(found)


def holds(op: str, actual: Any, value: Any) -> bool:
    """Whether ``actual op value``; ``actual`` None is unset. Anniversaries: see ``in_window``."""
    if actual is None:
        return op in (IS_NOT, IS_NOT_SET)
    match op:
        case "is":
            return actual == value
        case "is_not":
            return actual != value
        case "in":
            return actual in value
        case "contains":
            return value in actual
        case "starts_with":
            return actual.startswith(value)
        case ">":
            return actual > value
        case ">=":
            return actual >= value
        case "<":
            return actual < value
        case "<=":
            return actual <= value
        case "between":
            return value[0] <= actual <= value[1]
        case "is_set":
            return True
        case "is_not_set":
            return False
    raise ValueError(op)


def age_on(birthday: date, today: date) -> int:
    """Completed years; somebody born on 29 February is a year older on 1 March in other years."""
    return today.year - birthday.year - ((today.month, today.day) < (birthday.month, birthday.day))


def born_until(age: int, today: date) -> date | None:
    """The latest birthday of somebody who is at least ``age`` on ``today`` (None: nobody can be)."""
    year = today.year - age
    if year < 1:
        return None
    try:
        return today.replace(year=year)
    except ValueError:  # 29 February, in a year without one
        return date(year, 2, 28)


def anniversary_days(today: date, within: int) -> tuple[list[tuple[int, int]], bool]:
    """Ranges of ``month * 100 + day`` whose anniversary falls on ``today`` or the ``within`` days after it.

    The second value says that 29 February counts too: its anniversary is 1 March in other years, as in
    ``age_on``.
    """
    if within >= 365:
        return [(101, 1231)], True
    last = today + timedelta(days=within)
    start, end = today.month * 100 + today.day, last.month * 100 + last.day
    ranges = [(start, end)] if last.year == today.year else [(start, 1231), (101, end)]
    leap = any(low <= 229 <= high for low, high in ranges)
    march = (date(year, 3, 1) for year in {today.year, last.year})
    return ranges, leap or any(today <= first <= last for first in march if not _leap(first.year))


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def in_window(day: date, today: date, within: int) -> bool:
    """Whether the anniversary of ``day`` is today or in the next ``within`` days."""
    for year in (today.year, today.year + 1):
        try:
            anniversary = day.replace(year=year)
        except ValueError:
            anniversary = date(year, 3, 1)
        if today <= anniversary <= today + timedelta(days=within):
            return True
    return within >= 365
