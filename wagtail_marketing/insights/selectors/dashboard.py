"""The shop in a period, against the period before, and what waits in the queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from wagtail_marketing.campaigns.models import Campaign, CampaignCost
from wagtail_marketing.commerce.models import Order
from wagtail_marketing.conf import settings
from wagtail_marketing.core import clock
from wagtail_marketing.insights.models import LAST_TOUCH, Attribution, AttributionCursor
from wagtail_marketing.messaging.models import EventType, Message, MessageEvent, MessageState, Send, SendState

from .report import days_between, roi

#: The longest period of the dashboard.
MOST_DAYS = 1100


@dataclass(frozen=True)
class Period:
    """Whole days in the shop's zone, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        return clock.start_of_day(self.first)

    @property
    def end(self) -> datetime:
        """The first instant after the period."""
        return clock.start_of_day(self.last + timedelta(days=1))

    @property
    def before(self) -> "Period":
        """The same number of days just before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))


def last_days(days: int, *, now: datetime | None = None) -> Period:
    """The last ``days`` days, today included."""
    today = (now or clock.now()).astimezone(clock.shop_zone()).date()
    return Period(today - timedelta(days=days - 1), today)


@dataclass(frozen=True)
class Figures:
    """Of one period; amounts in minor units of the base currency, net of refunds and cancellations."""

    revenue_minor: int
    orders: int
    attributed_minor: int
    attributed_orders: int
    delivered: int
    clicked: int
    unsubscribed: int
    cost_minor: int


@dataclass(frozen=True)
class DayFigures:
    day: date
    revenue_minor: int
    attributed_minor: int


@dataclass(frozen=True)
class Dashboard:
    currency: str
    period: Period
    now: Figures
    before: Figures
    days: Sequence[DayFigures]


def live_orders(period: Period) -> QuerySet[Order]:
    """Orders placed in the period and not cancelled."""
    return Order.objects.filter(placed_at__gte=period.start, placed_at__lt=period.end, cancelled_at__isnull=True)


def credited_in(period: Period) -> QuerySet[Attribution]:
    """Credits of orders placed in the period."""
    return Attribution.objects.filter(
        model=LAST_TOUCH, order__placed_at__gte=period.start, order__placed_at__lt=period.end
    )


def _net(rows: QuerySet[Order]) -> dict[str, int]:
    found = rows.order_by().aggregate(count=Count("pk"), total=Sum("total_base"), refunded=Sum("refunded_base"))
    return {"orders": found["count"], "revenue_minor": (found["total"] or 0) - (found["refunded"] or 0)}


def figures(period: Period) -> Figures:
    """The figures of one period, in five queries."""
    earned = credited_in(period).aggregate(count=Count("pk"), amount=Sum("amount_base"))
    within = {"occurred_at__gte": period.start, "occurred_at__lt": period.end}
    people = MessageEvent.objects.filter(machine=False, **within).aggregate(
        clicked=Count("message", filter=Q(type=EventType.CLICK), distinct=True),
        unsubscribed=Count("message", filter=Q(type=EventType.UNSUBSCRIBE), distinct=True),
    )
    cost = CampaignCost.objects.filter(incurred_on__gte=period.first, incurred_on__lte=period.last)
    return Figures(
        **_net(live_orders(period)),
        attributed_minor=earned["amount"] or 0,
        attributed_orders=earned["count"],
        delivered=messages_in(period, "delivered").count(),
        clicked=people["clicked"],
        unsubscribed=people["unsubscribed"],
        cost_minor=cost.aggregate(total=Sum("amount_minor"))["total"] or 0,
    )


def dashboard(period: Period) -> Dashboard:
    """Figures of the period and of the one before, and revenue day by day."""
    zone = clock.shop_zone()
    revenue = (
        live_orders(period)
        .order_by()
        .annotate(day=TruncDate("placed_at", tzinfo=zone))
        .values("day")
        .annotate(total=Sum("total_base"), refunded=Sum("refunded_base"))
    )
    by_day = {row["day"]: row["total"] - row["refunded"] for row in revenue}
    credited = (
        credited_in(period)
        .annotate(day=TruncDate("order__placed_at", tzinfo=zone))
        .values("day")
        .annotate(amount=Sum("amount_base"))
    )
    attributed = {row["day"]: row["amount"] for row in credited}
    return Dashboard(
        currency=settings.currency,
        period=period,
        now=figures(period),
        before=figures(period.before),
        days=[
            DayFigures(day, by_day.get(day, 0), attributed.get(day, 0))
            for day in days_between(period.first, period.last)
        ],
    )


@dataclass(frozen=True)
class CampaignLine:
    """A campaign in a table of several."""

    campaign: Campaign
    delivered: int
    clicked: int
    orders: int
    revenue_minor: int
    cost_minor: int

    @property
    def roi(self):
        return roi(self.revenue_minor, self.cost_minor)


def campaign_lines(campaigns: QuerySet[Campaign]) -> list[CampaignLine]:
    """Key figures of many campaigns in four queries, whatever their number."""
    found = list(campaigns.select_related("state"))
    keys = [campaign.pk for campaign in found]
    delivered = _by_campaign(
        Message.objects.filter(send__campaign_message__campaign__in=keys, state=MessageState.SENT),
        "send__campaign_message__campaign",
        Count("pk"),
    )
    clicked = _by_campaign(
        MessageEvent.objects.filter(send__campaign_message__campaign__in=keys, type=EventType.CLICK, machine=False),
        "send__campaign_message__campaign",
        Count("message", distinct=True),
    )
    earned = {
        row["campaign_ref"]: (row["count"], row["amount"])
        for row in Attribution.objects.filter(model=LAST_TOUCH, campaign_ref__in=[c.ref for c in found])
        .order_by()
        .values("campaign_ref")
        .annotate(count=Count("pk"), amount=Sum("amount_base"))
    }
    costs = _by_campaign(CampaignCost.objects.filter(campaign__in=keys), "campaign", Sum("amount_minor"))
    return [
        CampaignLine(
            campaign,
            delivered.get(campaign.pk, 0),
            clicked.get(campaign.pk, 0),
            *earned.get(campaign.ref, (0, 0)),
            costs.get(campaign.pk, 0),
        )
        for campaign in found
    ]


def _by_campaign(rows: QuerySet, key: str, figure) -> dict[int, int]:
    return {row[key]: row["figure"] for row in rows.order_by().values(key).annotate(figure=figure)}


def recent_campaigns(most: int = 5) -> list[CampaignLine]:
    """The campaigns touched last, with their key figures."""
    launched = Campaign.objects.exclude(state__launched_at=None).order_by("-state__launched_at", "-pk")
    return campaign_lines(launched[:most])


#: The tick comes every minute: after this long without one nobody is at work.
ASLEEP_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class QueueHealth:
    """What waits to be sent and whether workers look. ``last_tick`` is when credits were last computed."""

    due_sends: int
    pending: int
    unknown: int
    last_tick: datetime | None

    stale: bool

    @property
    def asleep(self) -> bool:
        """Something waits and nobody looks."""
        return self.stale and bool(self.due_sends or self.pending)


def queue_health(*, now: datetime | None = None) -> QueueHealth:
    now = now or clock.now()
    last_tick = AttributionCursor.objects.filter(source=LAST_TOUCH).values_list("seen_until", flat=True).first()
    running = Send.objects.filter(state=SendState.RUNNING)
    states = Message.objects.aggregate(
        pending=Count("pk", filter=Q(state__in=(MessageState.PENDING, MessageState.SENDING), send__in=running)),
        unknown=Count("pk", filter=Q(state=MessageState.UNKNOWN)),
    )
    return QueueHealth(
        due_sends=running.count() + Send.objects.filter(state=SendState.SCHEDULED, scheduled_at__lte=now).count(),
        **states,
        last_tick=last_tick,
        stale=last_tick is None or now - last_tick > ASLEEP_AFTER,
    )


def orders_in(period: Period, *, credited: bool = False) -> QuerySet[Order]:
    """The orders behind revenue and orders of a period, the latest first."""
    found = live_orders(period)
    if credited:
        found = found.filter(pk__in=credited_in(period).values("order_id"))
    return found.select_related("contact").order_by("-placed_at", "-pk")


def messages_in(period: Period, figure: str) -> QuerySet[Message]:
    """The messages behind ``delivered``, ``clicked`` and ``unsubscribed``; ``unknown`` and ``pending`` are of now."""
    if figure == "delivered":
        return Message.objects.filter(state=MessageState.SENT, settled_at__gte=period.start, settled_at__lt=period.end)
    if figure == "unknown":
        return Message.objects.filter(state=MessageState.UNKNOWN)
    if figure == "pending":
        return Message.objects.filter(
            state__in=(MessageState.PENDING, MessageState.SENDING), send__state=SendState.RUNNING
        )
    kind = {"clicked": EventType.CLICK, "unsubscribed": EventType.UNSUBSCRIBE}[figure]
    events = MessageEvent.objects.filter(
        message=OuterRef("pk"),
        type=kind,
        machine=False,
        occurred_at__gte=period.start,
        occurred_at__lt=period.end,
    )
    return Message.objects.filter(Exists(events))


def base_currency() -> str:
    """The currency in which reports count."""
    return settings.currency
