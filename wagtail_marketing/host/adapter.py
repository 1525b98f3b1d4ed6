"""The port: what a site implements so that we know its customers, products, orders and carts."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from .types import AttributeSpec, HostCart, HostCustomer, HostOrder, HostProduct


class HostAdapter(ABC):
    """One per site, named by ``WAGTAIL_MARKETING["HOST_ADAPTER"]``.

    Each reader yields rows in the order of their key, after ``after`` (exclusive; a resumed sync passes
    the last key it stored) and, where ``updated_since`` is given, at least those changed since then.
    """

    #: What ``HostOrder.total`` contains, in words for the reports.
    order_total_includes = "tax and shipping"

    @abstractmethod
    def customers(
        self, *, after: str = "", updated_since: datetime | None = None, keys: Sequence[str] | None = None
    ) -> Iterator[HostCustomer]:
        """Customers in the order of ``key``."""

    def products(
        self, *, after: str = "", updated_since: datetime | None = None, keys: Sequence[str] | None = None
    ) -> Iterator[HostProduct]:
        """Products in the order of ``ref``."""
        return iter(())

    def orders(
        self, *, after: str = "", updated_since: datetime | None = None, keys: Sequence[str] | None = None
    ) -> Iterator[HostOrder]:
        """Orders in the order of ``ref``."""
        return iter(())

    def carts(
        self, *, after: str = "", updated_since: datetime | None = None, keys: Sequence[str] | None = None
    ) -> Iterator[HostCart]:
        """Open carts in the order of ``ref``."""
        return iter(())

    def count(self, kind: str) -> int | None:
        """How many rows of ``customers``, ``products``, ``orders`` or ``carts`` there are, for progress bars."""
        return None

    def keys(self, kind: str) -> Iterator[str]:
        """Every key of a kind that exists now, ordered; by it a sync finds deletions."""
        raise NotImplementedError

    def attributes(self) -> Iterable[AttributeSpec]:
        """The customer attributes that segments may ask for."""
        return ()

    def customer(self, customer: Any) -> HostCustomer:
        """The dataclass of the shop's own customer object."""
        raise NotImplementedError

    def product(self, product: Any) -> HostProduct:
        """The dataclass of the shop's own product object."""
        raise NotImplementedError

    def order(self, order: Any) -> HostOrder:
        """The dataclass of the shop's own order object, with its lines and refunds as they are now."""
        raise NotImplementedError

    def cart(self, cart: Any) -> HostCart:
        """The dataclass of the shop's own cart object."""
        raise NotImplementedError
