"""A little shop in memory."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from wagtail_marketing.host.types import (
    AttributeSpec,
    HostCart,
    HostCartLine,
    HostCustomer,
    HostOrder,
    HostOrderLine,
    HostProduct,
    HostRefund,
)
from wagtail_marketing.testing.memory_host import MemoryHost

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def customer(number: int, **values) -> HostCustomer:
    given = {
        "key": f"c-{number}",
        "email": f"c{number}@example.com",
        "first_name": "Ann",
        "created_at": NOW - timedelta(days=400),
        "updated_at": NOW,
        "attributes": {"age": "19-24", "visits": number, "since": date(2020, 1, 2), "vip": number == 1},
        "consent": {"email": NOW} if number % 2 else {},
    }
    return HostCustomer(**given | values)


def order(number: int, *, to: int = 1, lines=((1, "milk", 2, "2.40"), (2, "bread", 1, "2.00")), **values) -> HostOrder:
    rows = tuple(
        HostOrderLine(str(ref), sku, quantity, Decimal(total), product_ref=sku) for ref, sku, quantity, total in lines
    )
    given = {
        "ref": f"o-{number:03}",
        "number": f"{number:03}",
        "placed_at": NOW - timedelta(days=number),
        "currency": "USD",
        "total": sum((row.total for row in rows), Decimal(0)),
        "customer_key": f"c-{to}" if to else "",
        "lines": rows,
        "updated_at": NOW,
    }
    return HostOrder(**given | values)


def refund(ref: str, amount: str, line: str = "") -> HostRefund:
    return HostRefund(ref, Decimal(amount), NOW, line, 1 if line else 0)


def cart(number: int, **values) -> HostCart:
    given = {
        "ref": f"k-{number}",
        "currency": "USD",
        "updated_at": NOW,
        "customer_key": "c-1",
        "lines": (HostCartLine("milk", 2, Decimal("2.40"), "milk"),),
    }
    return HostCart(**given | values)


PRODUCTS = (
    HostProduct("milk", "milk", "Milk", Decimal("1.20"), "USD", 5, categories=("DAIRY", "Milk"), updated_at=NOW),
    HostProduct("bread", "bread", "Bread", Decimal("2.00"), "USD", categories=("BAKERY",), updated_at=NOW),
)
ATTRIBUTES = (
    AttributeSpec("age"),
    AttributeSpec("visits", "number"),
    AttributeSpec("since", "date"),
    AttributeSpec("vip", "boolean"),
)


@pytest.fixture
def shop():
    host = MemoryHost(*PRODUCTS, *(customer(number) for number in range(1, 4)), attributes=ATTRIBUTES)
    with host.active():
        yield host
