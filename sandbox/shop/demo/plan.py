"""What the editor makes: a segment, a code, an e-mail and a campaign, by the services that the admin calls."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, Exists, OuterRef

from shop.models import Category, Customer, Order, OrderLine
from wagtail_marketing.campaigns import selectors as campaign_selectors
from wagtail_marketing.campaigns import services as campaigns
from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.discounts import services as discounts
from wagtail_marketing.messaging import services as messaging
from wagtail_marketing.segments import services as segments

CATEGORY = "PASTRY"
TIMES, DAYS = 3, 90
COST = "25.00"
BUTTON = "Choose your pastry"
TESTER = "tester@example.com"
RULES = {
    "match": "all",
    "rules": [
        {
            "kind": "orders",
            "params": {
                "measure": "count",
                "op": ">=",
                "value": TIMES,
                "within": {"last_days": DAYS},
                "where": {"categories": [CATEGORY]},
            },
        }
    ],
}


class NotReady(Exception):
    """The journey cannot begin or go on; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Plan:
    campaign: Campaign
    code: str
    subject: str
    reachable: int
    """What the review promised to reach."""


def build() -> Plan:
    """Make everything up to a reviewed draft, send a test of it, and leave the launch to the caller."""
    mark = secrets.token_hex(3).upper()
    shelf = Category.objects.get(name=CATEGORY, parent=None)
    user = get_user_model().objects.filter(is_superuser=True).order_by("pk").first()
    segment = segments.create_segment(name=f"Pastry lovers {mark}", rules=RULES, user=user)
    discount = discounts.create_discount(
        name=f"Pastry week {mark}",
        needs_code=True,
        conditions={"match": "all", "rules": [{"kind": "min_spend", "params": {"amount": "1.00"}}]},
        benefit={"kind": "percentage", "params": {"value": "20", "products": {"categories": [CATEGORY]}}},
    )
    discounts.activate(discount=discount)
    code = discounts.create_code(discount=discount, code=f"PASTRY-{mark}", limits={"total": 1000, "per_contact": 1})
    subject = f"20 % off pastry this week ({mark})"
    template = messaging.create_from_starter(key="weekly-specials", name=f"Pastry week {mark}", user=user)
    template.subject = subject
    template.preheader = "Only for people who love it"
    template.body = [
        ("heading", {"text": 'Good morning, {{ contact.first_name | default: "dear customer" }}', "level": "h1"}),
        ("text", "<p>You have come for pastry often these weeks. Here is a thank-you: 20 % off all of it.</p>"),
        ("discount_code", {"text": "Your code", "code": code.code, "url": ""}),
        ("button", {"label": BUTTON, "url": f"/products/?category={shelf.pk}&code={code.code}"}),
    ]
    template.save_revision(user=user).publish(user=user)
    template.refresh_from_db()
    campaign = campaigns.create_campaign(
        name=f"Pastry week {mark}",
        goal="sales",
        include=[segment],
        templates=[template],
        discounts=[(discount.pk, code.pk)],
        user=user,
    )
    campaigns.add_cost(campaign=campaign, amount=COST, kind="sending", note="Postage")
    review = campaign_selectors.review(campaign)
    if not review.ready or review.reach is None:
        raise NotReady("The review says no: " + "; ".join(str(row.text) for row in review.blocks))
    for outcome in campaigns.send_test(campaign=campaign, addresses=[TESTER]):
        if not outcome.ok:
            raise NotReady(f"The test mail did not leave: {outcome.detail}")
    return Plan(campaign, code.code, subject, review.reach.reachable)


def shop_audience(now: datetime) -> dict[str, Customer]:
    """The same people by the shop's own tables, by e-mail address: what the segment must say."""
    in_category = OrderLine.objects.filter(order=OuterRef("pk"), product__categories__name=CATEGORY)
    orders = Order.objects.filter(
        Exists(in_category), cancelled_at=None, placed_at__gte=now - timedelta(days=DAYS), placed_at__lte=now
    )
    keys = (
        orders.exclude(customer=None)
        .order_by()
        .values_list("customer")
        .annotate(times=Count("pk"))
        .filter(times__gte=TIMES)
        .values("customer")
    )
    return {customer.email: customer for customer in Customer.objects.filter(pk__in=keys)}


def shop_orders(code: str) -> list[Any]:
    """The orders that were placed with the code, by the shop's own tables."""
    orders = Order.objects.filter(channel=Order.Channel.WEB, cancelled_at=None, discount__gt=0)
    return [order for order in orders.prefetch_related("refunds") if code in order.discount_codes]
