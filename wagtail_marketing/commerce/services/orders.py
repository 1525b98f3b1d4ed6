"""Orders with lines, codes and refunds, a batch at a time: each is made what the shop says it is now."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from wagtail_marketing.commerce.models import Order, OrderCode, OrderLine, Product, Refund
from wagtail_marketing.contacts import facts
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.host.adapter import HostAdapter
from wagtail_marketing.host.errors import RowError
from wagtail_marketing.host.types import HostOrder

from .merge import merge
from .people import People
from .values import Mirrored, Money, clean, codes

ORDER = {
    "ref": "text",
    "number": "text",
    "contact_id": "integer",
    "currency": "text",
    "total_minor": "integer",
    "total_base": "integer",
    "shipping_minor": "integer",
    "discount_minor": "integer",
    "refunded_minor": "integer",
    "refunded_base": "integer",
    "channel": "text",
    "placed_at": "moment",
    "paid_at": "moment",
    "fulfilled_at": "moment",
    "cancelled_at": "moment",
}
LINE = {
    "order_id": "integer",
    "ref": "text",
    "product_id": "integer",
    "sku": "text",
    "name": "text",
    "quantity": "integer",
    "total_minor": "integer",
    "total_base": "integer",
    "refunded_base": "integer",
}
REFUND = {
    "order_id": "integer",
    "ref": "text",
    "line_id": "integer",
    "quantity": "integer",
    "amount_minor": "integer",
    "amount_base": "integer",
    "refunded_at": "moment",
}


@dataclass(slots=True)
class _Read:
    """An order in our units, its rows without the ids that only the database knows."""

    order: HostOrder
    row: tuple[Any, ...]
    lines: dict[str, tuple[Any, ...]]
    refunds: dict[str, tuple[Any, ...]]
    codes: tuple[str, ...]


@transaction.atomic
def mirror_orders(*, orders: Sequence[HostOrder], adapter: HostAdapter, now: datetime) -> Mirrored:
    """Write a batch of orders and what hangs on them; of two with one ref the last counts.

    ``contacts`` of the result are those whose totals are to be refreshed (``refresh_totals``): who has one
    of these orders now or had it before. An order that cannot be read is reported to the adapter and left out.
    """
    people = People(orders, adapter, now)
    read: dict[str, _Read] = {}
    for order in orders:
        try:
            read[clean(order.ref, 190)] = _read(order, people, adapter)
        except DomainError as error:
            adapter.report(RowError("orders", order.ref, error.field, str(error.message), str(error.remedy)))
    before = {
        ref: (pk, contact)
        for ref, pk, contact in Order.objects.filter(ref__in=list(read)).values_list("ref", "pk", "contact_id")
    }
    written = merge(
        Order, ORDER, [one.row for one in read.values()], unique=("ref",), fixed={"updated_at": now}, returning=True
    ).ids
    ids = dict(Order.objects.filter(ref__in=list(read)).values_list("ref", "pk"))
    old = {pk for pk, _contact in before.values()}
    changed = set(written)
    changed |= _write_lines(read, ids, old)
    changed |= _write_codes(read, ids, old)
    refunds = _write_refunds(read, ids, old, now)
    facts.announce("order", changed, at=now)
    facts.announce("refund", refunds, at=now)
    created = len(read) - len(before)
    updated = len(changed) - created
    contacts = {one.row[2] for ref, one in read.items() if ids[ref] in changed}
    contacts |= {contact for pk, contact in before.values() if pk in changed}
    facts.touch("orders", contacts, at=now)
    return Mirrored(len(orders), created, updated, len(read) - created - updated, contacts=contacts - {None})


def _read(order: HostOrder, people: People, adapter: HostAdapter) -> _Read:
    money = Money(adapter, order.currency, order.placed_at)
    minor, base = money.minor, money.base
    refunded: dict[str, int] = defaultdict(int)
    refunds = {}
    refunded_minor = refunded_base = 0
    for refund in order.refunds:
        amount_minor, amount_base = minor(refund.amount), base(refund.amount)
        refunds[clean(refund.ref, 190)] = (
            clean(refund.line_ref, 190),
            refund.quantity,
            amount_minor,
            amount_base,
            refund.refunded_at,
        )
    for line_ref, _quantity, amount_minor, amount_base, _at in refunds.values():
        refunded[line_ref] += amount_base
        refunded_minor += amount_minor
        refunded_base += amount_base
    lines = {}
    for line in order.lines:
        ref = clean(line.ref, 190)
        lines[ref] = (
            line.product_ref,
            clean(line.sku, 190),
            clean(line.name, 255),
            line.quantity,
            minor(line.total),
            base(line.total),
            refunded.get(ref, 0) if refunded else 0,
        )
    row = (
        clean(order.ref, 190),
        clean(order.number or order.ref, 190),
        people.of(order),
        order.currency,
        minor(order.total),
        base(order.total),
        minor(order.shipping),
        minor(order.discount),
        refunded_minor,
        refunded_base,
        clean(order.channel, 60),
        order.placed_at,
        order.paid_at,
        order.fulfilled_at,
        order.cancelled_at,
    )
    return _Read(order, row, lines, refunds, codes(order.codes))


def _write_lines(read: dict[str, _Read], ids: dict[str, int], old: set[int]) -> set[int]:
    """Returns the ids of the old orders whose lines changed."""
    products = _products(read)
    rows = [
        (ids[ref], line_ref, products.get(line[0] or f"sku:{line[1]}"), *line[1:])
        for ref, one in read.items()
        for line_ref, line in one.lines.items()
    ]
    new, kept = _split(rows, old)
    merge(OrderLine, LINE, new, unique=("order_id", "ref"))
    if not kept:
        return _delete_others(OrderLine, kept, old)
    touched = merge(OrderLine, LINE, kept, unique=("order_id", "ref"), returning=True).ids
    changed = set(OrderLine.objects.filter(pk__in=touched).values_list("order_id", flat=True))
    return changed | _delete_others(OrderLine, kept, old)


def _products(read: dict[str, _Read]) -> dict[str, int]:
    """Our ids of the products that the lines name, by ref; by ``sku:<sku>`` where they give no ref."""
    refs = {line[0] for one in read.values() for line in one.lines.values()}
    skus = {line[1] for one in read.values() for line in one.lines.values() if not line[0]}
    found = dict(Product.objects.filter(ref__in=refs - {""}).values_list("ref", "pk"))
    if skus:
        for sku, pk in Product.objects.filter(sku__in=skus).order_by("-pk").values_list("sku", "pk"):
            found[f"sku:{sku}"] = pk
    return found


def _write_codes(read: dict[str, _Read], ids: dict[str, int], old: set[int]) -> set[int]:
    columns = {"order_id": "integer", "code": "text"}
    rows = [(ids[ref], code) for ref, one in read.items() for code in one.codes]
    new, kept = _split(rows, old)
    merge(OrderCode, columns, new, unique=("order_id", "code"))
    touched = merge(OrderCode, columns, kept, unique=("order_id", "code"), returning=True).ids
    changed = set(OrderCode.objects.filter(pk__in=touched).values_list("order_id", flat=True)) if touched else set()
    return changed | _delete_others(OrderCode, kept, old, key="code")


def _write_refunds(read: dict[str, _Read], ids: dict[str, int], old: set[int], now: datetime) -> tuple[int, ...]:
    """Returns the ids of the refunds that are new or changed (their orders' own rows changed with them)."""
    with_refunds = [ids[ref] for ref, one in read.items() if one.refunds]
    lines = {
        (order, ref): pk
        for order, ref, pk in OrderLine.objects.filter(order__in=with_refunds).values_list("order_id", "ref", "pk")
    }
    rows = [
        (ids[ref], refund_ref, lines.get((ids[ref], refund[0])), *refund[1:])
        for ref, one in read.items()
        for refund_ref, refund in one.refunds.items()
    ]
    written = merge(Refund, REFUND, rows, unique=("order_id", "ref"), returning=True).ids
    gone, _orders = _others(Refund, rows, old)
    Refund.objects.filter(pk__in=gone).delete()
    facts.announce("refund-gone", gone, at=now)
    return written


def _split(rows: list[tuple[Any, ...]], old: set[int]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows of orders that we did not know, and of those that we did."""
    if not old:
        return rows, []
    return [row for row in rows if row[0] not in old], [row for row in rows if row[0] in old]


def _delete_others(model: type[Model], kept: list[tuple[Any, ...]], old: set[int], key: str = "ref") -> set[int]:
    """Delete what the shop's old orders hold no more; returns the orders that lost something."""
    gone, orders = _others(model, kept, old, key)
    if gone:
        model._default_manager.filter(pk__in=gone).delete()
    return orders


def _others(
    model: type[Model], kept: list[tuple[Any, ...]], old: set[int], key: str = "ref"
) -> tuple[list[int], set[int]]:
    """Rows of the old orders that the shop does not have, and whose they are."""
    if not old:
        return [], set()
    keep = {(row[0], row[1]) for row in kept}
    have = model._default_manager.filter(order_id__in=old).values_list("pk", "order_id", key)
    gone = [(pk, order) for pk, order, ref in have if (order, ref) not in keep]
    return [pk for pk, _order in gone], {order for _pk, order in gone}
