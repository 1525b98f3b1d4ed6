"""What this room shows of a contact: figures and orders on its page, columns in the list."""

from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.admin.components import DataTable, Section, StatCard, StatGrid, StatusBadge
from wagtail_marketing.commerce.models import ContactTotals, Order
from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import (
    ListColumn,
    ProfileBlock,
    ProfileFact,
    list_columns,
    profile_blocks,
    profile_facts,
)
from wagtail_marketing.core import clock
from wagtail_marketing.core.money import format_money, to_decimal

#: Orders that the page shows; "?orders=all" shows MOST.
SHOWN, MOST = 10, 500


def day(moment: Any) -> str:
    return date_format(moment.astimezone(clock.shop_zone()), "SHORT_DATE_FORMAT") if moment else ""


def totals_block(contact: Contact, request: HttpRequest) -> list[Any]:
    totals = ContactTotals.objects.filter(contact=contact).first() or ContactTotals(contact=contact)
    count, currency = totals.order_count, settings.currency
    average = format_money(round(totals.total_base / count), currency) if count else "–"
    return [
        StatGrid(
            [
                StatCard(
                    _("Lifetime value"),
                    format_money(totals.total_base, currency),
                    definition=_("Orders that were not cancelled, net of refunds."),
                    key="value",
                ),
                StatCard(_("Orders"), localize(count), url="?tab=orders&orders=all" if count else "", key="orders"),
                StatCard(_("Average order"), average, key="average"),
                StatCard(_("First order"), day(totals.first_order_at) or "–", key="first"),
                StatCard(_("Last order"), day(totals.last_order_at) or "–", key="last"),
            ],
            label=_("What this person bought"),
        )
    ]


def value_fact(contact: Contact, request: HttpRequest) -> str:
    total = ContactTotals.objects.filter(contact=contact).values_list("total_base", flat=True).first()
    return format_money(total or 0, settings.currency)


def state_of(order: Order) -> StatusBadge:
    if order.cancelled_at:
        return StatusBadge("cancelled", _("cancelled"), "critical")
    if order.refunded_base:
        part = order.refunded_base < order.total_base
        return StatusBadge("refunded", _("partly refunded") if part else _("refunded"), "warning")
    if order.fulfilled_at:
        return StatusBadge("fulfilled", _("fulfilled"), "positive")
    return StatusBadge("paid", _("paid"), "info") if order.paid_at else StatusBadge("placed", _("placed"))


def orders_block(contact: Contact, request: HttpRequest) -> list[Any]:
    """The latest orders with what was in them: two statements."""
    most = MOST if request.GET.get("orders") == "all" else SHOWN
    orders = list(contact.orders.order_by("-placed_at", "-pk").prefetch_related("lines", "codes")[:most])
    if not orders:
        return [Section(_("Orders"), text=_("No orders yet."))]
    rows = []
    for order in orders:
        lines = list(order.lines.all())
        names = ", ".join(f"{line.quantity} × {line.name or line.sku}" for line in lines[:3])
        more = _(" and %(count)d more") % {"count": len(lines) - 3} if len(lines) > 3 else ""
        rows.append(
            (
                order.number,
                day(order.placed_at),
                state_of(order),
                names + more,
                ", ".join(code.code for code in order.codes.all()),
                format_money(order.total_minor - order.refunded_minor, order.currency),
            )
        )
    headings = (_("Order"), _("Placed"), _("State"), _("What"), _("Codes"), _("Net of refunds"))
    text = "" if len(orders) < most else _("The latest %(count)d.") % {"count": most}
    return [
        Section(
            _("Orders"), [DataTable(headings, rows, caption=_("Orders"), numeric=(5,), quiet_caption=True)], text=text
        )
    ]


def with_totals(contacts: "QuerySet[Contact]") -> "QuerySet[Contact]":
    return contacts.annotate(
        wm_orders=F("totals__order_count"), wm_value=F("totals__total_base"), wm_last_order=F("totals__last_order_at")
    )


COLUMNS = {
    "orders": ListColumn(
        gettext_lazy("Orders"),
        value=lambda row: localize(row.wm_orders or 0),
        export=lambda row: row.wm_orders or 0,
        annotate=with_totals,
        sort_key="orders",
        sort_by=("wm_orders",),
        sort_null=True,
        numeric=True,
    ),
    "lifetime_value": ListColumn(
        gettext_lazy("Lifetime value"),
        value=lambda row: format_money(row.wm_value or 0, settings.currency),
        export=lambda row: to_decimal(row.wm_value or 0, settings.currency),
        sort_key="value",
        sort_by=("wm_value",),
        sort_null=True,
        numeric=True,
    ),
    "last_order": ListColumn(
        gettext_lazy("Last order"),
        value=lambda row: day(row.wm_last_order),
        export=lambda row: row.wm_last_order,
        sort_key="last_order",
        sort_by=("wm_last_order",),
        sort_null=True,
    ),
}


def register() -> None:
    for name, column in COLUMNS.items():
        list_columns.register(name, column)
    profile_blocks.register("totals", TOTALS)
    profile_blocks.register("orders", ORDERS)
    profile_facts.register("value", VALUE)


TOTALS = ProfileBlock(10, totals_block)
ORDERS = ProfileBlock(60, orders_block, tab="orders")
VALUE = ProfileFact(20, gettext_lazy("Lifetime value"), value_fact)
