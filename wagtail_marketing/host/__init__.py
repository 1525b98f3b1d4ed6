"""The port to the site: call these inside the shop's own transaction.

Each takes the shop's own object; the adapter turns it into our dataclass and every capability that keeps
facts writes them before the shop commits.
"""

from functools import cache
from typing import Any

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from wagtail_marketing.conf import settings

from . import handlers
from .adapter import HostAdapter
from .types import HostCart, HostCustomer, HostOrder, HostProduct


@cache
def get_adapter() -> HostAdapter:
    """The site's adapter (one instance per process)."""
    return import_string(settings.host_adapter)()


def _forget_adapter(*, setting: str, **kwargs: Any) -> None:
    if setting == "WAGTAIL_MARKETING":
        get_adapter.cache_clear()


setting_changed.connect(_forget_adapter, dispatch_uid="wagtail_marketing.host")


def _order(order: Any) -> HostOrder:
    return order if isinstance(order, HostOrder) else get_adapter().order(order)


def order_placed(order: Any) -> None:
    """An order was placed. May raise what rejects it (``discounts.errors.LimitExhausted``)."""
    handlers.run("order_placed", _order(order))


def order_changed(order: Any) -> None:
    """Lines, amounts or the customer of an order changed."""
    handlers.run("order_changed", _order(order))


def order_paid(order: Any) -> None:
    handlers.run("order_paid", _order(order))


def order_cancelled(order: Any) -> None:
    handlers.run("order_cancelled", _order(order))


def order_refunded(order: Any) -> None:
    handlers.run("order_refunded", _order(order))


def order_fulfilled(order: Any) -> None:
    handlers.run("order_fulfilled", _order(order))


def cart_changed(cart: Any) -> None:
    handlers.run("cart_changed", cart if isinstance(cart, HostCart) else get_adapter().cart(cart))


def customer_changed(customer: Any) -> None:
    """A customer was created or changed (name, address, attributes)."""
    fact = customer if isinstance(customer, HostCustomer) else get_adapter().customer(customer)
    handlers.run("customer_changed", fact)


def customer_deleted(key: str) -> None:
    """The shop deleted the customer with this key."""
    handlers.run("customer_deleted", str(key))


def product_changed(product: Any) -> None:
    """Price, stock, name or categories of a product changed."""
    fact = product if isinstance(product, HostProduct) else get_adapter().product(product)
    handlers.run("product_changed", fact)
