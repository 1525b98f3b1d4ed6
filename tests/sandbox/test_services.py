"""Orders, cancellations and refunds: one transaction each, and the marketing port told inside it."""

from decimal import Decimal

import pytest
from django.db import transaction
from shop import services
from shop.errors import AlreadyOrdered, EmptyCart, NothingToRefund, OrderClosed, OutOfStock
from shop.models import Cart, Order, OrderLine, Product, Refund

from wagtail_marketing import host
from wagtail_marketing.discounts.errors import PriceChanged
from wagtail_marketing.discounts.models import OrderPricing

from .conftest import NOW

pytestmark = pytest.mark.django_db


def place(cart, **options):
    given = {"email": "household-1@example.com", "name": "Ada Stone", "expected_total": Decimal("11.99"), "now": NOW}
    return services.place_order(cart=cart, **{**given, **options})


def test_an_order_has_the_lines_the_stock(cart, customer, bread, soup):
    order = place(cart, customer=customer)
    assert (order.total, order.discount, order.shipping) == (Decimal("11.99"), 0, 0)
    assert order.placed_at == order.paid_at == NOW
    assert list(order.lines.values_list("position", "sku", "quantity", "unit_price", "discount", "amount")) == [
        (1, "11", 4, Decimal("2.50"), Decimal("0.00"), Decimal("10.00")),
        (2, "12", 1, Decimal("1.99"), Decimal("0.00"), Decimal("1.99")),
    ]
    assert [Product.objects.get(sku=sku).stock for sku in ("11", "12")] == [6, 9]
    cart.refresh_from_db()
    assert (cart.order, cart.ordered_at, cart.lines.count()) == (order, NOW, 0)
    assert OrderPricing.objects.filter(order_ref=order.number).count() == 1


def test_home_delivery_is_part_of_the_total(cart):
    order = place(cart, shipping_method="delivery", expected_total=Decimal("16.89"))
    assert (order.total, order.shipping) == (Decimal("16.89"), Decimal("4.90"))


def test_another_total_than_the_one_shown_is_never_charged(cart):
    with pytest.raises(PriceChanged) as refused:
        place(cart, expected_total=Decimal("11.98"))
    assert refused.value.evaluation.total == 1199
    assert_untouched(cart)


def test_what_is_not_in_stock_is_refused_and_nothing_is_taken(cart, soup):
    Product.objects.filter(pk=soup.pk).update(stock=0)
    with pytest.raises(OutOfStock, match="Tomato soup"):
        place(cart)
    assert Product.objects.get(sku="11").stock == 10
    assert not Order.objects.exists()
    cart.refresh_from_db()
    assert cart.ordered_at is None


def test_a_second_press_gives_the_first_order(cart):
    order = place(cart)
    with pytest.raises(AlreadyOrdered) as refused:
        place(cart)
    assert refused.value.order_number == order.number
    assert Order.objects.count() == 1


def test_an_empty_cart_is_refused():
    cart = Cart.objects.create()
    with pytest.raises(EmptyCart):
        place(cart)
    cart.refresh_from_db()
    assert cart.ordered_at is None


def test_if_marketing_rejects_the_order_is_not_there(cart, monkeypatch):
    def reject(order):
        raise PriceChanged(None, "no")

    monkeypatch.setattr(host, "order_placed", reject)
    with pytest.raises(PriceChanged):
        place(cart)
    assert_untouched(cart)


def assert_untouched(cart):
    assert not Order.objects.exists()
    assert not OrderPricing.objects.exists()
    assert [Product.objects.get(sku=sku).stock for sku in ("11", "12")] == [10, 10]
    cart.refresh_from_db()
    assert (cart.ordered_at, cart.lines.count()) == (None, 2)


def test_a_cancelled_order_goes_back_on_the_shelf(cart):
    order = place(cart)
    services.cancel_order(order=order, now=NOW)
    assert order.cancelled_at == NOW
    assert [Product.objects.get(sku=sku).stock for sku in ("11", "12")] == [10, 10]
    with pytest.raises(OrderClosed):
        services.cancel_order(order=order)
    assert Product.objects.get(sku="11").stock == 10


def test_refunds_of_a_line_add_up_to_what_was_paid(cart):
    order = place(cart)
    line = order.lines.get(position=1)
    first = services.refund_line(line=line, quantity=1, now=NOW)
    rest = services.refund_line(line=line, now=NOW)
    assert (first.amount, first.quantity, rest.amount, rest.quantity) == (Decimal("2.50"), 1, Decimal("7.50"), 3)
    with pytest.raises(NothingToRefund):
        services.refund_line(line=line)
    assert Refund.objects.count() == 2


def test_the_cents_of_a_store_line_are_shared_without_loss(customer):
    order = Order.objects.create(
        number="1", customer=customer, channel=Order.Channel.STORE, total=Decimal("1.00"), placed_at=NOW
    )
    line = OrderLine.objects.create(
        order=order, position=1, sku="x", name="x", quantity=3, unit_price=Decimal("0.33"), amount=Decimal("1.00")
    )
    amounts = [services.refund_line(line=line, quantity=1, now=NOW).amount for _ in range(3)]
    assert amounts == [Decimal("0.33"), Decimal("0.34"), Decimal("0.33")]


def test_the_same_refund_number_gives_back_once(cart):
    line = place(cart).lines.get(position=1)
    first = services.refund_line(line=line, quantity=1, ref="R1", now=NOW)
    again = services.refund_line(line=line, quantity=1, ref="R1", now=NOW)
    assert first == again
    line.refresh_from_db()
    assert line.refunded_quantity == 1


def test_more_pieces_than_are_left_are_refused(cart):
    line = place(cart).lines.get(position=1)
    with pytest.raises(NothingToRefund):
        services.refund_line(line=line, quantity=5)
    assert not Refund.objects.exists()


def test_a_cancelled_order_is_not_refunded_and_a_refunded_one_not_cancelled(cart, bread):
    order = place(cart)
    services.refund_line(line=order.lines.get(position=2), now=NOW)
    with pytest.raises(OrderClosed):
        services.cancel_order(order=order)
    order.refresh_from_db()
    assert order.cancelled_at is None
    other = Cart.objects.create()
    services.add_to_cart(cart=other, product=bread)
    cancelled = services.cancel_order(order=place(other, expected_total=Decimal("2.50")))
    with pytest.raises(OrderClosed):
        services.refund_line(line=cancelled.lines.get())
    assert Refund.objects.count() == 1


def test_a_cart_takes_up_to_99_pieces_and_none_after_the_order(cart, bread):
    services.add_to_cart(cart=cart, product=bread, quantity=98)
    assert cart.lines.get(product=bread).quantity == 99
    services.set_quantity(cart=cart, product=bread, quantity=0)
    assert not cart.lines.filter(product=bread).exists()
    place(cart, expected_total=Decimal("1.99"))
    with transaction.atomic(), pytest.raises(AlreadyOrdered):
        services.add_to_cart(cart=cart, product=bread)
    assert cart.lines.count() == 0


def test_codes_are_kept_once_each_whatever_their_case(cart):
    services.set_codes(cart=cart, codes=[" Spring ", "SPRING", "", "OTHER"])
    cart.refresh_from_db()
    assert cart.codes == ["Spring", "OTHER"]
