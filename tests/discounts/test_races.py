"""Many checkouts for few uses, with real connections; each guard with a twin that shows what it holds back."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.db.models import F

from wagtail_marketing.discounts import counters, services
from wagtail_marketing.discounts.errors import LimitExhausted
from wagtail_marketing.discounts.models import LimitCounter, OrderPricing, Redemption

from .conftest import NOW, cart

CHECKOUTS = 50
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time: set DATABASE_URL"),
]


def storm(checkout, times=CHECKOUTS):
    """Run ``checkout(n)`` ``times`` times at once; returns what each gave back, or the error it raised."""
    answers = [None] * times
    gate = threading.Barrier(times)

    def one(number):
        try:
            gate.wait(timeout=60)
            answers[number] = checkout(number)
        except Exception as error:
            answers[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return answers


def check_out(number, **who):
    with transaction.atomic():
        return services.commit(order_ref=f"order-{number}", cart=cart((1, "100.00")), codes=["SAVE"], now=NOW, **who)


@pytest.mark.parametrize("limit", [1, 10])
def test_a_code_is_redeemed_exactly_as_often_as_it_may(live_discount, limit):
    live_discount(code_limits={"total": limit})
    answers = storm(check_out)
    sold = [answer for answer in answers if not isinstance(answer, Exception)]
    refused = [answer for answer in answers if isinstance(answer, LimitExhausted)]
    assert (len(sold), len(refused)) == (limit, CHECKOUTS - limit)
    assert {answer.total for answer in sold} == {9000}
    assert {answer.evaluation.total for answer in refused} == {10000}
    assert Redemption.objects.count() == OrderPricing.objects.count() == limit
    assert LimitCounter.objects.get().used == limit


def test_without_the_guard_the_limit_is_overshot(live_discount, monkeypatch):
    """The twin: read, decide, write. Everybody reads the same last use."""
    live_discount(code_limits={"total": 1})
    everybody = threading.Barrier(10)

    def read_decide_write(counter_id, maximum):
        free = LimitCounter.objects.get(pk=counter_id).used < maximum
        everybody.wait(timeout=30)
        if free:
            LimitCounter.objects.filter(pk=counter_id).update(used=F("used") + 1)
        return free

    check_out("first")  # makes the counter, so that nobody waits for its insert
    LimitCounter.objects.update(used=0)
    monkeypatch.setattr(counters, "_count", read_decide_write)
    answers = storm(check_out, times=10)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert LimitCounter.objects.get().used == 10


def test_one_person_in_many_tabs_redeems_once(live_discount):
    live_discount(limits={"per_contact": 1, "total": 30}, code_limits={"total": 20, "per_contact": 2})
    answers = storm(lambda number: check_out(number, email="ann@example.com"), times=20)
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert {type(answer) for answer in answers if isinstance(answer, Exception)} == {LimitExhausted}
    assert Redemption.objects.count() == 1
    assert set(LimitCounter.objects.values_list("used", flat=True)) == {1}


def test_the_same_order_twice_at_once_counts_once(live_discount):
    live_discount(code_limits={"total": 5})
    answers = storm(lambda _number: check_out("same"), times=10)
    assert {answer.total for answer in answers} == {9000}
    assert Redemption.objects.count() == 1
    assert LimitCounter.objects.get().used == 1


def test_cancels_at_once_give_one_use_back(live_discount):
    live_discount(code_limits={"total": 5})
    check_out("a")
    check_out("b")
    assert sorted(storm(lambda _number: services.cancel(order_ref="order-a"), times=10)) == [False] * 9 + [True]
    assert LimitCounter.objects.get().used == 1
