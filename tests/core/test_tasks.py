import logging

import pytest

from wagtail_marketing.core import clock, tasks
from wagtail_marketing.core.registry import Registry


@pytest.fixture
def drains(monkeypatch):
    registry = Registry("drains")
    monkeypatch.setattr(tasks, "drains", registry)
    return registry


def test_one_failing_drain_stops_no_other(drains, caplog):
    def fails(until):
        raise RuntimeError("no")

    drains.register("bad", fails)
    drains.register("good", lambda until: 3)
    with caplog.at_level(logging.ERROR):
        assert tasks.drain_due() == {"bad": 0, "good": 3}
    assert "The drain “bad” failed" in caplog.text


def test_draining_goes_on_until_a_round_does_nothing(drains):
    left = [2, 1, 0, 5]
    drains.register("work", lambda until: left.pop(0))
    assert tasks.drain_until_idle() == {"work": 3}
    assert left == [5]


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_is_queued_on_commit_with_ids_only(monkeypatch):
    from django.db import transaction

    queued = []
    monkeypatch.setattr("django_q.tasks.async_task", lambda path, *ids, **options: queued.append((path, ids)))
    with transaction.atomic():
        tasks.enqueue("a.b", 1)
        assert queued == []
    assert queued == [("a.b", (1,))]


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_loses_a_wake_up_and_breaks_nothing(monkeypatch, caplog):
    def down(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr("django_q.tasks.async_task", down)
    with caplog.at_level(logging.ERROR):
        tasks.wake()
    assert "The queue did not take wagtail_marketing.core.tasks.drain_due" in caplog.text


@pytest.mark.django_db
def test_the_database_clock_is_aware_and_close_to_ours():
    assert abs((clock.database_now() - clock.now()).total_seconds()) < 5
