"""What this room knows of a person, and forgets of them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.merging import Derived, Merger, Moved
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import erasers, exporters, mergers
from wagtail_marketing.core.money import to_decimal

from .models import Cart, ContactTotals, Order
from .services.totals import refresh_totals


def export_orders(contact: Contact) -> dict[str, Any]:
    """Orders with their lines, and open carts; amounts as decimal strings."""
    orders = contact.orders.order_by("placed_at", "pk").prefetch_related("lines", "codes", "refunds")
    return {
        "orders": [
            {
                "number": order.number,
                "placed_at": order.placed_at.isoformat(),
                "cancelled_at": order.cancelled_at.isoformat() if order.cancelled_at else None,
                "currency": order.currency,
                "total": str(to_decimal(order.total_minor, order.currency)),
                "refunded": str(to_decimal(order.refunded_minor, order.currency)),
                "codes": [code.code for code in order.codes.all()],
                "lines": [
                    {
                        "sku": line.sku,
                        "name": line.name,
                        "quantity": line.quantity,
                        "total": str(to_decimal(line.total_minor, order.currency)),
                    }
                    for line in order.lines.all()
                ],
            }
            for order in orders
        ],
        "carts": [{"changed_at": cart.changed_at.isoformat(), "lines": cart.lines} for cart in contact.carts.all()],
    }


def erase_carts(contact: Contact) -> None:
    """Orders stay, under the pseudonym that the contact becomes: the books must add up. Carts need not."""
    Cart.objects.filter(contact=contact).delete()


MERGER = Merger(
    Moved(Order, label=_("orders")),
    Moved(Cart, label=_("carts")),
    Derived(ContactTotals),
    after=lambda contacts: refresh_totals(contacts=contacts),
)


def register() -> None:
    mergers.register("commerce", MERGER)
    exporters.register("commerce", export_orders)
    erasers.register("commerce", erase_carts)
