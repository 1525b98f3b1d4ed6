"""From a row of the shop to a dataclass: every value is read strictly, and a fault names its field."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from wagtail_marketing.conf import settings
from wagtail_marketing.core import clock

from .errors import RowError
from .types import HostCart, HostCartLine, HostCustomer, HostOrder, HostOrderLine, HostProduct, HostRefund

ZERO = Decimal(0)


class Unreadable(Exception):
    """A value of a row that cannot be what its field asks for."""

    def __init__(self, field: str, message: str, remedy: str = ""):
        super().__init__(message)
        self.field, self.message, self.remedy = field, message, remedy

    def of(self, kind: str, key: str) -> RowError:
        return RowError(kind, key, self.field, self.message, self.remedy)


def text(value: Any) -> str:
    return "" if value is None else str(value)


def moment(value: Any, field: str) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Unreadable(field, f"{value!r} has no time zone.", "Set USE_TZ, or map a callable that adds it.")
        return value
    if isinstance(value, date):
        return clock.start_of_day(value)
    raise Unreadable(field, f"{value!r} is no date and time.", "Map a DateTimeField.")


def needed_moment(value: Any, field: str) -> datetime:
    found = moment(value, field)
    if found is None:
        raise Unreadable(field, "is empty.", "Map a field that is always set.")
    return found


def day(value: Any, field: str) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise Unreadable(field, f"{value!r} is no date.", "Map a DateField.")


def amount(value: Any, field: str) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if value is None or value == "":
        return ZERO
    if isinstance(value, float):
        raise Unreadable(field, f"{value!r} is a float.", "Money is a DecimalField, or minor units by a callable.")
    try:
        return Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        raise Unreadable(field, f"{value!r} is no amount.", "Map a DecimalField.") from None


def whole(value: Any, field: str) -> int:
    if isinstance(value, int):
        return value
    try:
        number = Decimal(text(value) or "0")
    except InvalidOperation:
        raise Unreadable(field, f"{value!r} is no number.", "Map an IntegerField.") from None
    if number != number.to_integral_value():
        raise Unreadable(field, f"{value!r} is no whole number.", "Map a callable that gives pieces.")
    return int(number)


def _get(plan: Any, row: Any, name: str) -> Any:
    getter = plan.reader.getters.get(name)
    return getter(row) if getter is not None else None


def customer(plan: Any, row: Any, several: Mapping, children: Mapping) -> HostCustomer:
    consent = {}
    for channel in plan.map.consent:
        if _get(plan, row, f"consent.{channel}"):
            consent[channel] = moment(_get(plan, row, f"consent_at.{channel}"), f"consent.{channel}") or clock.now()
    key = text(_get(plan, row, "key"))
    if not key:
        raise Unreadable("key", "is empty.", "Leave such rows out by the map's filter.")
    texts: dict[str, Any] = {name: text(_get(plan, row, name)) for name in CUSTOMER_TEXT}
    return HostCustomer(
        key=key,
        **texts,
        birthday=day(_get(plan, row, "birthday"), "birthday"),
        created_at=moment(_get(plan, row, "created_at"), "created_at"),
        attributes={name: _get(plan, row, f"attributes.{name}") for name in plan.map.attributes},
        consent=consent,
    )


CUSTOMER_TEXT = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "language",
    "time_zone",
    "country",
    "region",
    "city",
)


def product(plan: Any, row: Any, several: Mapping, children: Mapping) -> HostProduct:
    price, stock = _get(plan, row, "price"), _get(plan, row, "stock")
    categories = several["categories"] if "categories" in several else _get(plan, row, "categories") or ()
    if isinstance(categories, str):
        categories = (categories,)
    return HostProduct(
        ref=text(_get(plan, row, "key")),
        sku=text(_get(plan, row, "sku")),
        name=text(_get(plan, row, "name")),
        price=None if price is None else amount(price, "price"),
        currency=text(_get(plan, row, "currency")) or settings.currency,
        stock=None if stock is None else whole(stock, "stock"),
        url=text(_get(plan, row, "url")),
        image_url=text(_get(plan, row, "image_url")),
        categories=tuple(dict.fromkeys(text(name) for name in categories if name)),
        attributes={name: _get(plan, row, f"attributes.{name}") for name in plan.map.attributes},
        active="active" not in plan.reader.getters or bool(_get(plan, row, "active")),
    )


def order(plan: Any, row: Any, several: Mapping, children: Mapping[str, Sequence[Any]]) -> HostOrder:
    codes = several["codes"] if "codes" in several else _get(plan, row, "codes") or ()
    return HostOrder(
        ref=text(_get(plan, row, "key")),
        placed_at=needed_moment(_get(plan, row, "placed_at"), "placed_at"),
        currency=text(_get(plan, row, "currency")) or settings.currency,
        total=amount(_get(plan, row, "total"), "total"),
        customer_key=text(_get(plan, row, "customer_key")),
        email=text(_get(plan, row, "email")),
        phone=text(_get(plan, row, "phone")),
        number=text(_get(plan, row, "number")),
        channel=text(_get(plan, row, "channel")),
        shipping=amount(_get(plan, row, "shipping"), "shipping"),
        discount=amount(_get(plan, row, "discount"), "discount"),
        codes=(codes,) if isinstance(codes, str) else tuple(text(code) for code in codes if code),
        lines=_lines(plan, children),
        refunds=_refunds(plan, children),
        paid_at=moment(_get(plan, row, "paid_at"), "paid_at"),
        fulfilled_at=moment(_get(plan, row, "fulfilled_at"), "fulfilled_at"),
        cancelled_at=moment(_get(plan, row, "cancelled_at"), "cancelled_at"),
    )


def _nothing(row: Any) -> None:
    return None


def _lines(plan: Any, children: Mapping[str, Sequence[Any]]) -> tuple[HostOrderLine, ...]:
    get = plan.children["lines"].getters
    ref, sku, quantity, total = get["ref"], get["sku"], get["quantity"], get["total"]
    product_ref, name = get.get("product_ref", _nothing), get.get("name", _nothing)
    return tuple(
        [
            HostOrderLine(
                text(ref(row)),
                text(sku(row)),
                whole(quantity(row), "lines.quantity"),
                amount(total(row), "lines.total"),
                text(product_ref(row)),
                text(name(row)),
            )
            for row in children["lines"]
        ]
    )


def _refunds(plan: Any, children: Mapping[str, Sequence[Any]]) -> tuple[HostRefund, ...]:
    if not children.get("refunds"):
        return ()
    get = plan.children["refunds"].getters
    line_ref, quantity = get.get("line_ref", _nothing), get.get("quantity", _nothing)
    return tuple(
        [
            HostRefund(
                ref=text(get["ref"](row)),
                amount=amount(get["amount"](row), "refunds.amount"),
                refunded_at=needed_moment(get["refunded_at"](row), "refunds.refunded_at"),
                line_ref=text(line_ref(row)),
                quantity=whole(quantity(row) or 0, "refunds.quantity"),
            )
            for row in children["refunds"]
        ]
    )


def cart(plan: Any, row: Any, several: Mapping, children: Mapping[str, Sequence[Any]]) -> HostCart:
    return HostCart(
        ref=text(_get(plan, row, "key")),
        currency=text(_get(plan, row, "currency")) or settings.currency,
        updated_at=needed_moment(_get(plan, row, "changed_at"), "changed_at"),
        customer_key=text(_get(plan, row, "customer_key")),
        email=text(_get(plan, row, "email")),
        lines=tuple(
            [HostCartLine(line.sku, line.quantity, line.total, line.product_ref) for line in _lines(plan, children)]
        ),
    )


BUILDERS = {"customers": customer, "products": product, "orders": order, "carts": cart}
