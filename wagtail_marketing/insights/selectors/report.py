"""One campaign: every figure, and the list behind it. Formulas: docs/reference/report-figures.md."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import BigIntegerField, Case, Count, Exists, F, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models.functions import NullIf, TruncDate

from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.commerce.models import Order
from wagtail_marketing.conf import settings
from wagtail_marketing.core import clock
from wagtail_marketing.core.money import to_decimal
from wagtail_marketing.insights.models import LAST_TOUCH, Attribution
from wagtail_marketing.messaging.models import EventType, Message, MessageEvent, MessageState, Send

#: A person who opened, clicked or left; what machines did is kept apart.
_EVENTS = {"opened": EventType.OPEN, "clicked": EventType.CLICK, "unsubscribed": EventType.UNSUBSCRIBE}


def roi(revenue_minor: int, cost_minor: int) -> Decimal | None:
    """(revenue - cost) / cost as a share: ``Decimal("1.5")`` is 150 %. None where there is no cost.

    Revenue is net of discounts already (the shop's totals are), so the discount given is no part of it.
    """
    return None if cost_minor == 0 else (Decimal(revenue_minor) - cost_minor) / cost_minor


def share(part: int, whole: int) -> Decimal | None:
    """part / whole; None where there is no whole."""
    return None if whole == 0 else Decimal(part) / whole


@dataclass(frozen=True)
class CampaignReport:
    """What a campaign did and earned. Amounts are minor units of ``currency`` (the base currency).

    ``messages == pending + sent + failed + unknown + suppressed + cancelled`` at every instant.
    ``delivered`` are messages that the mail server took and that did not come back.
    """

    currency: str
    audience: int
    messages: int
    pending: int
    sent: int
    delivered: int
    failed: int
    unknown: int
    suppressed: int
    cancelled: int
    opened: int
    clicked: int
    unsubscribed: int
    orders: int
    revenue_minor: int
    discount_minor: int
    cost_minor: int

    @property
    def revenue(self) -> Decimal:
        return to_decimal(self.revenue_minor, self.currency)

    @property
    def discount(self) -> Decimal:
        return to_decimal(self.discount_minor, self.currency)

    @property
    def cost(self) -> Decimal:
        return to_decimal(self.cost_minor, self.currency)

    @property
    def roi(self) -> Decimal | None:
        return roi(self.revenue_minor, self.cost_minor)

    @property
    def open_rate(self) -> Decimal | None:
        return share(self.opened, self.delivered)

    @property
    def click_rate(self) -> Decimal | None:
        return share(self.clicked, self.delivered)

    @property
    def unsubscribe_rate(self) -> Decimal | None:
        return share(self.unsubscribed, self.delivered)

    @property
    def order_rate(self) -> Decimal | None:
        return share(self.orders, self.delivered)

    def as_dict(self) -> dict[str, Any]:
        """Every figure for the API: counts as integers, money and shares as decimal strings."""
        counts = (
            "audience",
            "messages",
            "pending",
            "sent",
            "delivered",
            "failed",
            "unknown",
            "suppressed",
            "cancelled",
        )
        counts += ("opened", "clicked", "unsubscribed")
        shares = ("open_rate", "click_rate", "unsubscribe_rate", "order_rate", "roi")
        found: dict[str, Any] = {name: getattr(self, name) for name in counts}
        found |= {"orders": self.orders, "currency": self.currency}
        found |= {name: str(getattr(self, name)) for name in ("revenue", "discount", "cost")}
        for name in shares:
            value = getattr(self, name)
            found[name] = None if value is None else str(round(value, 4))
        return found


def sends_of(campaign: Campaign) -> QuerySet[Send]:
    return Send.objects.filter(campaign_message__campaign=campaign)


def messages_of(campaign: Campaign, figure: str = "") -> QuerySet[Message]:
    """The messages behind a figure: a state, ``delivered``, ``opened``, ``clicked``, ``unsubscribed`` or all."""
    found = Message.objects.filter(send__campaign_message__campaign=campaign)
    if figure == "delivered":
        return found.filter(state=MessageState.SENT)
    if figure == "pending":
        return found.filter(state__in=(MessageState.PENDING, MessageState.SENDING))
    if figure in _EVENTS:
        return found.filter(Exists(_events(figure).filter(message=OuterRef("pk"))))
    return found.filter(state=figure) if figure else found


def _events(figure: str) -> QuerySet[MessageEvent]:
    return MessageEvent.objects.filter(type=_EVENTS[figure], machine=False)


def unsubscribed_messages(campaign: Campaign) -> QuerySet[Message]:
    return messages_of(campaign, "unsubscribed")


def message_states(campaign: Campaign) -> dict[str, int]:
    """State: number of messages, by one statement."""
    rows = messages_of(campaign).order_by().values("state").annotate(count=Count("pk"))
    return {row["state"]: row["count"] for row in rows}


def credited_orders(campaign: Campaign) -> QuerySet[Attribution]:
    """The orders behind ``orders`` and ``revenue``, the latest first."""
    return (
        Attribution.objects.filter(campaign_ref=campaign.ref, model=LAST_TOUCH)
        .select_related("order", "order__contact")
        .order_by("-order__placed_at", "-pk")
    )


def campaign_report(campaign: Campaign) -> CampaignReport:
    """Every figure of the campaign, from committed facts, in a fixed number of queries."""
    states = message_states(campaign)
    events = (
        MessageEvent.objects.filter(send__in=sends_of(campaign), machine=False)
        .order_by()
        .values("type")
        .annotate(count=Count("message", distinct=True))
    )
    people = {row["type"]: row["count"] for row in events}
    audiences = sends_of(campaign).annotate(people=F("audience_count") + F("no_address_count") + F("duplicate_count"))
    earned = credited_orders(campaign).order_by().aggregate(orders=Count("pk"), revenue=Sum("amount_base"))
    sent = states.get(MessageState.SENT, 0)
    return CampaignReport(
        currency=settings.currency,
        # Each message of a campaign goes to the same people.
        audience=max(audiences.values_list("people", flat=True), default=0),
        messages=sum(states.values()),
        pending=states.get(MessageState.PENDING, 0) + states.get(MessageState.SENDING, 0),
        sent=sent,
        delivered=sent,
        failed=states.get(MessageState.FAILED, 0),
        unknown=states.get(MessageState.UNKNOWN, 0),
        suppressed=states.get(MessageState.SUPPRESSED, 0),
        cancelled=states.get(MessageState.CANCELLED, 0),
        opened=people.get(EventType.OPEN, 0),
        clicked=people.get(EventType.CLICK, 0),
        unsubscribed=people.get(EventType.UNSUBSCRIBE, 0),
        orders=earned["orders"],
        revenue_minor=earned["revenue"] or 0,
        discount_minor=sum(usage.amount_minor for usage in code_usage(campaign)),
        cost_minor=campaign.costs.aggregate(total=Sum("amount_minor"))["total"] or 0,
    )


@dataclass(frozen=True)
class CodeUsage:
    """One code of the campaign: orders credited to it that used it, and what it took off them."""

    discount_id: int
    discount: str
    code: str
    orders: int
    amount_minor: int


def code_usage(campaign: Campaign) -> list[CodeUsage]:
    """By code, net of what was given back, in minor units of the base currency; the most used first."""
    if not apps.is_installed("wagtail_marketing.discounts"):
        return []
    from wagtail_marketing.insights.codes import redemptions_of

    order = Order.objects.filter(ref=OuterRef("order_ref"))
    credited = credited_orders(campaign).order_by().values("order__ref")
    net = F("amount_minor") - F("reversed_minor")
    in_base = Case(
        When(currency=settings.currency, then=net),
        # At the rate at which the shop counted the order.
        default=net * Subquery(order.values("total_base")[:1]) / NullIf(Subquery(order.values("total_minor")[:1]), 0),
        output_field=BigIntegerField(),
    )
    rows = (
        redemptions_of(campaign.discount_links.all())
        .filter(order_ref__in=credited)
        .order_by()
        .annotate(in_base=in_base)
        .values("discount_id", "discount__name", "code__code")
        .annotate(orders=Count("order_ref", distinct=True), amount=Sum("in_base"))
        .order_by("-orders", "code__code")
    )
    return [
        CodeUsage(row["discount_id"], row["discount__name"], row["code__code"], row["orders"], row["amount"] or 0)
        for row in rows
    ]


@dataclass(frozen=True)
class ReportDay:
    """One day in the shop's zone. ``clicked`` counts messages by their first click."""

    day: date
    clicked: int
    orders: int
    revenue_minor: int


def report_days(campaign: Campaign, *, until: datetime | None = None) -> list[ReportDay]:
    """Day by day from the launch to the last event, without gaps; empty before the launch."""
    zone = clock.shop_zone()
    launched = campaign.state.launched_at
    if launched is None or launched > (until or clock.now()):
        return []
    first_clicks = (
        messages_of(campaign, "clicked")
        .order_by()
        .annotate(
            at=Subquery(
                _events("clicked").filter(message=OuterRef("pk")).order_by("occurred_at").values("occurred_at")[:1]
            )
        )
        .annotate(day=TruncDate("at", tzinfo=zone))
        .values("day")
        .annotate(count=Count("pk"))
    )
    clicked = {row["day"]: row["count"] for row in first_clicks}
    orders = (
        credited_orders(campaign)
        .order_by()
        .annotate(day=TruncDate("order__placed_at", tzinfo=zone))
        .values("day")
        .annotate(count=Count("pk"), amount=Sum("amount_base"))
    )
    earned = {row["day"]: (row["count"], row["amount"]) for row in orders}
    first = launched.astimezone(zone).date()
    last = max([first, *clicked, *earned])
    return [ReportDay(day, clicked.get(day, 0), *earned.get(day, (0, 0))) for day in days_between(first, last)]


def days_between(first: date, last: date) -> Iterable[date]:
    return (date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1))
