"""Conditions on the cart and the moment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from wagtail_marketing.discounts.engine.amounts import format_amount
from wagtail_marketing.discounts.engine.filters import ProductFilter
from wagtail_marketing.discounts.engine.reader import Reader
from wagtail_marketing.discounts.engine.registry import register_condition

from .tree import Condition, Context


@register_condition("min_spend")
@dataclass(frozen=True)
class MinSpend(Condition):
    amount: int
    products: ProductFilter
    reads_amounts: ClassVar[bool] = True
    is_minimum: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader) -> "MinSpend":
        reader.only("amount", "products")
        return cls(reader.amount("amount"), ProductFilter.read(reader.child("products", {})))

    def holds(self, context: Context) -> bool:
        return context.amount_of(self.products) >= self.amount

    def missing(self, context: Context) -> str:
        lacking = max(0, self.amount - context.amount_of(self.products))
        return format_amount(lacking, context.cart.places)


@register_condition("min_quantity")
@dataclass(frozen=True)
class MinQuantity(Condition):
    quantity: int
    products: ProductFilter
    is_minimum: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader) -> "MinQuantity":
        reader.only("quantity", "products")
        return cls(reader.integer("quantity"), ProductFilter.read(reader.child("products", {})))

    def _has(self, context: Context) -> int:
        return sum(line.quantity for line in context.lines_of(self.products))

    def holds(self, context: Context) -> bool:
        return self._has(context) >= self.quantity

    def missing(self, context: Context) -> int:
        return max(0, self.quantity - self._has(context))


@register_condition("cart")
@dataclass(frozen=True)
class CartValue(Condition):
    """A value that came with the cart: `shipping.method`, `currency`, or one under `attributes`.

    Where the cart holds a list, one of its entries is enough. A value that is not there is not
    equal to anything, so that only `is_not` holds.
    """

    path: tuple[str, ...]
    op: str
    values: tuple[Any, ...]

    @classmethod
    def read(cls, reader: Reader) -> "CartValue":
        reader.only("path", "op", "value")
        path = tuple(reader.text("path").split("."))
        if path not in (("shipping", "method"), ("currency",)) and (path[0] != "attributes" or not all(path[1:])):
            raise reader.fail("path", "must be shipping.method, currency or attributes.<name>")
        op = reader.choice("op", ("is", "in", "is_not"))
        value = reader.get("value")
        if op == "in" and not isinstance(value, list | tuple):
            raise reader.fail("value", "must be a list")
        values = tuple(value) if op == "in" else (value,)
        if any(isinstance(one, Mapping | list | tuple) for one in values):
            raise reader.fail("value", "must be made of plain values")
        return cls(path, op, values)

    def holds(self, context: Context) -> bool:
        found = self._found(context)
        present = found if isinstance(found, list | tuple) else (found,)
        matches = any(_same(one, value) for one in present for value in self.values)
        return not matches if self.op == "is_not" else matches

    def _found(self, context: Context) -> Any:
        if self.path == ("currency",):
            return context.cart.currency
        if self.path[0] == "shipping":
            return context.cart.shipping_method
        found: Any = context.cart.attributes
        for name in self.path[1:]:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


def _same(one: Any, other: Any) -> bool:
    # In Python True equals 1; in JSON it does not.
    return one is not None and isinstance(one, bool) == isinstance(other, bool) and one == other


@register_condition("time")
@dataclass(frozen=True)
class TimeWindow(Condition):
    """Weekdays and hours in the shopper's zone (Monday is 0). A window past midnight belongs to the day on
    which it began."""

    weekdays: frozenset[int]
    start: int
    end: int

    @classmethod
    def read(cls, reader: Reader) -> "TimeWindow":
        reader.only("weekdays", "from", "to")
        weekdays = reader.get("weekdays", list(range(7)))
        if not isinstance(weekdays, list | tuple) or not all(
            isinstance(day, int) and not isinstance(day, bool) and 0 <= day <= 6 for day in weekdays
        ):
            raise reader.fail("weekdays", "must be a list of whole numbers from 0 (Monday) to 6")
        return cls(frozenset(weekdays), _minutes(reader, "from", "00:00"), _minutes(reader, "to", "24:00"))

    def holds(self, context: Context) -> bool:
        local = context.now.astimezone(context.facts.time_zone)
        # Seconds count: 21:59:59 is before 22:00.
        at, today = local.hour * 60 + local.minute, local.weekday()
        if self.start < self.end:
            return self.start <= at < self.end and today in self.weekdays
        if at >= self.start:
            return today in self.weekdays
        return at < self.end and (today - 1) % 7 in self.weekdays


def _minutes(reader: Reader, key: str, default: str) -> int:
    text = reader.text(key, default)
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", text):
        raise reader.fail(key, "must be a time such as 18:00")
    return int(text[:2]) * 60 + int(text[3:])
