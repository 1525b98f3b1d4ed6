"""The last touch, case by case, against figures that were worked out by hand."""

from datetime import timedelta

import pytest

from wagtail_marketing.insights import services
from wagtail_marketing.insights.models import Attribution, AttributionCursor
from wagtail_marketing.messaging.models import EventType

from . import builders as b

pytestmark = pytest.mark.django_db

WINDOW = timedelta(days=5)
NOW = b.T0 + timedelta(days=1)


def credits() -> list[tuple]:
    """Every credit as (order ref, campaign, via, amount)."""
    return list(
        Attribution.objects.order_by("order__ref").values_list("order__ref", "campaign_ref", "via", "amount_base")
    )


def update() -> int:
    return services.update_attribution(now=NOW)


def test_the_last_of_two_campaigns_clicked_has_the_whole_credit():
    first, second, person = b.campaign("first"), b.campaign("second"), b.contact()
    b.event(b.message(first, person), b.T0 - timedelta(days=2))
    last = b.message(second, person)
    clicked = b.event(last, b.T0 - timedelta(days=1))
    bought = b.order(person, total=5000)
    assert update() == 1
    assert credits() == [(bought.ref, second.ref, "click", 5000)]
    row = Attribution.objects.get()
    assert (row.message, row.touched_at, row.model) == (last, clicked.occurred_at, "last_touch")


def test_a_click_after_the_order_earns_nothing():
    person = b.contact()
    b.event(b.message(b.campaign(), person), b.T0 + timedelta(seconds=1))
    b.order(person)
    assert update() == 0
    assert credits() == []


@pytest.mark.parametrize(
    ("before", "credited"),
    [
        (timedelta(0), True),
        (WINDOW, True),
        (WINDOW + timedelta(microseconds=1), False),
        (WINDOW - timedelta(microseconds=1), True),
    ],
)
def test_both_ends_of_the_window_are_inside(before, credited):
    spring, person = b.campaign(), b.contact()
    b.event(b.message(spring, person), b.T0 - before)
    bought = b.order(person)
    update()
    assert credits() == ([(bought.ref, spring.ref, "click", 1000)] if credited else [])


def test_the_window_is_a_setting(settings):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "ATTRIBUTION_WINDOW_DAYS": 1}
    person = b.contact()
    b.event(b.message(b.campaign(), person), b.T0 - timedelta(days=2))
    b.order(person)
    assert update() == 0


def test_a_machines_click_and_an_open_earn_nothing():
    person = b.contact()
    mail = b.message(b.campaign(), person)
    b.event(mail, b.T0 - timedelta(hours=1), machine=True)
    b.event(mail, b.T0 - timedelta(hours=1), kind=EventType.OPEN)
    b.order(person)
    assert update() == 0


def test_a_click_in_a_transactional_mail_earns_nothing():
    spring, person = b.campaign(), b.contact()
    b.event(b.message(spring, person, b.send(spring, "transactional")), b.T0 - timedelta(hours=1))
    b.order(person)
    assert update() == 0


def test_somebody_elses_click_earns_nothing_and_a_guest_without_a_contact_has_none():
    b.event(b.message(b.campaign(), b.contact()), b.T0 - timedelta(hours=1))
    b.order(b.contact())
    b.order(None)
    assert update() == 0


def test_refunds_are_taken_off_and_a_fully_refunded_order_still_counts():
    spring, person = b.campaign(), b.contact()
    b.event(b.message(spring, person), b.T0 - timedelta(hours=1))
    part = b.order(person, total=5000, refunded=1500)
    whole = b.order(person, total=2000, refunded=2000)
    update()
    assert credits() == sorted([(part.ref, spring.ref, "click", 3500), (whole.ref, spring.ref, "click", 0)])


def test_a_later_refund_changes_the_amount_and_a_later_cancellation_takes_the_credit_away():
    spring, person = b.campaign(), b.contact()
    b.event(b.message(spring, person), b.T0 - timedelta(hours=1))
    bought = b.order(person, total=5000)
    update()
    type(bought).objects.filter(pk=bought.pk).update(refunded_base=1000, updated_at=NOW)
    assert services.update_attribution(now=NOW + timedelta(hours=1)) == 1
    assert credits() == [(bought.ref, spring.ref, "click", 4000)]
    type(bought).objects.filter(pk=bought.pk).update(cancelled_at=NOW, updated_at=NOW + timedelta(hours=2))
    assert services.update_attribution(now=NOW + timedelta(hours=2)) == 1
    assert credits() == []


def test_a_code_without_a_click_earns_the_credit_even_for_a_guest():
    spring, code = b.campaign(), b.discount_with_code("SPRING")
    b.attach(spring, code)
    bought = b.order(None, total=900)
    b.redeem(bought, code)
    update()
    assert credits() == [(bought.ref, spring.ref, "code", 900)]
    assert Attribution.objects.get().message is None


def test_a_code_beats_a_later_click_of_another_campaign():
    clicked, coded, person, code = b.campaign("a"), b.campaign("b"), b.contact(), b.discount_with_code("B")
    b.attach(coded, code)
    b.event(b.message(clicked, person), b.T0 - timedelta(minutes=1))
    own = b.message(coded, person)
    b.event(own, b.T0 - timedelta(days=4))
    bought = b.order(person)
    b.redeem(bought, code)
    update()
    assert credits() == [(bought.ref, coded.ref, "code", 1000)]
    row = Attribution.objects.get()
    assert (row.message, row.touched_at) == (own, bought.placed_at)


def test_a_code_of_a_campaign_that_was_not_launched_by_then_counts_for_nobody():
    late, draft = b.campaign("late", b.T0 + timedelta(seconds=1)), b.campaign("draft", None)
    code = b.discount_with_code("X")
    b.attach(late, code)
    b.attach(draft, code)
    b.redeem(b.order(b.contact()), code)
    assert update() == 0


def test_an_automatic_discount_is_no_sign_of_a_campaign():
    spring, code = b.campaign(), b.discount_with_code("X")
    b.attach(spring, code)
    b.redeem(b.order(b.contact()), None, discount=code.discount)
    assert update() == 0


def test_of_two_campaigns_with_one_code_the_one_clicked_last_has_the_credit():
    code, person = b.discount_with_code("BOTH"), b.contact()
    older, newer = b.campaign("older", b.T0 - timedelta(days=9)), b.campaign("newer", b.T0 - timedelta(days=3))
    b.attach(older, code)
    b.attach(newer, code)
    b.event(b.message(older, person), b.T0 - timedelta(days=1))
    clicked, unclicked = b.order(person), b.order(b.contact())
    b.redeem(clicked, code)
    b.redeem(unclicked, code)
    update()
    assert credits() == sorted([(clicked.ref, older.ref, "code", 1000), (unclicked.ref, newer.ref, "code", 1000)])


def test_campaigns_may_share_a_discount_under_different_codes():
    one = b.discount_with_code("ONE")
    two = b.another_code(one, "TWO")
    first, second = b.campaign("first"), b.campaign("second")
    b.attach(first, one, only_this_code=True)
    b.attach(second, two, only_this_code=True)
    with_one, with_two = b.order(b.contact()), b.order(b.contact())
    b.redeem(with_one, one)
    b.redeem(with_two, two)
    update()
    assert credits() == sorted([(with_one.ref, first.ref, "code", 1000), (with_two.ref, second.ref, "code", 1000)])


def test_running_again_changes_nothing():
    person = b.contact()
    b.event(b.message(b.campaign(), person), b.T0 - timedelta(hours=1))
    b.order(person)
    assert update() == 1
    before = Attribution.objects.values().get()
    assert update() == 0
    assert services.rebuild_attribution(now=NOW) == 0
    assert Attribution.objects.values().get() == before


def test_a_click_that_arrives_late_is_accounted_for():
    spring, person = b.campaign(), b.contact()
    mail, bought = b.message(spring, person), b.order(person)
    assert update() == 0
    # The buffer wrote it a little after the run that should have seen it.
    later = b.T0 + timedelta(days=2)
    b.event(mail, NOW - timedelta(minutes=5))
    second = b.order(person, at=NOW, updated_at=later)
    assert services.update_attribution(now=later) == 1
    assert credits() == [(second.ref, spring.ref, "click", 1000)]
    assert bought.attributions.count() == 0


def test_a_click_found_to_be_a_scanners_loses_the_credit():
    person = b.contact()
    clicked = b.event(b.message(b.campaign(), person), b.T0 - timedelta(hours=1))
    b.order(person)
    assert services.update_attribution(now=b.T0) == 1
    type(clicked).objects.filter(pk=clicked.pk).update(machine=True)
    assert services.update_attribution(now=b.T0 + timedelta(minutes=1)) == 1
    assert credits() == []


def test_attaching_a_code_to_a_campaign_counts_orders_that_were_placed_before():
    spring, code = b.campaign(), b.discount_with_code("X")
    bought = b.order(b.contact())
    b.redeem(bought, code)
    assert update() == 0
    later = NOW + timedelta(days=3)
    link = b.attach(spring, code)
    type(spring).objects.filter(pk=spring.pk).update(updated_at=later)
    assert services.update_attribution(now=later) == 1
    assert credits() == [(bought.ref, spring.ref, "code", 1000)]
    link.delete()
    type(spring).objects.filter(pk=spring.pk).update(updated_at=later + timedelta(days=1))
    assert services.update_attribution(now=later + timedelta(days=1)) == 1
    assert credits() == []


def test_the_run_reads_a_fixed_number_of_queries(django_assert_num_queries):
    spring = b.campaign()
    for _number in range(5):
        person = b.contact()
        b.event(b.message(spring, person), b.T0 - timedelta(hours=1))
        b.order(person)
    AttributionCursor.objects.create(source="last_touch")
    # cursor, savepoints, lock, stale, upsert, cursor
    with django_assert_num_queries(9):
        assert update() == 5
