from datetime import timedelta

import pytest
from django.core.management import call_command
from django_q.models import Schedule

from wagtail_marketing.core import clock, tasks
from wagtail_marketing.core.heartbeat import FUNCTION, NAME, ensure_tick
from wagtail_marketing.core.registry import Registry

pytestmark = pytest.mark.django_db


def test_migrate_made_one_tick():
    row = Schedule.objects.get(name=NAME)
    assert (row.func, row.schedule_type, row.minutes, row.repeats) == (FUNCTION, "I", 1, -1)
    assert (row.args, row.kwargs, row.hook) == (None, None, None)


def test_again_changes_nothing():
    row = Schedule.objects.get(name=NAME)
    assert ensure_tick() is False
    assert Schedule.objects.get(name=NAME).next_run == row.next_run


def test_a_broken_or_doubled_row_is_mended():
    Schedule.objects.filter(name=NAME).update(args="not a literal (", minutes=7)
    Schedule.objects.create(name=NAME, func=FUNCTION)
    assert ensure_tick() is True
    row = Schedule.objects.get(name=NAME)
    assert (row.args, row.minutes, row.schedule_type) == (None, 1, "I")


@pytest.fixture
def drains(monkeypatch):
    registry = Registry("drains of a test")
    monkeypatch.setattr(tasks, "drains", registry)
    return registry


def test_drains_share_the_time(drains):
    ends = []
    for name in "abc":
        drains.register(name, lambda until: ends.append(until) or 0)
    start = clock.now()
    tasks.drain_due(start + timedelta(seconds=30))
    shares = [(end - start).total_seconds() for end in ends]
    # Nobody used any time: a third, then half, then all of it.
    assert [round(share) for share in shares] == [10, 15, 30]


def test_one_that_fails_stops_no_other(drains, caplog):
    def fail(until):
        raise RuntimeError("no")

    drains.register("bad", fail)
    drains.register("good", lambda until: 2)
    assert tasks.drain_due() == {"bad": 0, "good": 2}
    assert "bad" in caplog.text


def test_the_command_drains_until_idle(drains, capsys):
    left = [3, 2, 0]
    drains.register("post", lambda until: left.pop(0))
    drains.register("idle", lambda until: 0)
    call_command("run_marketing", "--once")
    assert capsys.readouterr().out == "post: 5\n"
    assert left == []


def test_forever_ends_in_time_and_says_what_it_did(drains, capsys):
    left = [1]
    drains.register("post", lambda until: left.pop() if left else 0)
    call_command("run_marketing", "--forever", "--seconds", "0.5", "--poll", "0.1", "--json")
    assert '"done": {"post": 1}' in capsys.readouterr().out
