"""Every figure of the report and the dashboard, against a world that was counted by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from wagtail_marketing.campaigns.models import CampaignCost, CampaignMessage
from wagtail_marketing.core import clock
from wagtail_marketing.insights import selectors, services
from wagtail_marketing.messaging.models import EmailTemplate, EventType, Send, SendState

from . import builders as b

pytestmark = pytest.mark.django_db

NOW = b.T0 + timedelta(days=2)
DAY = timedelta(days=1)


@pytest.fixture
def world(db):
    """12 people, of whom 10 have an address of their own; 8 sent, 1 failed, 1 unknown; 3 orders, 1 of them refunded."""
    spring = b.campaign("Spring", b.T0 - DAY)
    template = EmailTemplate(name="T", subject="S")
    template.save()
    send = b.send(spring)
    Send.objects.filter(pk=send.pk).update(audience_count=10, no_address_count=1, duplicate_count=1, template=template)
    CampaignMessage.objects.create(campaign=spring, template=template, send=send)
    people = [b.contact() for _number in range(10)]
    states = ["sent"] * 8 + ["failed", "unknown"]
    messages = [b.message(spring, person, send, state) for person, state in zip(people, states, strict=True)]
    for message in messages:
        type(message).objects.filter(pk=message.pk).update(settled_at=b.T0)
    for message in messages[:4]:
        b.event(message, b.T0, EventType.OPEN)
        b.event(message, b.T0, EventType.OPEN)
    b.event(messages[5], b.T0, EventType.OPEN, machine=True)
    for message in messages[:2]:
        b.event(message, b.T0, EventType.CLICK)
    b.event(messages[0], b.T0 + DAY, EventType.CLICK)
    b.event(messages[6], b.T0, EventType.CLICK, machine=True)
    b.event(messages[3], b.T0, EventType.UNSUBSCRIBE)
    code = b.discount_with_code("SPRING")
    b.attach(spring, code)
    first = b.order(people[0], b.T0 + timedelta(hours=1), total=5000)
    b.redeem(first, code, 1000)
    second = b.order(people[1], b.T0 + DAY, total=3000, refunded=1000)
    cancelled = b.order(people[0], b.T0 + timedelta(hours=2), total=9900, cancelled_at=b.T0 + timedelta(hours=3))
    b.redeem(cancelled, code, 1000)
    guest = b.order(None, b.T0 + DAY, total=2500)
    back = b.redeem(guest, code, 500)
    type(back).objects.filter(pk=back.pk).update(reversed_minor=100)
    b.order(people[7], b.T0, total=4000)
    CampaignCost.objects.create(
        campaign=spring, amount_minor=2500, currency="USD", incurred_on=(b.T0).date(), kind="content"
    )
    services.update_attribution(now=NOW)
    return spring, {"first": first, "second": second, "guest": guest}


def test_every_figure(world):
    spring, _orders = world
    report = selectors.campaign_report(spring)
    assert report == selectors.CampaignReport(
        currency="USD",
        audience=12,
        messages=10,
        pending=0,
        sent=8,
        delivered=8,
        failed=1,
        unknown=1,
        suppressed=0,
        cancelled=0,
        opened=4,
        clicked=2,
        unsubscribed=1,
        orders=3,
        revenue_minor=5000 + 2000 + 2500,
        discount_minor=1000 + 400,
        cost_minor=2500,
    )
    assert (report.revenue, report.discount, report.cost) == (Decimal("95.00"), Decimal("14.00"), Decimal("25.00"))
    assert report.roi == Decimal("2.8")
    assert (report.open_rate, report.click_rate) == (Decimal("0.5"), Decimal("0.25"))
    assert (report.unsubscribe_rate, report.order_rate) == (Decimal("0.125"), Decimal("0.375"))


def test_each_figure_opens_the_list_behind_it(world):
    spring, orders = world
    report = selectors.campaign_report(spring)
    for figure in ("sent", "delivered", "failed", "unknown", "suppressed", "opened", "clicked", "unsubscribed"):
        assert selectors.messages_of(spring, figure).count() == getattr(report, figure), figure
    credited = selectors.credited_orders(spring)
    assert {row.order for row in credited} == set(orders.values())
    assert sum(row.amount_base for row in credited) == report.revenue_minor


def test_the_usage_of_codes(world):
    spring, _orders = world
    (usage,) = selectors.code_usage(spring)
    assert (usage.code, usage.orders, usage.amount_minor) == ("SPRING", 2, 1400)


def test_a_discount_in_another_currency_is_counted_at_the_orders_rate(world):
    spring, orders = world
    type(orders["guest"]).objects.filter(pk=orders["guest"].pk).update(currency="EUR", total_minor=2000)
    from wagtail_marketing.discounts.models import Redemption

    Redemption.objects.filter(order_ref=orders["guest"].ref).update(currency="EUR")
    # 4.00 EUR on an order of 20.00 EUR that counts 25.00 USD
    assert selectors.campaign_report(spring).discount_minor == 1000 + 500


def test_day_by_day(world):
    spring, _orders = world
    first = (b.T0 - DAY).date()
    assert selectors.report_days(spring, until=NOW) == [
        selectors.ReportDay(first, 0, 0, 0),
        selectors.ReportDay(b.T0.date(), 2, 1, 5000),
        selectors.ReportDay((b.T0 + DAY).date(), 0, 2, 4500),
    ]


def test_a_draft_has_an_empty_report_and_no_roi(db):
    draft = b.campaign("draft", None)
    report = selectors.campaign_report(draft)
    assert (report.audience, report.messages, report.orders, report.roi, report.click_rate) == (0, 0, 0, None, None)
    assert selectors.report_days(draft, until=NOW) == []


def test_roi_is_a_share_of_the_cost_and_may_be_negative():
    assert selectors.roi(5000, 2500) == Decimal("1")
    assert selectors.roi(0, 2500) == Decimal("-1")
    assert selectors.roi(5000, 0) is None


def test_the_report_asks_a_fixed_number_of_queries(world, django_assert_num_queries):
    spring, _orders = world
    with django_assert_num_queries(6):
        selectors.campaign_report(spring)


def test_the_api_form_has_no_floats(world):
    spring, _orders = world
    given = selectors.campaign_report(spring).as_dict()
    assert given["roi"] == "2.8000"
    assert given["revenue"] == "95.00"
    assert not [name for name, value in given.items() if isinstance(value, float)]


def period(first: date, last: date) -> selectors.Period:
    return selectors.Period(first, last)


def test_a_period_is_whole_days_in_the_shops_zone():
    march = period(date(2026, 3, 1), date(2026, 3, 31))
    assert march.days == 31
    # New York moves its clocks on 8 March 2026.
    assert (march.start.isoformat(), march.end.isoformat()) == (
        "2026-03-01T05:00:00+00:00",
        "2026-04-01T04:00:00+00:00",
    )
    assert march.before == period(date(2026, 1, 29), date(2026, 2, 28))
    assert selectors.last_days(7, now=b.T0) == period(date(2026, 3, 4), date(2026, 3, 10))


def test_the_dashboard_of_the_day_and_of_the_day_before(world):
    day = b.T0.astimezone(clock.shop_zone()).date()
    found = selectors.dashboard(period(day, day + DAY))
    assert found.now == selectors.Figures(
        revenue_minor=5000 + 2000 + 2500 + 4000,
        orders=4,
        attributed_minor=9500,
        attributed_orders=3,
        delivered=8,
        clicked=2,
        unsubscribed=1,
        cost_minor=2500,
    )
    assert found.before == selectors.Figures(0, 0, 0, 0, 0, 0, 0, 0)
    assert [(d.day, d.revenue_minor, d.attributed_minor) for d in found.days] == [
        (day, 9000, 5000),
        (day + DAY, 4500, 4500),
    ]


def test_recent_campaigns_with_their_figures(world, django_assert_num_queries):
    spring, _orders = world
    b.campaign("draft", None)
    older = b.campaign("older", b.T0 - 9 * DAY)
    with django_assert_num_queries(5):
        lines = selectors.recent_campaigns()
    assert [(line.campaign, line.delivered, line.clicked, line.orders, line.revenue_minor) for line in lines] == [
        (spring, 8, 2, 3, 9500),
        (older, 0, 0, 0, 0),
    ]
    assert [line.roi for line in lines] == [Decimal("2.8"), None]


def test_the_health_of_the_queue(world):
    spring, _orders = world
    health = selectors.queue_health(now=NOW)
    assert (health.due_sends, health.pending, health.unknown, health.last_tick) == (0, 0, 1, NOW)
    assert not health.asleep
    running = b.send(spring)
    Send.objects.filter(pk=running.pk).update(state=SendState.RUNNING)
    b.message(spring, b.contact(), running, "pending")
    health = selectors.queue_health(now=NOW)
    assert (health.due_sends, health.pending) == (1, 1)
