"""The dashboard: how the shop and its campaigns do in a period, and whether the queue is awake."""

from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.admin.components import (
    Chart,
    Checklist,
    CheckRow,
    EmptyState,
    Section,
    Series,
    StatCard,
    StatGrid,
    StatusBadge,
)
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingTemplateView
from wagtail_marketing.campaigns.admin.base import TONES
from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock
from wagtail_marketing.core.money import to_decimal
from wagtail_marketing.insights import selectors
from wagtail_marketing.insights.selectors import CampaignLine, Dashboard, Period

from .components import CampaignTable, Links, PeriodPicker
from .figures import REPORT, change, count, format_money, of_delivered, percent
from .lists import moment, period_of

QUICK = (7, 30, 90, 365)


def query(period: Period, **more: Any) -> str:
    return "?" + urlencode({"from": period.first, "to": period.last, **more})


def cards(board: Dashboard) -> list[StatCard]:
    """The figures of the period, each with its change and the list behind it."""
    now, before, period, currency = board.now, board.before, board.period, board.currency
    orders, messages = reverse("marketing_dashboard:orders"), reverse("marketing_dashboard:messages")

    click_rate = selectors.share(now.clicked, now.delivered)
    attributed = selectors.share(now.attributed_minor, now.revenue_minor)
    return [
        StatCard(
            _("Revenue"),
            format_money(now.revenue_minor, currency),
            change(now.revenue_minor, before.revenue_minor),
            _("Orders placed in the period, cancelled ones left out, less refunds."),
            orders + query(period),
            key="revenue",
        ),
        StatCard(
            _("Revenue from campaigns"),
            format_money(now.attributed_minor, currency),
            change(now.attributed_minor, before.attributed_minor),
            _("The part of it that is credited to a campaign by the last touch."),
            orders + query(period, credited=1),
            note=_("%(share)s of revenue") % {"share": percent(attributed)} if attributed is not None else "",
            key="attributed",
        ),
        StatCard(
            _("Orders"),
            count(now.orders),
            change(now.orders, before.orders),
            _("Orders placed in the period and not cancelled."),
            orders + query(period),
            note=_("%(count)s from campaigns") % {"count": count(now.attributed_orders)},
            key="orders",
        ),
        StatCard(
            _("Delivered"),
            count(now.delivered),
            change(now.delivered, before.delivered, good_when="neither"),
            _("Messages that were sent in the period and did not come back."),
            messages + query(period, figure="delivered"),
            key="delivered",
        ),
        StatCard(
            _("Clicked"),
            count(now.clicked),
            change(now.clicked, before.clicked),
            _("Messages in which a person followed a link in the period."),
            messages + query(period, figure="clicked"),
            note=of_delivered(click_rate),
            key="clicked",
        ),
        StatCard(
            _("Unsubscribed"),
            count(now.unsubscribed),
            change(now.unsubscribed, before.unsubscribed, good_when="down"),
            _("People who left by a link of a message in the period."),
            messages + query(period, figure="unsubscribed"),
            key="unsubscribed",
        ),
    ]


def chart(board: Dashboard) -> Chart:
    def series(label: str, amounts: list[int]) -> Series:
        return Series(
            label,
            [float(to_decimal(amount, board.currency)) for amount in amounts],
            [format_money(amount, board.currency) for amount in amounts],
        )

    return Chart(
        title=_("Revenue by day"),
        description=_("Days of the shop's zone, %(zone)s.") % {"zone": clock.shop_zone().key},
        labels=[date_format(day.day, "SHORT_DATE_FORMAT") for day in board.days],
        series=[
            series(_("Revenue"), [day.revenue_minor for day in board.days]),
            series(_("From campaigns"), [day.attributed_minor for day in board.days]),
        ],
        key="days",
        label_heading=_("Day"),
    )


def table_rows(lines: list[CampaignLine], currency: str) -> list[dict[str, Any]]:
    rows = []
    for line in lines:
        campaign, state = line.campaign, line.campaign.state
        rows.append(
            {
                "name": campaign.name,
                "url": reverse("marketing_campaigns:report", args=[campaign.pk]),
                "badge": StatusBadge(state.status, state.get_status_display(), TONES[state.status]),
                "launched": moment(state.launched_at),
                "delivered": count(line.delivered),
                "clicked": count(line.clicked),
                "orders": count(line.orders),
                "revenue": format_money(line.revenue_minor, currency),
                "roi": percent(line.roi, 0),
            }
        )
    return rows


def health_rows() -> list[CheckRow]:
    """Whether what is due is being done."""
    health = selectors.queue_health()
    messages = reverse("marketing_dashboard:messages")
    rows = []
    seen = moment(health.last_tick) if health.last_tick else _("never")
    if health.last_tick is None or health.stale:
        text = _("A worker last looked: %(when)s. Start one, or run “manage.py run_marketing --once” from cron.")
        rows.append(CheckRow("block" if health.asleep else "warn", _("Worker"), text % {"when": seen}))
    else:
        rows.append(CheckRow("ok", _("Worker"), _("Last looked: %(when)s.") % {"when": seen}))
    due = _("%(sends)s sends due, %(messages)s messages waiting") % {
        "sends": count(health.due_sends),
        "messages": count(health.pending),
    }
    rows.append(CheckRow("ok", _("Queue"), due, f"{messages}?figure=pending" if health.pending else "", _("Open")))
    if health.unknown:
        text = _("%(count)s messages of which nobody knows whether they arrived.") % {"count": count(health.unknown)}
        rows.append(CheckRow("warn", _("Unknown"), text, f"{messages}?figure=unknown", _("Open")))
    return rows


class DashboardView(MarketingTemplateView):
    marketing_permission = REPORT
    page_title = gettext_lazy("Dashboard")
    header_icon = "wm-dashboard"

    @cached_property
    def period(self) -> Period:
        return period_of(self.request)

    def picker(self) -> PeriodPicker:
        here = [
            (f"?days={days}", _("Last %(days)d days") % {"days": days}, self.period == selectors.last_days(days))
            for days in QUICK
        ]
        return PeriodPicker(here, self.period.first.isoformat(), self.period.last.isoformat())

    def get_components(self) -> list[Any]:
        board = selectors.dashboard(self.period)
        recent = selectors.recent_campaigns()
        return [
            *self.first_steps(board, bool(recent)),
            self.picker(),
            StatGrid(cards(board), label=_("Figures of the period")),
            chart(board),
            *self.campaigns(recent, board.currency),
            Section(_("Sending"), [Checklist(health_rows(), label=_("Sending"))]),
        ]

    def campaigns(self, recent: list[CampaignLine], currency: str) -> list[Any]:
        if not recent:
            return []
        table = CampaignTable(table_rows(recent, currency), caption=_("The campaigns launched last"))
        return [Section(_("Recent campaigns"), [table])]

    def first_steps(self, board: Dashboard, launched: bool) -> list[Any]:
        """What to do next in a shop that has no campaign yet."""
        if launched:
            return []
        user = self.request.user
        if not Contact.objects.exists():
            return [
                EmptyState(
                    _("No customers yet"),
                    _("Run “manage.py marketing_sync” once: it brings the shop's customers and orders here."),
                    icon="wm-contacts",
                )
            ]
        if Campaign.objects.exists() or not may(user, "wagtail_marketing_campaigns.add_campaign"):
            return [
                EmptyState(
                    _("No campaign was launched yet"),
                    _("Its figures appear here as soon as one is."),
                    _("Campaigns") if may(user, "wagtail_marketing_campaigns.view_campaign") else "",
                    reverse("marketing_campaigns:index")
                    if may(user, "wagtail_marketing_campaigns.view_campaign")
                    else "",
                    icon="wm-campaigns",
                )
            ]
        return [
            EmptyState(
                _("Make your first campaign"),
                _("Choose a segment, write an e-mail, look at the checklist, and send."),
                _("New campaign"),
                reverse("marketing_campaigns:add"),
                icon="wm-campaigns",
            )
        ]


class ReportsView(MarketingTemplateView):
    """Every launched campaign with its key figures."""

    marketing_permission = REPORT
    page_title = gettext_lazy("Reports")
    header_icon = "wm-reports"
    MOST = 200

    def get_components(self) -> list[Any]:
        more = []
        if may(self.request.user, "wagtail_marketing_insights.view_rfmscore"):
            more = [Links([(reverse("marketing_reports:rfm"), _("Customer groups (RFM)"))])]
        lines = selectors.recent_campaigns(self.MOST)
        if not lines:
            return [
                *more,
                EmptyState(
                    _("Nothing to report yet"),
                    _("Every launched campaign stands here with what it earned."),
                    _("Campaigns"),
                    reverse("marketing_campaigns:index"),
                    icon="wm-reports",
                ),
            ]
        return [*more, CampaignTable(table_rows(lines, selectors.base_currency()), caption=_("Newest first"))]
