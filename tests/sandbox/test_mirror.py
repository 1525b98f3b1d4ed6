"""What the shop commits, marketing's mirror has; what the shop rolls back, it has not."""

from decimal import Decimal

import pytest
from shop import services
from shop.errors import OutOfStock
from shop.models import Product

from wagtail_marketing.commerce.models import Cart, ContactTotals, Order
from wagtail_marketing.contacts.models import Contact

from .conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(cart, customer):
    return services.place_order(
        cart=cart, email=customer.email, customer=customer, expected_total=Decimal("11.99"), now=NOW
    )


def mirrored(order) -> Order:
    return Order.objects.get(ref=order.number)


def test_an_order_is_mirrored_with_its_contact_and_the_cart_is_empty(order, cart):
    mirror = mirrored(order)
    assert (mirror.total_minor, mirror.currency, mirror.placed_at, mirror.channel) == (1199, "USD", NOW, "web")
    assert mirror.contact == Contact.objects.get(external_key="household-1")
    assert list(mirror.lines.order_by("ref").values_list("ref", "sku", "quantity", "total_minor")) == [
        ("1", "11", 4, 1000),
        ("2", "12", 1, 199),
    ]
    assert ContactTotals.objects.get(contact=mirror.contact).total_base == 1199
    assert not Cart.objects.filter(ref=str(cart.key), lines__isnull=False).exists()


def test_a_refund_and_a_cancellation_reach_the_mirror(order, customer, bread):
    services.refund_line(line=order.lines.get(position=1), quantity=1, ref="R1", now=NOW)
    mirror = mirrored(order)
    assert (mirror.refunded_minor, mirror.cancelled_at) == (250, None)
    assert list(mirror.refunds.values_list("ref", "line__ref", "amount_minor")) == [("R1", "1", 250)]


def test_a_cancelled_order_counts_no_more(order):
    services.cancel_order(order=order, now=NOW)
    assert mirrored(order).cancelled_at == NOW
    assert not ContactTotals.objects.exists()


def test_an_order_that_the_shop_takes_back_was_never_there(cart, customer):
    Product.objects.filter(sku="12").update(stock=0)
    with pytest.raises(OutOfStock):
        services.place_order(
            cart=cart, email=customer.email, customer=customer, expected_total=Decimal("11.99"), now=NOW
        )
    assert not Order.objects.exists()
