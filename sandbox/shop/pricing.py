"""What a cart costs. The shop knows its prices and delivery; codes are the marketing plug-in's."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shop.models import Cart, CartLine, Customer
from wagtail_marketing.discounts import services as discounts

PICKUP, DELIVERY = "pickup", "delivery"
DELIVERIES = (
    (PICKUP, gettext_lazy("Pick up in the store"), Decimal("0.00")),
    (DELIVERY, gettext_lazy("Home delivery"), Decimal("4.90")),
)
REASONS = {
    "min_spend": gettext_lazy("your cart is below the minimum"),
    "min_quantity": gettext_lazy("there are too few pieces in your cart"),
    "limit_reached": gettext_lazy("it has been used up"),
    "not_combined": gettext_lazy("it does not combine with a better offer in your cart"),
    "no_effect": gettext_lazy("nothing in your cart is part of the offer"),
    "code_not_valid": gettext_lazy("it is not valid"),
}


@dataclass(frozen=True, slots=True)
class Saving:
    """One discount that applied, as the customer sees it."""

    code: str
    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """A priced cart in dollars. `shipping` is what is left of it, `discount` all that was saved."""

    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    total: Decimal
    applied: list[Saving] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Code and, in words, why it does not count."""
    line_discounts: dict[str, Decimal] = field(default_factory=dict)


def quote(
    *,
    cart: Cart,
    lines: list[CartLine],
    shipping_method: str = PICKUP,
    customer: Customer | None = None,
    email: str = "",
    now: datetime | None = None,
) -> Price:
    """Price the cart with its codes; changes nothing."""
    form = cart_form(cart, lines, shipping_method)
    evaluation = discounts.quote(
        cart=form,
        codes=list(cart.codes),
        customer_key=customer.key if customer else None,
        email=email,
        now=now,
    )
    return read(evaluation, form)


def commit(
    *,
    order_ref: str,
    cart: Cart,
    lines: list[CartLine],
    shipping_method: str,
    codes: list[str],
    customer: Customer | None,
    email: str,
    expected_total: Decimal | None,
    now: datetime,
) -> Price:
    """Price the cart and use up its codes, in the order's transaction."""
    form = cart_form(cart, lines, shipping_method)
    evaluation = discounts.commit(
        order_ref=order_ref,
        cart=form,
        codes=codes,
        customer_key=customer.key if customer else None,
        email=email,
        expected_total=expected_total,
        now=now,
    )
    return read(evaluation, form)


def cart_form(cart: Cart, lines: list[CartLine], shipping_method: str) -> dict[str, Any]:
    """The cart in the documented JSON form."""
    amounts = {key: amount for key, _label, amount in DELIVERIES}
    return {
        "currency": cart.currency,
        "lines": [
            {
                # The same number as the order's line will have, so that a refund finds its shares.
                "id": str(position),
                "sku": line.product.sku,
                "quantity": line.quantity,
                "unit_price": str(line.product.price),
                "categories": [category.name for category in line.product.categories.all()],
                "attributes": {"brand": line.product.brand},
            }
            for position, line in enumerate(lines, start=1)
        ],
        "shipping": {"method": shipping_method, "amount": str(amounts[shipping_method])},
        "attributes": {"channel": "web"},
    }


def read(evaluation: Any, form: dict[str, Any]) -> Price:
    """An evaluation (in cents) as the shop's own price, in dollars and words."""
    off_shipping = sum(one.shipping for one in evaluation.applied)
    return Price(
        subtotal=_dollars(evaluation.subtotal),
        discount=_dollars(evaluation.discount_total),
        shipping=_dollars(evaluation.shipping - off_shipping),
        total=_dollars(evaluation.total),
        applied=[Saving(one.code or "", one.code or _("Offer"), _dollars(one.amount)) for one in evaluation.applied],
        refused=[
            (one.code, _reason(one.reasons[0].reason if one.reasons else "code_not_valid"))
            for one in evaluation.rejected
            if one.code
        ],
        line_discounts={line["id"]: _dollars(evaluation.off_line(line["id"])) for line in form["lines"]},
    )


def refund(*, order_ref: str, position: int, quantity: int, ref: str, now: datetime) -> Decimal:
    """What `quantity` pieces of a line bought on the web are worth, by the shares its discounts had."""
    return discounts.refund(order_ref=order_ref, line=str(position), quantity=quantity, refund_ref=ref, now=now).paid


def total_of(evaluation: Any) -> Decimal:
    """The total of an evaluation in dollars."""
    return _dollars(evaluation.total)


def _reason(kind: str) -> str:
    return str(REASONS.get(kind, _("it does not apply to this cart")))


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
