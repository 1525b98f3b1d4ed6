"""What insights put on a campaign's report page: figures, days, e-mails, codes, orders."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.admin.components import Chart, DataTable, EmptyState, Series, StatCard, StatGrid
from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.campaigns.registry import ReportSection, report_sections
from wagtail_marketing.core.money import to_decimal
from wagtail_marketing.insights import selectors
from wagtail_marketing.insights.selectors import CampaignReport

from .components import Links
from .figures import count, format_money, of_delivered, percent
from .lists import moment

#: Orders shown on the report itself; all are in the list behind.
SHOWN = 10


def people_url(campaign: Campaign, figure: str = "") -> str:
    return reverse("marketing_reports:people", args=[campaign.pk]) + (
        f"?{urlencode({'figure': figure})}" if figure else ""
    )


def orders_url(campaign: Campaign) -> str:
    return reverse("marketing_reports:orders", args=[campaign.pk])


def _report(campaign: Campaign, request: HttpRequest) -> CampaignReport:
    """The figures, read once for all sections of a page."""
    known = request.__dict__.setdefault("_wm_reports", {})
    if campaign.pk not in known:
        known[campaign.pk] = selectors.campaign_report(campaign)
    return known[campaign.pk]


def delivery(campaign: Campaign, request: HttpRequest) -> Iterator[Any]:
    report = _report(campaign, request)
    yield StatGrid(list(_delivery_cards(campaign, report)), label=_("Delivery"))


def _delivery_cards(campaign: Campaign, report: CampaignReport) -> Iterator[StatCard]:
    def card(key: str, label: str, definition: str, note: str = "") -> StatCard:
        figure = "" if key == "audience" else key
        return StatCard(
            label=label,
            value=count(getattr(report, key)),
            definition=definition,
            note=note,
            url=people_url(campaign, figure),
            key=key,
        )

    frozen = _("%(count)s with an address of their own") % {"count": count(report.messages)}
    yield card("audience", _("Audience"), _("People in the segments when the campaign was launched."), frozen)
    yield card("sent", _("Sent"), _("Messages that the mail server accepted."))
    yield card("delivered", _("Delivered"), _("Sent, and not come back as undeliverable."))
    for key, label, definition, rate in (
        ("opened", _("Opened"), _("Opened by a person; opens by machines are left out."), report.open_rate),
        ("clicked", _("Clicked"), _("A person followed a link; clicks by scanners are left out."), report.click_rate),
        ("unsubscribed", _("Unsubscribed"), _("Left by a link of this campaign."), report.unsubscribe_rate),
    ):
        yield card(key, label, definition, of_delivered(rate))
    yield card("suppressed", _("Not allowed"), _("Left out at the second of sending: no consent, or suppressed."))
    yield card("failed", _("Failed"), _("Refused by the receiving server, or impossible to build."))
    yield card("unknown", _("Unknown"), _("The answer of the server was lost: it may have arrived."))
    if report.pending:
        yield card("pending", _("Waiting"), _("Not sent yet."))
    if report.cancelled:
        yield card("cancelled", _("Cancelled"), _("Not sent because the campaign was cancelled."))


def money(campaign: Campaign, request: HttpRequest) -> Iterator[Any]:
    report = _report(campaign, request)
    currency = report.currency
    orders = orders_url(campaign)
    yield StatGrid(
        [
            StatCard(
                _("Revenue"),
                format_money(report.revenue_minor, currency),
                definition=_("Totals of those orders less refunds. Discounts are taken off already."),
                url=orders,
                key="revenue",
            ),
            StatCard(
                _("Orders"),
                count(report.orders),
                definition=_("Orders credited to this campaign by the last touch; cancelled ones are left out."),
                note=of_delivered(report.order_rate),
                url=orders,
                key="orders",
            ),
            StatCard(
                _("Cost"),
                format_money(report.cost_minor, currency),
                definition=_("The costs that were entered for the campaign."),
                url=reverse("marketing_campaigns:costs", args=[campaign.pk]),
                key="cost",
            ),
            StatCard(
                _("Return on investment"),
                percent(report.roi, 0),
                definition=_("(Revenue − cost) ÷ cost."),
                note="" if report.roi is not None else _("No cost is entered."),
                url=orders,
                key="roi",
            ),
            StatCard(
                _("Discount given"),
                format_money(report.discount_minor, currency),
                definition=_("What the campaign's codes took off those orders; the revenue is without it already."),
                url=orders,
                key="discount",
            ),
        ],
        label=_("Money"),
    )


def days(campaign: Campaign, request: HttpRequest) -> Iterator[Any]:
    found = selectors.report_days(campaign)
    labels = [date_format(day.day, "SHORT_DATE_FORMAT") for day in found]
    yield Chart(
        title=_("Clicks and orders by day"),
        labels=labels,
        series=[
            Series(_("Clicked for the first time"), [day.clicked for day in found]),
            Series(_("Orders"), [day.orders for day in found]),
        ],
        kind="bar",
        key="clicks",
        label_heading=_("Day"),
    )
    currency = selectors.base_currency()
    yield Chart(
        title=_("Revenue by day"),
        labels=labels,
        series=[
            Series(
                _("Revenue"),
                [float(to_decimal(day.revenue_minor, currency)) for day in found],
                [format_money(day.revenue_minor, currency) for day in found],
            )
        ],
        kind="bar",
        key="revenue",
        label_heading=_("Day"),
    )


def emails(campaign: Campaign, request: HttpRequest) -> Iterator[Any]:
    messages = campaign.messages.select_related("template", "send").exclude(send=None)
    yield DataTable(
        headings=[_("E-mail"), _("State"), _("Messages")],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>',
                    reverse("marketing_sends:inspect", args=[message.send_id]),
                    message.template.name,
                ),
                message.send.get_state_display(),
                count(message.send.audience_count),
            ]
            for message in messages
        ],
        caption=_("Links, reasons and answers of the server stand on the page of each send."),
        numeric=(2,),
    )


def codes(campaign: Campaign, request: HttpRequest) -> Iterator[Any]:
    used = selectors.code_usage(campaign)
    currency = selectors.base_currency()
    if not used:
        yield EmptyState(
            _("No code was used"),
            _("Codes of the campaign's discounts appear here once an order uses one."),
            icon="wm-discounts",
        )
        return
    yield DataTable(
        headings=[_("Code"), _("Discount"), _("Orders"), _("Taken off")],
        rows=[[row.code, row.discount, count(row.orders), format_money(row.amount_minor, currency)] for row in used],
        numeric=(2, 3),
    )


def orders(campaign: Campaign, request: HttpRequest) -> Iterator[Any]:
    currency = selectors.base_currency()
    latest = list(selectors.credited_orders(campaign)[:SHOWN])
    if not latest:
        yield EmptyState(
            _("No order yet"),
            _("Orders appear here within a minute of being placed."),
            icon="wm-reports",
        )
        return
    yield DataTable(
        headings=[_("Order"), _("Placed"), _("Because"), _("Revenue")],
        rows=[
            [
                str(row.order),
                moment(row.order.placed_at),
                row.get_via_display(),
                format_money(row.amount_base, currency),
            ]
            for row in latest
        ],
        caption=_("The latest orders"),
        numeric=(3,),
    )
    yield Links(
        [
            (orders_url(campaign), _("All orders of this campaign")),
            (f"{orders_url(campaign)}?export=csv", _("All orders as CSV")),
        ]
    )


def register() -> None:
    """Called by ``ready``; the same sections again are harmless."""
    for order, (key, title, build) in enumerate(
        (
            ("money", gettext_lazy("What it earned"), money),
            ("delivery", gettext_lazy("Whom it reached"), delivery),
            ("days", gettext_lazy("Day by day"), days),
            ("codes", gettext_lazy("Codes"), codes),
            ("orders", gettext_lazy("Orders"), orders),
            ("emails", gettext_lazy("E-mails"), emails),
        )
    ):
        if key not in report_sections:
            report_sections.register(key, ReportSection(key, title, 100 * (order + 1), build))
