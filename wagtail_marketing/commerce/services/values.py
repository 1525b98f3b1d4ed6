"""How what a shop says is written into the mirror's columns."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from wagtail_marketing.conf import settings
from wagtail_marketing.core.money import to_minor
from wagtail_marketing.host.adapter import HostAdapter


@dataclass
class Mirrored:
    """What became of a batch. ``contacts`` are those whose totals it touches."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    consent: int = 0
    contacts: set[int] = field(default_factory=set)


def clean(value: str, length: int) -> str:
    """Text as every database takes it: no NUL, no half of a surrogate pair, cut to the column."""
    if "\x00" in value or not value.isascii():
        value = value.replace("\x00", "").encode("utf-8", "ignore").decode()
    return value[:length]


def code(value: str) -> str:
    """A discount code as it is compared: trimmed, upper case."""
    return clean(value.strip().upper(), 80)


def codes(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(code, values))))


class Money:
    """Turns amounts of one currency at one time into minor units, ours and the base currency's."""

    __slots__ = ("_adapter", "_at", "_base", "_same", "currency")

    def __init__(self, adapter: HostAdapter, currency: str, at: datetime):
        self._adapter, self._at = adapter, at
        self._base = settings.currency
        self.currency = currency
        self._same = currency == self._base

    def minor(self, amount: Decimal) -> int:
        """Minor units of the order's currency."""
        return to_minor(amount, self.currency)

    def base(self, amount: Decimal) -> int:
        """Minor units of the base currency, by the adapter's rate."""
        if self._same:
            return to_minor(amount, self._base)
        return to_minor(self._adapter.to_base(amount, self.currency, self._at), self._base)
