"""What a shop tells us, as plain frozen dataclasses: the whole vocabulary of the port."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

#: What a customer is known by and called: the fields of ``HostCustomer`` that a person could also be edited by.
CUSTOMER_FIELDS = frozenset(
    {
        *("email", "phone", "first_name", "last_name", "language", "time_zone"),
        *("country", "region", "city", "birthday"),
    }
)


@dataclass(frozen=True, slots=True)
class AttributeSpec:
    """A customer attribute that the adapter declares, so that segments can offer it.

    ``type`` is ``text``, ``number``, ``date`` or ``boolean``; ``choices`` are ``(value, label)`` pairs.
    """

    name: str
    type: str = "text"
    label: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HostCustomer:
    """A customer. ``consent`` maps a channel (``email``, ``sms``) to the aware time at which it was given."""

    key: str
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    time_zone: str = ""
    country: str = ""
    region: str = ""
    city: str = ""
    birthday: date | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    consent: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HostProduct:
    """A product. ``price`` is per unit in ``currency``; ``stock`` is None where the shop does not count it."""

    ref: str
    sku: str
    name: str
    price: Decimal | None = None
    currency: str = ""
    stock: int | None = None
    url: str = ""
    image_url: str = ""
    categories: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HostOrderLine:
    """A line. ``total`` is what the line costs, net of discounts (tax as the adapter declares)."""

    ref: str
    sku: str
    quantity: int
    total: Decimal
    product_ref: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class HostRefund:
    """Money given back; ``line_ref`` is empty where it concerns the whole order."""

    ref: str
    amount: Decimal
    refunded_at: datetime
    line_ref: str = ""
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class HostOrder:
    """An order with all its lines and refunds. ``customer_key`` is empty for a guest."""

    ref: str
    placed_at: datetime
    currency: str
    total: Decimal
    customer_key: str = ""
    email: str = ""
    phone: str = ""
    number: str = ""
    channel: str = ""
    shipping: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    codes: tuple[str, ...] = ()
    lines: tuple[HostOrderLine, ...] = ()
    refunds: tuple[HostRefund, ...] = ()
    paid_at: datetime | None = None
    fulfilled_at: datetime | None = None
    cancelled_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HostCartLine:
    sku: str
    quantity: int
    total: Decimal
    product_ref: str = ""


@dataclass(frozen=True, slots=True)
class HostCart:
    """A cart that is not an order yet."""

    ref: str
    currency: str
    updated_at: datetime
    customer_key: str = ""
    email: str = ""
    lines: tuple[HostCartLine, ...] = ()
