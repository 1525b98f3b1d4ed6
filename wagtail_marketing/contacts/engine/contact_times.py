"""When a person may be written to, by their own clock. Pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def within(at: datetime, zone: ZoneInfo, start: time | None, end: time | None) -> bool:
    """Whether ``at`` (aware) lies in the hours from ``start`` until ``end`` (exclusive); over midnight where
    ``end`` comes first. Without both, any time."""
    if start is None or end is None or start == end:
        return True
    here = at.astimezone(zone).time()
    return start <= here < end if start < end else here >= start or here < end


def next_within(at: datetime, zone: ZoneInfo, start: time | None, end: time | None) -> datetime:
    """``at``, or the first moment after it that lies within; aware, in the zone of ``at``."""
    if start is None or within(at, zone, start, end):
        return at
    here = at.astimezone(zone)
    first = here.replace(hour=start.hour, minute=start.minute, second=0, microsecond=0)
    if first < here:
        first = (here.replace(tzinfo=None) + timedelta(days=1)).replace(
            hour=start.hour, minute=start.minute, second=0, microsecond=0, tzinfo=zone
        )
    # An hour that a change of clocks leaves out begins when it is over.
    return first.astimezone(at.tzinfo)
