"""``within``: the last days, or from (inclusive) until (exclusive)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.registry import Moment

from . import values


def passed(column: str, ages: Iterable[timedelta], since: Moment, moment: Moment) -> Q | None:
    """Instants of ``column`` that came to one of ``ages`` between the two moments; ``None`` without an age.

    Those that lay in the future then and do not now are among them. Both ends count, whichever side of a
    comparison is open.
    """
    found = None
    for age in {*ages}:
        reached = Q(**{f"{column}__gte": since.now - age, f"{column}__lte": moment.now - age})
        found = reached if found is None else found | reached
    return found and found | Q(**{f"{column}__gte": since.now, f"{column}__lte": moment.now})


@dataclass(frozen=True, slots=True)
class Period:
    """``start <= time < end``; with ``last`` it is the time that has passed until the moment of judging."""

    last: timedelta | None = None
    start: datetime | None = None
    end: datetime | None = None

    def bounds(self, moment: Moment) -> tuple[datetime | None, datetime | None, bool]:
        """Start (inclusive), end, and whether the end is inclusive (``last_days`` ends now)."""
        if self.last is not None:
            return moment.now - self.last, moment.now, True
        return self.start, self.end, False

    def lookups(self, column: str, moment: Moment) -> dict[str, datetime]:
        """Filters on an instant column."""
        start, end, inclusive = self.bounds(moment)
        found = {f"{column}__gte": start, f"{column}__{'lte' if inclusive else 'lt'}": end}
        return {lookup: value for lookup, value in found.items() if value is not None}

    def contains(self, time: datetime, moment: Moment) -> bool:
        start, end, inclusive = self.bounds(moment)
        if start is not None and time < start:
            return False
        return end is None or time < end or (inclusive and time == end)

    def text(self) -> str:
        """Such as "in the last 90 days", "from 1 Oct until before 1 Jan"."""
        if self.last is not None:
            days = self.last.total_seconds() / 86400
            return ngettext("in the last day", "in the last %(days)g days", 1 if days == 1 else 2) % {"days": days}
        if self.start and self.end:
            return _("from %(start)s until before %(end)s") % {"start": _day(self.start), "end": _day(self.end)}
        if self.start:
            return _("since %(start)s") % {"start": _day(self.start)}
        return _("before %(end)s") % {"end": _day(self.end)}


def _day(instant: datetime | None) -> str:
    return (
        date_format(instant, "SHORT_DATE_FORMAT")
        if instant.time().isoformat() == "00:00:00"
        else date_format(instant, "SHORT_DATETIME_FORMAT")
    )


def read_period(raw: Any, path: str, moment: Moment) -> Period:
    """``{"last_days": 90}`` or ``{"from": ..., "to": ...}`` (either may be left out)."""
    reader = values.Reader(raw, path)
    last = reader.get("last_days", values.days)
    start = reader.get("from", values.instant(moment))
    end = reader.get("to", values.instant(moment))
    reader.finish()
    if last is not None and (start or end):
        raise InvalidRules(
            _("A period is either the last days or two dates."), path=path, remedy=_("Remove one of them.")
        )
    if start and end and start >= end:
        raise InvalidRules(
            _("The period ends before it begins."), path=reader.at("to"), remedy=_("Exchange the dates.")
        )
    # The dates are shown in the zone in which they were meant.
    return Period(last, start and start.astimezone(moment.zone), end and end.astimezone(moment.zone))
