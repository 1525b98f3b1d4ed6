"""SQL and a naive implementation agree on random worlds, computed at once and bit by bit."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from wagtail_marketing.commerce.models import Order
from wagtail_marketing.insights import services
from wagtail_marketing.insights.models import Attribution, AttributionCursor
from wagtail_marketing.messaging.models import EventType, MessageEvent

from . import builders as b
from .naive import Click, Placed, last_touch

pytestmark = pytest.mark.django_db

WINDOW = timedelta(days=5)
#: Whole half days, so that equal times and both ends of the window come up often.
times = st.integers(min_value=0, max_value=24).map(lambda steps: b.T0 + timedelta(hours=12 * steps))
people = st.integers(min_value=0, max_value=2)
some_campaigns = st.integers(min_value=0, max_value=2)

worlds = st.fixed_dictionaries(
    {
        "launched": st.lists(st.none() | times, min_size=3, max_size=3),
        "links": st.sets(st.tuples(some_campaigns, st.integers(0, 1), st.booleans()), max_size=4),
        "clicks": st.lists(
            st.tuples(people, some_campaigns, times, st.booleans(), st.sampled_from(["click", "click", "open"])),
            max_size=8,
        ),
        "orders": st.lists(
            st.tuples(
                st.none() | people,
                times,
                st.integers(1, 999),
                st.booleans(),
                st.sets(st.integers(0, 3), max_size=2),
                st.booleans(),
            ),
            max_size=6,
        ),
    }
)


class Rollback(Exception):
    pass


def build(world):
    """The world in the database, and as plain values."""
    people = [b.contact() for _number in range(3)]
    campaigns = [b.campaign(f"c{n}", at) for n, at in enumerate(world["launched"])]
    messages = {}
    codes = []
    for number in range(2):
        first = b.discount_with_code(f"D{number}A")
        codes += [first, b.another_code(first, f"D{number}B")]
    carries = {campaign.pk: set() for campaign in campaigns}
    for campaign, discount, only in sorted(world["links"]):
        carries[campaigns[campaign].pk] |= {2 * discount} if only else {2 * discount, 2 * discount + 1}
        b.attach(campaigns[campaign], codes[2 * discount], only_this_code=only)
    clicks = []
    for person, campaign, at, machine, kind in world["clicks"]:
        key = (person, campaign)
        if key not in messages:
            messages[key] = b.message(campaigns[campaign], people[person])
        event = b.event(messages[key], at, kind=kind, machine=machine)
        counted = kind == EventType.CLICK and not machine
        clicks.append(Click(event.pk, person, campaigns[campaign].pk, messages[key].pk, at, counted))
    orders = []
    for person, at, total, refund, used, cancelled in world["orders"]:
        refunded = total // 2 if refund else 0
        row = b.order(
            None if person is None else people[person], at, total, refunded, cancelled_at=at if cancelled else None
        )
        # A discount stands on an order once; the redemption names the code.
        by_discount = {code // 2: code for code in sorted(used)}
        for code in by_discount.values():
            b.redeem(row, codes[code])
        orders.append(Placed(row.pk, person, at, total, refunded, cancelled, tuple(by_discount.values())))
    launched = {campaign.pk: campaign.state.launched_at for campaign in campaigns}
    return orders, clicks, launched, carries


def stored() -> dict:
    return {
        row.order_id: (int(row.campaign_ref.partition(":")[2]), row.via, row.message_id, row.amount_base)
        for row in Attribution.objects.all()
    }


@settings(max_examples=60)
@given(worlds)
def test_sql_and_the_naive_rule_agree(world):
    try:
        with transaction.atomic():
            orders, clicks, launched, carries = build(world)
            services.rebuild_attribution(now=b.T0 + timedelta(days=30))
            assert stored() == last_touch(orders, clicks, launched, carries, WINDOW)
            raise Rollback
    except Rollback:
        pass


@settings(max_examples=40)
@given(worlds, st.integers(0, 24))
def test_bit_by_bit_comes_to_the_same(world, half_days):
    """A first run sees the facts up to a moment, a second one what was committed since."""
    seam = b.T0 + timedelta(hours=12 * half_days)
    try:
        with transaction.atomic():
            orders, clicks, launched, carries = build(world)
            late_orders = list(Order.objects.filter(placed_at__gt=seam))
            late_events = list(MessageEvent.objects.filter(occurred_at__gt=seam))
            Order.objects.filter(pk__in=[row.pk for row in late_orders]).delete()
            MessageEvent.objects.filter(pk__in=[row.pk for row in late_events]).delete()
            services.update_attribution(now=seam)
            Order.objects.bulk_create(late_orders)
            MessageEvent.objects.bulk_create(late_events)
            services.update_attribution(now=b.T0 + timedelta(days=30))
            assert stored() == last_touch(orders, clicks, launched, carries, WINDOW)
            assert AttributionCursor.objects.get().seen_until == b.T0 + timedelta(days=30)
            raise Rollback
    except Rollback:
        pass
