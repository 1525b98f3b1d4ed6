"""The log: filled from facts, written by the rooms above, read as a timeline."""

import importlib
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from wagtail_marketing.activity import selectors, services
from wagtail_marketing.activity.models import Activity
from wagtail_marketing.contacts.models import FactRange
from wagtail_marketing.contacts.services import create_contact, record_consent, unsubscribe
from wagtail_marketing.core import tasks
from wagtail_marketing.core.errors import InvalidInput

module = importlib.import_module("wagtail_marketing.activity.services.fill")
pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def ann():
    return create_contact(source="api", email="ann@example.com")


def test_consent_is_read_into_the_log_once(ann):
    record_consent(contact=ann, channel="email", state="subscribed", strength=2, source="form", occurred_at=NOW)
    unsubscribe(contact=ann, channel="email", occurred_at=NOW + timedelta(days=1))
    assert FactRange.objects.count() == 2
    assert tasks.drains["activity"](datetime.max.replace(tzinfo=UTC)) == 2
    assert FactRange.objects.count() == 0
    assert services.fill() == 0
    rows = [(row.type, row.subject, row.data["source"]) for row in selectors.timeline(contact=ann).items]
    assert rows == [("consent.unsubscribed", "email", "one-click"), ("consent.subscribed", "email", "form")]


def test_a_range_that_is_read_twice_writes_once(ann):
    record_consent(contact=ann, channel="email", state="subscribed", strength=2, source="form")
    first = FactRange.objects.get()
    services.fill()
    FactRange.objects.create(source="consent", first_id=first.first_id, last_id=first.last_id, recorded_at=NOW)
    assert services.fill() == 0
    assert Activity.objects.count() == 1


def test_a_kill_between_writing_and_settling_loses_nothing(ann, monkeypatch):
    record_consent(contact=ann, channel="email", state="subscribed", strength=2, source="form")
    real = module.sources["consent"]

    def killed(ranges):
        real(ranges)
        raise KeyboardInterrupt

    monkeypatch.setitem(module.sources._items, "consent", killed)
    with pytest.raises(KeyboardInterrupt):
        services.fill()
    assert (Activity.objects.count(), FactRange.objects.count()) == (0, 1)
    monkeypatch.setitem(module.sources._items, "consent", real)
    assert services.fill() == 1


def test_filling_stops_when_the_time_is_up(ann):
    record_consent(contact=ann, channel="email", state="subscribed", strength=2, source="form")
    assert services.fill(NOW) == 0
    assert FactRange.objects.count() == 1


def test_recording_with_one_key_writes_once(ann):
    for _time in range(2):
        services.record(contact=ann, type="email.sent", occurred_at=NOW, dedupe="message:1:sent", subject="x" * 300)
    assert [len(row.subject) for row in Activity.objects.all()] == [255]


def test_notes(ann):
    services.record_note(contact=ann, text=" Called back\nand was happy ", user_id="7")
    row = Activity.objects.get()
    assert (row.type, row.subject, row.data, row.user_id) == (
        "note.added",
        "Called back",
        {"text": "Called back\nand was happy"},
        "7",
    )
    for text in ("  ", "x" * 5001):
        with pytest.raises(InvalidInput):
            services.record_note(contact=ann, text=text, user_id="7")
    assert Activity.objects.count() == 1


def test_the_timeline_goes_by_pages_and_hides_machines(ann, django_assert_num_queries):
    services.record_many(
        happenings=[
            services.Happening(ann.pk, "email.opened" if number % 2 else "order.placed", NOW, f"k{number}")
            for number in range(7)
        ]
    )
    services.record(contact=ann, type="email.opened", occurred_at=NOW, dedupe="m", machine=True)
    with django_assert_num_queries(1):
        first = selectors.timeline(contact=ann, size=3)
    second = selectors.timeline(contact=ann, size=3, page=first.next)
    third = selectors.timeline(contact=ann, size=3, page=second.next)
    assert [row.dedupe for row in (*first.items, *second.items, *third.items)] == [f"k{n}" for n in range(6, -1, -1)]
    assert third.next == ""
    assert [row.dedupe for row in selectors.timeline(contact=ann, types=["order"]).items] == ["k6", "k4", "k2", "k0"]
    assert len(selectors.timeline(contact=ann, types=["email.opened"], machine=True).items) == 4
    assert len(selectors.timeline(contact=ann, page="nonsense").items) == 7


def test_the_timeline_is_read_by_its_index(ann):
    if connection.vendor != "sqlite":
        pytest.skip("a small table is scanned")
    query = Activity.objects.filter(contact=ann).order_by("-occurred_at", "-pk")[:50]
    assert "wm_activity_timeline" in query.explain()
