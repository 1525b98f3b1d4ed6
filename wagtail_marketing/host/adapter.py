"""The port: what a site implements so that we know its customers, products, orders and carts."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from wagtail_marketing.conf import settings
from wagtail_marketing.core.errors import NotConfigured

from .errors import RowError
from .types import CUSTOMER_FIELDS, AttributeSpec, HostCart, HostCustomer, HostOrder, HostProduct


class HostAdapter(ABC):
    """One per site, named by ``WAGTAIL_MARKETING["HOST_ADAPTER"]``.

    Each reader yields rows in the order of their key, after ``after`` (exclusive; a resumed sync passes
    the last key it stored) and, where ``updated_since`` is given, at least those changed since then.
    """

    #: What ``HostOrder.total`` contains, in words for the reports.
    order_total_includes = "tax and shipping"

    #: Where faults of rows are put while somebody collects them; None: the first one is raised.
    _row_errors: list[RowError] | None = None

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

    def customer_fields(self) -> frozenset[str]:
        """The fields of ``HostCustomer`` that the shop has: staff cannot edit them, and a sync writes only them.

        All of them, unless the adapter knows better.
        """
        return CUSTOMER_FIELDS

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

    def key_of(self, kind: str, instance: Any) -> str:
        """The key of the shop's own object, to name it where it cannot be read."""
        return str(instance.pk)

    def customer_key_of(self, request: Any) -> str:
        """The key of the customer who is logged in with ``request``; empty: nobody.

        Opens their preferences and shows them what is for a segment: answer only for whom the shop has made
        sure of (a log-in, not a cookie that anybody may copy from a link).
        """
        return ""

    def consent_channels(self) -> tuple[str, ...]:
        """The channels whose consent the shop knows; for the others its silence says nothing."""
        return ()

    def to_base(self, amount: Decimal, currency: str, at: datetime) -> Decimal:
        """``amount`` in the base currency, by the rate of ``at``. A shop of several currencies overrides it.

        Raises ``NotConfigured`` for another currency than the base one: a wrong total is worse than none.
        """
        if currency == settings.currency:
            return amount
        raise NotConfigured(
            f"There is no rate from {currency} to {settings.currency}.",
            field="currency",
            remedy="Override to_base() in the host adapter, or set WAGTAIL_MARKETING['CURRENCY'].",
        )

    def report(self, error: RowError) -> None:
        """A row cannot be read. Raised, unless ``collecting`` is in force: then the row is left out."""
        if self._row_errors is None:
            raise error
        self._row_errors.append(error)

    @contextmanager
    def collecting(self) -> Iterator[list[RowError]]:
        """Collect the faults of rows for the length of a block, so that one bad row stops no sync."""
        before, self._row_errors = self._row_errors, []
        try:
            yield self._row_errors
        finally:
            self._row_errors = before
