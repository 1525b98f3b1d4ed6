"""Writes of the mirror: the sync, the in-transaction handlers and the tests call these."""

from .carts import mirror_carts
from .customers import mirror_customers
from .deletions import forget_carts, forget_orders, forget_products
from .orders import mirror_orders
from .products import mirror_products
from .sync import SyncReport, sync
from .totals import refresh_totals

__all__ = [
    "SyncReport",
    "forget_carts",
    "forget_orders",
    "forget_products",
    "mirror_carts",
    "mirror_customers",
    "mirror_orders",
    "mirror_products",
    "refresh_totals",
    "sync",
]
