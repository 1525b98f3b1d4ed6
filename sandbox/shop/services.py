"""Writes of the shop. Each is one transaction, and tells the marketing port inside it.

So what marketing knows of an order is committed exactly when the order is, and a code that has run
out stops the order before anybody is charged.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from shop import pricing
from shop.errors import AlreadyOrdered, EmptyCart, NothingToRefund, OrderClosed, OutOfStock
from shop.models import Cart, CartLine, Customer, Order, OrderLine, Product, Refund
from wagtail_marketing import host

MOST_PIECES = 99
CENT = Decimal("0.01")


def set_quantity(*, cart: Cart, product: Product, quantity: int) -> None:
    """Put exactly `quantity` pieces (0 to 99; 0 removes the line) of `product` into the cart."""
    with transaction.atomic():
        _keep_open(cart)
        if quantity < 1:
            cart.lines.filter(product=product).delete()
        else:
            CartLine.objects.update_or_create(
                cart=cart, product=product, defaults={"quantity": min(quantity, MOST_PIECES)}
            )
        host.cart_changed(cart)


def add_to_cart(*, cart: Cart, product: Product, quantity: int = 1) -> None:
    """Add `quantity` pieces of `product` to what the cart has of it."""
    if not product.active:
        raise OutOfStock(_("%(name)s is not on sale any more.") % {"name": product.name})
    with transaction.atomic():
        _keep_open(cart)
        there = cart.lines.filter(product=product).values_list("quantity", flat=True).first() or 0
        set_quantity(cart=cart, product=product, quantity=there + max(quantity, 1))


def set_codes(*, cart: Cart, codes: list[str]) -> None:
    """Keep the codes that the customer typed, each once, at most ten."""
    kept: dict[str, str] = {}
    for code in codes:
        if code.strip():
            kept.setdefault(code.strip().casefold(), code.strip()[:64])
    with transaction.atomic():
        _keep_open(cart)
        Cart.objects.filter(pk=cart.pk).update(codes=list(kept.values())[:10], updated_at=timezone.now())
    cart.codes = list(kept.values())[:10]


def give_cart(*, cart: Cart, customer: Customer) -> None:
    """The customer logged in: the cart is theirs."""
    with transaction.atomic():
        _keep_open(cart)
        cart.customer, cart.email = customer, customer.email
        cart.save(update_fields=["customer", "email", "updated_at"])
        host.cart_changed(cart)


def _keep_open(cart: Cart) -> None:
    """Touch the cart; an ordered one stays as it is."""
    if not Cart.objects.filter(pk=cart.pk, ordered_at=None).update(updated_at=timezone.now()):
        raise AlreadyOrdered(_("This cart has been ordered already."))
    cart.refresh_from_db(fields=["updated_at"])


def place_order(
    *,
    cart: Cart,
    email: str,
    name: str = "",
    customer: Customer | None = None,
    shipping_method: str = pricing.PICKUP,
    codes: list[str] | None = None,
    expected_total: Decimal | None = None,
    now: datetime | None = None,
) -> Order:
    """Turn the cart into a paid order at `expected_total`, or refuse and change nothing.

    Raises EmptyCart, AlreadyOrdered, OutOfStock, and the discounts' own PriceChanged (the total is
    not the expected one) and LimitExhausted (a code ran out), which carry the new price.
    """
    now = now or timezone.now()
    codes = cart.codes if codes is None else codes
    with transaction.atomic():
        if not Cart.objects.filter(pk=cart.pk, ordered_at=None).update(ordered_at=now, updated_at=now):
            done = Order.objects.filter(cart=cart).values_list("number", flat=True).first()
            raise AlreadyOrdered(_("This cart has been ordered already."), done or "")
        lines = list(cart.filled_lines())
        if not lines:
            raise EmptyCart(_("Your cart is empty."))
        _take_from_stock(lines, now)
        number = f"W{secrets.token_hex(5).upper()}"
        priced = pricing.commit(
            order_ref=number,
            cart=cart,
            lines=lines,
            shipping_method=shipping_method,
            codes=codes,
            customer=customer,
            email=email,
            expected_total=expected_total,
            now=now,
        )
        order = Order.objects.create(
            number=number,
            customer=customer,
            email=email.strip(),
            name=name.strip(),
            currency=cart.currency,
            total=priced.total,
            discount=priced.discount,
            shipping=priced.shipping,
            shipping_method=shipping_method,
            discount_codes=[row.code for row in priced.applied if row.code],
            placed_at=now,
            paid_at=now,
            access_key=uuid4(),
        )
        OrderLine.objects.bulk_create(
            OrderLine(
                order=order,
                position=position,
                product=line.product,
                sku=line.product.sku,
                name=line.product.name,
                quantity=line.quantity,
                unit_price=line.product.price,
                discount=priced.line_discounts[str(position)],
                amount=line.amount - priced.line_discounts[str(position)],
            )
            for position, line in enumerate(lines, start=1)
        )
        # The cart stays as a trace of the order, and is empty from now on.
        Cart.objects.filter(pk=cart.pk).update(order=order)
        cart.lines.all().delete()
        cart.refresh_from_db()
        host.order_placed(order)
        host.cart_changed(cart)
        for line in lines:
            host.product_changed(line.product)
    return order


def _take_from_stock(lines: list[CartLine], now: datetime) -> None:
    # In one order everywhere, so that two checkouts cannot wait for each other.
    for line in sorted(lines, key=lambda line: line.product_id):
        left = Product.objects.filter(pk=line.product_id, active=True, stock__gte=line.quantity).update(
            stock=F("stock") - line.quantity, updated_at=now
        )
        if not left:
            raise OutOfStock(_("There is not enough of %(name)s left.") % {"name": line.product.name})
        line.product.refresh_from_db(fields=["stock", "updated_at"])


def cancel_order(*, order: Order, now: datetime | None = None) -> Order:
    """Cancel an order without refunds, once; what was bought on the web goes back on the shelf."""
    now = now or timezone.now()
    with transaction.atomic():
        # The first statement takes the row, so that no refund can slip in between.
        if (
            not Order.objects.filter(pk=order.pk, cancelled_at=None).update(updated_at=now)
            or Refund.objects.filter(order_id=order.pk).exists()
        ):
            raise OrderClosed(_("The order is cancelled already, or has refunds."))
        Order.objects.filter(pk=order.pk).update(cancelled_at=now)
        order.refresh_from_db()
        if order.channel == Order.Channel.WEB:
            for product_id, quantity in order.lines.order_by("product_id").values_list("product_id", "quantity"):
                Product.objects.filter(pk=product_id).update(stock=F("stock") + quantity, updated_at=now)
        host.order_cancelled(order)
        if order.channel == Order.Channel.WEB:
            for product in Product.objects.filter(order_lines__order=order).distinct():
                host.product_changed(product)
    return order


def refund_line(
    *, line: OrderLine, quantity: int | None = None, by=None, ref: str = "", now: datetime | None = None
) -> Refund:
    """Give back what `quantity` pieces of the line cost (default: all that is left of it).

    On the web a piece is worth what it cost net of its own share of the discounts; in a store the
    pieces share the line's amount. All refunds together give back exactly what was paid, never more.
    `ref` makes a repeated call harmless.
    """
    now = now or timezone.now()
    with transaction.atomic():
        # The order's row is the lock that keeps a refund and a cancellation apart.
        if not Order.objects.filter(pk=line.order_id, cancelled_at=None).update(updated_at=now):
            raise OrderClosed(_("The order is cancelled."))
        if ref and (done := Refund.objects.filter(ref=ref, line=line).first()):
            return done
        line.refresh_from_db()
        before = line.refunded_quantity
        pieces = line.quantity - before if quantity is None else quantity
        if pieces < 1 or not OrderLine.objects.filter(
            pk=line.pk, refunded_quantity=before, quantity__gte=F("refunded_quantity") + pieces
        ).update(refunded_quantity=F("refunded_quantity") + pieces):
            raise NothingToRefund(_("So many pieces are not left to refund."))
        ref = ref or f"R{secrets.token_hex(5).upper()}"
        if line.order.channel == Order.Channel.WEB:
            amount = pricing.refund(
                order_ref=line.order.number, position=line.position, quantity=pieces, ref=ref, now=now
            )
        else:
            amount = _share(line, before + pieces) - _share(line, before)
        refund = Refund.objects.create(
            ref=ref, order_id=line.order_id, line=line, quantity=pieces, amount=amount, at=now, by=by
        )
        line.refresh_from_db()
        host.order_refunded(Order.objects.get(pk=line.order_id))
    return refund


def _share(line: OrderLine, pieces: int) -> Decimal:
    """What the first `pieces` of a line cost, to the cent."""
    return (line.amount * pieces / line.quantity).quantize(CENT, ROUND_HALF_UP)
