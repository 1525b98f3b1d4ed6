"""A shop in memory, for tests of sites that write their own adapter and for our own.

::

    host = MemoryHost()
    host.add(HostCustomer(key="c-1", email="ann@example.com"))
    with host.active():
        call_command("marketing_sync")
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from wagtail_marketing import host
from wagtail_marketing.core import clock
from wagtail_marketing.host.adapter import HostAdapter
from wagtail_marketing.host.types import AttributeSpec, HostCart, HostCustomer, HostOrder, HostProduct

KINDS: dict[type, tuple[str, str]] = {
    HostCustomer: ("customers", "key"),
    HostProduct: ("products", "ref"),
    HostOrder: ("orders", "ref"),
    HostCart: ("carts", "ref"),
}


class MemoryHost(HostAdapter):
    """Holds dataclasses; what is added without ``updated_at`` counts as changed now."""

    def __init__(self, *things: Any, attributes: Iterable[AttributeSpec] = (), consent: Iterable[str] = ("email",)):
        self.rows: dict[str, dict[str, Any]] = {kind: {} for kind, _key in KINDS.values()}
        self._attributes = tuple(attributes)
        self._consent = tuple(consent)
        #: Every call of a reader as (kind, after, updated_since): tests look at it.
        self.reads: list[tuple[str, str, datetime | None]] = []
        self.add(*things)

    def add(self, *things: Any) -> None:
        """Put in, or put in the place of what has the same key."""
        for thing in things:
            kind, key = KINDS[type(thing)]
            if thing.updated_at is None:
                thing = replace(thing, updated_at=clock.now())
            self.rows[kind][getattr(thing, key)] = thing

    def remove(self, kind: str, key: str) -> None:
        del self.rows[kind][key]

    def active(self) -> AbstractContextManager[HostAdapter]:
        """Be the site's adapter for the length of a ``with`` block."""
        return host.adapter_replaced(self)

    def _read(self, kind: str, after: str, updated_since: datetime | None, keys: Sequence[str] | None) -> Iterator[Any]:
        self.reads.append((kind, after, updated_since))
        for key in sorted(self.rows[kind]):
            row = self.rows[kind][key]
            if key <= after or (keys is not None and key not in keys):
                continue
            if updated_since is None or row.updated_at >= updated_since:
                yield row

    def customers(self, *, after="", updated_since=None, keys=None) -> Iterator[HostCustomer]:
        return self._read("customers", after, updated_since, keys)

    def products(self, *, after="", updated_since=None, keys=None) -> Iterator[HostProduct]:
        return self._read("products", after, updated_since, keys)

    def orders(self, *, after="", updated_since=None, keys=None) -> Iterator[HostOrder]:
        return self._read("orders", after, updated_since, keys)

    def carts(self, *, after="", updated_since=None, keys=None) -> Iterator[HostCart]:
        return self._read("carts", after, updated_since, keys)

    def count(self, kind: str) -> int | None:
        return len(self.rows[kind])

    def keys(self, kind: str) -> Iterator[str]:
        return iter(sorted(self.rows[kind]))

    def attributes(self) -> Iterable[AttributeSpec]:
        return self._attributes

    def consent_channels(self) -> tuple[str, ...]:
        return self._consent

    def customer(self, customer: HostCustomer) -> HostCustomer:
        return customer

    product = order = cart = customer  # type: ignore[assignment]
