"""The cart and the facts about the shopper."""

import datetime as dt
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wagtail_marketing.core.currencies import digits

from .errors import InvalidInput
from .reader import Reader


def id_key(identifier: str) -> tuple[int, int, str]:
    """Sorts ids: those of digits as numbers and first, the others as text."""
    if identifier.isascii() and identifier.isdigit():
        return (0, int(identifier), identifier)
    return (1, 0, identifier)


def normalise_code(code: str) -> str:
    """The form in which two codes are compared: without outer space and case."""
    return code.strip().casefold()


@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` equal units at `unit_price` minor units each."""

    id: str
    sku: str
    quantity: int
    unit_price: int
    categories: frozenset[str] = frozenset()
    #: (name, value) pairs; a list in JSON gives several pairs of one name.
    attributes: frozenset[tuple[str, str]] = frozenset()

    @property
    def amount(self) -> int:
        return self.quantity * self.unit_price


@dataclass(frozen=True)
class Cart:
    """Lines in the order of their ids, so that the order in which they came changes nothing."""

    currency: str
    lines: tuple[Line, ...]
    shipping_method: str | None = None
    shipping: int = 0
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def subtotal(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def places(self) -> int:
        return digits(self.currency)

    @classmethod
    def from_json(cls, data: object, path: str = "cart") -> "Cart":
        reader = Reader(data, path, 2)
        currency = reader.text("currency")
        if not re.fullmatch(r"[A-Z]{3}", currency):
            raise reader.fail("currency", "must be the three capitals of a currency")
        reader.places = digits(currency)
        lines = sorted((_line(child) for child in reader.children("lines")), key=_line_key)
        for before, after in zip(lines, lines[1:], strict=False):
            if before.id == after.id:
                raise reader.fail("lines", f"has two lines with the id {after.id!r}")
        method, amount = None, 0
        if reader.get("shipping", None) is not None:
            shipping = reader.child("shipping")
            method = shipping.text("method", None)
            amount = shipping.amount("amount", 0)
        attributes = reader.get("attributes", {})
        if not isinstance(attributes, Mapping):
            raise reader.fail("attributes", "must be an object")
        return cls(currency, tuple(lines), method, amount, attributes)


def _line_key(line: Line) -> tuple[int, int, str]:
    return id_key(line.id)


def _line(reader: Reader) -> Line:
    return Line(
        id=reader.text("id"),
        sku=reader.text("sku"),
        quantity=reader.integer("quantity", minimum=1),
        unit_price=reader.amount("unit_price"),
        categories=reader.texts("categories"),
        attributes=read_attributes(reader, "attributes"),
    )


def read_attributes(reader: Reader, key: str) -> frozenset[tuple[str, str]]:
    """`{"brand": ["National"], "size": "L"}` as pairs; numbers and truths as their JSON text."""
    value = reader.get(key, {})
    if not isinstance(value, Mapping):
        raise reader.fail(key, "must be an object")
    pairs = set()
    for name, values in value.items():
        for item in values if isinstance(values, list | tuple) else (values,):
            if item is None:
                continue
            if isinstance(item, dict | list | tuple):
                raise reader.fail(f"{key}.{name}", "must be a value or a list of values")
            text = str(item).lower() if isinstance(item, bool) else str(item)
            pairs.add((str(name), text))
    return frozenset(pairs)


@dataclass(frozen=True)
class Facts:
    """What is known of the shopper at this moment. `order_count` counts earlier orders."""

    contact: str | None = None
    order_count: int = 0
    segments: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    tier: str | None = None
    birthday: dt.date | None = None
    time_zone: dt.tzinfo = dt.UTC

    @classmethod
    def from_json(cls, data: object, path: str = "facts") -> "Facts":
        reader = Reader(data, path, 2)
        birthday = reader.text("birthday", None)
        if birthday is not None:
            try:
                birthday = dt.date.fromisoformat(birthday)
            except ValueError:
                raise reader.fail("birthday", "must be a date such as 1990-02-28") from None
        try:
            zone = zoneinfo.ZoneInfo(reader.text("time_zone", "UTC"))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            raise reader.fail("time_zone", "is not a known time zone") from None
        return cls(
            contact=reader.text("contact", None),
            order_count=reader.integer("order_count", 0),
            segments=reader.texts("segments"),
            tags=reader.texts("tags"),
            tier=reader.text("tier", None),
            birthday=birthday,
            time_zone=zone,
        )


def parse_now(value: object, path: str = "now") -> dt.datetime:
    """An aware instant from its ISO 8601 text."""
    if not isinstance(value, str):
        raise InvalidInput(path, "must be a time such as 2026-11-21T10:00:00Z")
    try:
        instant = dt.datetime.fromisoformat(value)
    except ValueError:
        raise InvalidInput(path, "must be a time such as 2026-11-21T10:00:00Z") from None
    if instant.tzinfo is None:
        raise InvalidInput(path, "must name its offset from UTC")
    return instant
