"""What the shop reports in its own transaction goes into the mirror at once, as committed as the shop's change.

Every handler writes what the dataclass says, whichever event brought it: repeating one changes nothing.
Each runs in a savepoint; its fault is queued for the next sync.
"""

from wagtail_marketing import host
from wagtail_marketing.contacts.services import mark_deleted
from wagtail_marketing.core import clock, events, tasks
from wagtail_marketing.host import handlers
from wagtail_marketing.host.types import HostCart, HostCustomer, HostOrder, HostProduct

from .events import OrderMirrored
from .models import Order
from .services import faults
from .services.carts import mirror_carts
from .services.customers import mirror_customers
from .services.orders import mirror_orders
from .services.products import mirror_products
from .services.totals import refresh_totals

ORDER_EVENTS = (
    "order_placed",
    "order_changed",
    "order_paid",
    "order_cancelled",
    "order_refunded",
    "order_fulfilled",
)


def order_event(event: str):
    """The handler of one of ``ORDER_EVENTS``."""

    def mirror(order: HostOrder) -> None:
        mirrored = mirror_orders(orders=[order], adapter=host.get_adapter(), now=clock.now())
        refresh_totals(contacts=mirrored.contacts)
        row = Order.objects.only("pk", "contact_id").get(ref=order.ref[:190])
        events.publish(OrderMirrored(row.pk, row.contact_id, event))
        tasks.wake()

    mirror.__qualname__ = f"commerce.{event}"
    return mirror


def cart_changed(cart: HostCart) -> None:
    mirror_carts(carts=[cart], adapter=host.get_adapter(), now=clock.now())


def customer_changed(customer: HostCustomer) -> None:
    mirror_customers(customers=[customer], adapter=host.get_adapter(), now=clock.now())
    tasks.wake()


def customer_deleted(key: str) -> None:
    mark_deleted(keys=[key])


def product_changed(product: HostProduct) -> None:
    mirror_products(products=[product], now=clock.now())


_order_handlers = {event: order_event(event) for event in ORDER_EVENTS}


def register() -> None:
    """Called once by the app; first of all (order 10), so that the other rooms find the order in the mirror."""
    for event, function in _order_handlers.items():
        handlers.register(event, function, order=10)
    handlers.register("cart_changed", cart_changed, order=10)
    handlers.register("customer_changed", customer_changed, order=10)
    handlers.register("customer_deleted", customer_deleted, order=10)
    handlers.register("product_changed", product_changed, order=10)
    handlers.on_fault(faults.note)
