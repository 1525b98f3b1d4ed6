"""Two looks at one segment at once, on PostgreSQL: SQLite lets one writer in at a time."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from tests.segments.shop import count_totals, order, person
from tests.segments.test_recheck import BUYERS, inside
from wagtail_marketing.commerce.models import Order
from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import ContactChange
from wagtail_marketing.core import clock
from wagtail_marketing.segments import recheck, services

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def in_thread(work):
    errors = []

    def run():
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


def cancelled_while_the_order_is_judged(monkeypatch) -> set:
    """An order is judged, and before that is written it is cancelled and judged again: who is in at the end?"""
    ann = person("ann")
    buyers = services.create_segment(name="buyers", rules=BUYERS)
    services.refresh_segment(segment=buyers)
    ContactChange.objects.all().delete()
    order(ann, "1", ("A", 100), placed_at=clock.now() - timedelta(days=1))
    count_totals()
    facts.touch("orders", [ann.pk])
    judged, go_on = threading.Event(), threading.Event()
    real, first = recheck._write, [True]

    def slow(*args):
        if first:
            first.clear()
            judged.set()
            go_on.wait(5)
        return real(*args)

    monkeypatch.setattr(recheck, "_write", slow)
    one, errors = in_thread(recheck.recheck)
    assert judged.wait(5)
    with transaction.atomic():
        Order.objects.update(cancelled_at=clock.now())
        count_totals()
        facts.touch("orders", [ann.pk])
    two, more = in_thread(recheck.recheck)
    # Long enough for the second to have written, unless it waits for the first.
    two.join(0.7)
    go_on.set()
    one.join(10)
    two.join(10)
    assert errors + more == []
    assert ContactChange.objects.count() == 0
    return inside(buyers)


def test_the_later_look_is_written_last(monkeypatch):
    assert cancelled_while_the_order_is_judged(monkeypatch) == set()


def test_without_the_lock_the_earlier_answer_stays(monkeypatch):
    monkeypatch.setattr(recheck, "_lock_segments", False)
    assert cancelled_while_the_order_is_judged(monkeypatch) == {"ann"}


def test_workers_share_the_queue():
    crowd = [person(f"c{number}") for number in range(40)]
    buyers = services.create_segment(name="buyers", rules=BUYERS)
    services.refresh_segment(segment=buyers)
    ContactChange.objects.all().delete()
    for number, one in enumerate(crowd):
        order(one, str(number), ("A", 100), placed_at=clock.now() - timedelta(days=1))
        facts.touch("orders", [one.pk])
    count_totals()
    threads = [in_thread(recheck.recheck) for _number in range(4)]
    for thread, _errors in threads:
        thread.join(20)
    assert [error for _thread, errors in threads for error in errors] == []
    assert len(inside(buyers)) == 40
    assert ContactChange.objects.count() == 0
