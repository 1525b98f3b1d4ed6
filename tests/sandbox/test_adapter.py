"""What the shop tells the plug-in through its field maps."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from shop import services
from shop.journey import rules
from shop.journey.loader import load
from shop.models import Order, Product

from wagtail_marketing import host

from .conftest import NOW
from .data import FIRST, SmallSource

pytestmark = pytest.mark.django_db


def test_customers_with_attributes_and_the_shops_consent():
    load(SmallSource(), shift=False)
    known = {customer.key: customer for customer in host.get_adapter().customers()}
    assert sorted(known) == ["household-7", "household-9"]
    seven = known["household-7"]
    assert (seven.email, seven.created_at) == ("household-7@example.com", FIRST)
    assert seven.attributes["age"] == "45-54"
    assert not known["household-9"].attributes.get("age")
    for number, customer in ((7, seven), (9, known["household-9"])):
        wanted = {"email": rules.news_date(number, customer.created_at)} if rules.household(number).wants_news else {}
        assert customer.consent == wanted
    assert [bool(known[key].consent) for key in sorted(known)] == [True, True]


def test_attributes_have_types_and_choices():
    attributes = {spec.name: spec for spec in host.get_adapter().attributes()}
    assert sorted(attributes) == [
        "age",
        "home_ownership",
        "household_comp",
        "household_size",
        "income",
        "kids_count",
        "marital_status",
    ]
    assert [value for value, _ in attributes["kids_count"].choices] == ["0", "1", "2", "3+"]
    assert {spec.type for spec in attributes.values()} == {"text"}


def test_orders_products_and_refunds_as_they_are(cart, customer, bread):
    order = services.place_order(
        cart=cart, email=customer.email, customer=customer, expected_total=Decimal("11.99"), now=NOW
    )
    services.refund_line(line=order.lines.get(position=1), quantity=1, ref="R1", now=NOW)
    told = host.get_adapter().order(order)
    assert (told.ref, told.customer_key, told.channel, told.currency) == (order.number, "household-1", "web", "USD")
    assert (told.total, told.placed_at, told.codes) == (Decimal("11.99"), NOW, ())
    assert [(line.ref, line.sku, line.quantity, line.total) for line in told.lines] == [
        ("1", "11", 4, Decimal("10.00")),
        ("2", "12", 1, Decimal("1.99")),
    ]
    assert [(refund.ref, refund.line_ref, refund.quantity, refund.amount) for refund in told.refunds] == [
        ("R1", "1", 1, Decimal("2.50"))
    ]
    product = host.get_adapter().product(Product.objects.get(pk=bread.pk))
    assert (product.sku, product.price, product.stock, sorted(product.categories)) == (
        "11",
        Decimal("2.50"),
        6,
        ["BREAD", "PASTRY"],
    )
    assert (product.url, product.attributes) == ("/products/11/", {"brand": "Private"})


def test_a_later_sync_finds_what_changed():
    load(SmallSource(), shift=False)
    Order.objects.update(updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    order = Order.objects.get(number="1002")
    services.cancel_order(order=order, now=NOW)
    assert [told.ref for told in host.get_adapter().orders(updated_since=NOW)] == ["1002"]
