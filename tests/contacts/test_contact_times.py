"""When a person may be written to, by their own clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_marketing.contacts.engine.contact_times import next_within, within

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)  # 21:00 in Tokyo, 13:00 in Berlin


@pytest.mark.parametrize(
    ("zone", "start", "end", "expected"),
    [
        (TOKYO, None, None, True),
        (TOKYO, time(18), time(20), False),
        (TOKYO, time(18), time(22), True),
        (BERLIN, time(13), time(14), True),
        (BERLIN, time(12), time(13), False),
        (BERLIN, time(22), time(14), True),
        (BERLIN, time(22), time(8), False),
        (BERLIN, time(8), time(8), True),
    ],
)
def test_hours(zone, start, end, expected):
    assert within(NOON, zone, start, end) is expected


def test_the_next_moment_is_tomorrow_where_todays_is_over():
    assert next_within(NOON, TOKYO, time(18), time(20)) == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert next_within(NOON, BERLIN, time(18), time(20)) == datetime(2026, 3, 1, 17, tzinfo=UTC)


hours = st.none() | st.times(timezones=st.none()).map(lambda found: found.replace(minute=0, second=0, microsecond=0))


@given(
    st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    hours,
    hours,
)
def test_the_next_moment_lies_within_and_is_at_most_a_day_or_so_away(at, name, start, end):
    found = next_within(at, ZoneInfo(name), start, end)
    assert at <= found <= at + timedelta(hours=26)
    if end is None or start is None or abs(start.hour - end.hour) > 1:
        assert within(found, ZoneInfo(name), start, end)
    if within(at, ZoneInfo(name), start, end):
        assert found == at
