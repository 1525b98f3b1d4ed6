"""The port to the site: call these inside the shop's own transaction.

Each takes the shop's own object; the adapter turns it into our dataclass and every capability that keeps
facts writes them before the shop commits.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.core.signals import setting_changed
from django.db import transaction
from django.utils.module_loading import import_string

from wagtail_marketing.conf import settings
from wagtail_marketing.core import clock

from . import handlers
from .adapter import HostAdapter
from .errors import NoSuchRow
from .maps import Attribute, CartMap, Constant, CustomerMap, LineMap, OrderMap, ProductMap, RefundMap
from .model_adapter import ModelHostAdapter
from .types import HostCart, HostCustomer, HostOrder, HostProduct

__all__ = [
    "Attribute",
    "CartMap",
    "Constant",
    "CustomerMap",
    "HostAdapter",
    "LineMap",
    "ModelHostAdapter",
    "OrderMap",
    "ProductMap",
    "RefundMap",
    "adapter_replaced",
    "cart_changed",
    "customer_changed",
    "customer_deleted",
    "get_adapter",
    "order_cancelled",
    "order_changed",
    "order_fulfilled",
    "order_paid",
    "order_placed",
    "order_refunded",
    "product_changed",
]

logger = logging.getLogger(__name__)


_instead: list[HostAdapter] = []


def get_adapter() -> HostAdapter:
    """The site's adapter (one instance per process)."""
    return _instead[-1] if _instead else _site_adapter()


@cache
def _site_adapter() -> HostAdapter:
    return import_string(settings.host_adapter)()


@contextmanager
def adapter_replaced(adapter: HostAdapter) -> Iterator[HostAdapter]:
    """Another adapter for the length of a block, in every thread of this process: for tests."""
    _instead.append(adapter)
    try:
        yield adapter
    finally:
        _instead.remove(adapter)


def _forget_adapter(*, setting: str, **kwargs: Any) -> None:
    if setting == "WAGTAIL_MARKETING":
        _site_adapter.cache_clear()


setting_changed.connect(_forget_adapter, dispatch_uid="wagtail_marketing.host")


def _tell(event: str, kind: str, fact_type: type[Any], thing: Any) -> None:
    """Read the shop's object through the adapter and run the handlers.

    An object that the adapter cannot read is a fault of the mirror: it is logged and queued for the next
    sync, and the shop goes on.
    """
    if isinstance(thing, fact_type):
        handlers.run(event, thing)
        return
    adapter = get_adapter()
    try:
        with transaction.atomic():
            fact = getattr(adapter, kind.removesuffix("s"))(thing)
    except NoSuchRow:
        _no_longer(kind, adapter.key_of(kind, thing))
        return
    except Exception:
        ref = adapter.key_of(kind, thing)
        logger.exception("%s: the adapter cannot read %s %s; the next sync repeats it", event, kind, ref)
        handlers.fault(event, ref)
        return
    handlers.run(event, fact)


def _no_longer(kind: str, key: str) -> None:
    """The map lets the object through no more: a cart that became an order, a customer who was closed."""
    if kind == "carts":
        handlers.run("cart_changed", HostCart(ref=key, currency=settings.currency, updated_at=clock.now()))
    elif kind == "customers":
        handlers.run("customer_deleted", key)


def order_placed(order: Any) -> None:
    """An order was placed. May raise what rejects it (``discounts.errors.LimitExhausted``)."""
    _tell("order_placed", "orders", HostOrder, order)


def order_changed(order: Any) -> None:
    """Lines, amounts or the customer of an order changed."""
    _tell("order_changed", "orders", HostOrder, order)


def order_paid(order: Any) -> None:
    _tell("order_paid", "orders", HostOrder, order)


def order_cancelled(order: Any) -> None:
    _tell("order_cancelled", "orders", HostOrder, order)


def order_refunded(order: Any) -> None:
    """Money was given back; call it after the refund's row is saved."""
    _tell("order_refunded", "orders", HostOrder, order)


def order_fulfilled(order: Any) -> None:
    _tell("order_fulfilled", "orders", HostOrder, order)


def cart_changed(cart: Any) -> None:
    """A cart changed, was emptied, or became an order (then the map's filter leaves it out, and we forget it)."""
    _tell("cart_changed", "carts", HostCart, cart)


def customer_changed(customer: Any) -> None:
    """A customer was created or changed (name, address, attributes, consent)."""
    _tell("customer_changed", "customers", HostCustomer, customer)


def customer_deleted(key: str) -> None:
    """The shop deleted the customer with this key."""
    handlers.run("customer_deleted", str(key))


def product_changed(product: Any) -> None:
    """Price, stock, name or categories of a product changed."""
    _tell("product_changed", "products", HostProduct, product)
