"""One contact's orders in memory, and the measures of them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from wagtail_marketing.commerce.models import Order, OrderCode, OrderLine, Product
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.segments.registry import Facts, Moment

if TYPE_CHECKING:
    from .orders import OrdersParams


@dataclass(frozen=True, slots=True)
class LineFact:
    sku: str
    net: int
    categories: frozenset[str]


@dataclass(frozen=True, slots=True)
class OrderFact:
    pk: int
    placed_at: datetime
    net: int
    channel: str


def _orders(contact: Contact) -> list[OrderFact]:
    rows = Order.objects.filter(contact=contact, cancelled_at__isnull=True).order_by("placed_at", "pk")
    return [
        OrderFact(pk, placed_at, total - refunded, channel)
        for pk, placed_at, total, refunded, channel in rows.values_list(
            "pk", "placed_at", "total_base", "refunded_base", "channel"
        )
    ]


def _codes(contact: Contact) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for order_id, code in OrderCode.objects.filter(order__contact=contact).values_list("order_id", "code"):
        found[order_id].add(code)
    return found


def _lines(contact: Contact) -> dict[int, list[LineFact]]:
    lines = OrderLine.objects.filter(order__contact=contact, order__cancelled_at__isnull=True)
    categories: dict[int, set[str]] = defaultdict(set)
    named = Product.categories.through.objects.filter(product_id__in=lines.values("product_id"))
    for product_id, name in named.values_list("product_id", "category__folded"):
        categories[product_id].add(name)
    found: dict[int, list[LineFact]] = defaultdict(list)
    columns = ("order_id", "sku", "total_base", "refunded_base", "product_id")
    for order_id, sku, total, refunded, product_id in lines.values_list(*columns):
        found[order_id].append(LineFact(sku, total - refunded, frozenset(categories.get(product_id, ()))))
    return found


def matching(params: "OrdersParams", facts: Facts, moment: Moment) -> Iterator[tuple[OrderFact, list[LineFact] | None]]:
    """The orders that count, each with the lines that count (None: all of the order, by its total)."""
    by_line = params.by_line or params.measure == "distinct_products"
    for order in facts.load("orders", _orders):
        if params.within and not params.within.contains(order.placed_at, moment):
            continue
        if params.channel and order.channel != params.channel:
            continue
        if params.min_total is not None and order.net < params.min_total:
            continue
        if params.code and params.code not in facts.load("order codes", _codes).get(order.pk, ()):
            continue
        if not by_line:
            yield order, None
            continue
        lines = [
            line
            for line in facts.load("order lines", _lines).get(order.pk, ())
            if (not params.skus or line.sku in params.skus)
            and (not params.categories or not line.categories.isdisjoint(params.categories))
        ]
        if lines:
            yield order, lines


def measure(params: "OrdersParams", facts: Facts, moment: Moment) -> int | Fraction | timedelta | None:
    """The value of the measure; None where there is no matching order and the measure is not 0 then."""
    found = list(matching(params, facts, moment))
    money = [order.net if lines is None else sum(line.net for line in lines) for order, lines in found]
    if params.measure == "count":
        return len(found)
    if params.measure == "total":
        return sum(money)
    if not found:
        return None
    match params.measure:
        case "max":
            return max(money)
        case "average":
            return Fraction(sum(money), len(money))
        case "distinct_products":
            return len({line.sku for _order, lines in found for line in lines or ()})
        case "days_since_first":
            return moment.now - min(order.placed_at for order, _lines in found)
        case "days_since_last":
            return moment.now - max(order.placed_at for order, _lines in found)
    raise ValueError(params.measure)
