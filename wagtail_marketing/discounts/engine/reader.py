"""Reads JSON strictly and says where it went wrong."""

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from .amounts import Percent, parse_amount
from .errors import InvalidInput

_REQUIRED: Any = object()

#: An integer above this would not fit where amounts times quantities are kept.
MAX_QUANTITY = 10**9


class Reader:
    """One JSON object, the path at which it stands and the digits of the currency in use."""

    __slots__ = ("data", "path", "places")

    def __init__(self, data: object, path: str, places: int):
        if not isinstance(data, Mapping):
            raise InvalidInput(path, "must be an object")
        self.data = data
        self.path = path
        self.places = places

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def fail(self, key: str, message: str) -> InvalidInput:
        return InvalidInput(self.at(key), message)

    def only(self, *keys: str) -> None:
        """Refuse keys that nobody reads: a misspelt one would silently change a price."""
        for key in self.data:
            if key not in keys:
                raise self.fail(str(key), "is not known here")

    def get(self, key: str, default: Any = _REQUIRED) -> Any:
        value = self.data.get(key)
        if value is None:
            if default is _REQUIRED:
                raise self.fail(key, "is required")
            return default
        return value

    def text(self, key: str, default: Any = _REQUIRED) -> Any:
        value = self.get(key, default)
        if value is default:
            return value
        if not isinstance(value, str) or not value.strip():
            raise self.fail(key, "must be a non-empty string")
        return value

    def boolean(self, key: str, default: bool) -> bool:
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise self.fail(key, "must be true or false")
        return value

    def integer(self, key: str, default: Any = _REQUIRED, *, minimum: int | None = 0) -> Any:
        value = self.get(key, default)
        if value is default:
            return value
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fail(key, "must be a whole number")
        if minimum is not None and value < minimum:
            raise self.fail(key, f"must be at least {minimum}")
        if abs(value) > MAX_QUANTITY:
            raise self.fail(key, "is too large")
        return value

    def amount(self, key: str, default: Any = _REQUIRED, *, minimum: int = 0) -> Any:
        value = self.get(key, default)
        if value is default:
            return value
        if not isinstance(value, str):
            raise self.fail(key, 'must be an amount as a string, such as "10.00"')
        try:
            minor = parse_amount(value, self.places)
        except ValueError as error:
            raise self.fail(key, str(error)) from None
        if minor < minimum:
            raise self.fail(key, "must not be negative" if minimum == 0 else "is too small")
        return minor

    def percent(self, key: str) -> Percent:
        value = self.get(key)
        if not isinstance(value, str):
            raise self.fail(key, 'must be a percentage as a string, such as "10"')
        try:
            return Percent.parse(value)
        except ValueError as error:
            raise self.fail(key, str(error)) from None

    def factor(self, key: str) -> Fraction:
        """A positive decimal such as `"1.5"`, exactly."""
        value = self.get(key)
        if not isinstance(value, str) or not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value):
            raise self.fail(key, 'must be a factor as a string, such as "2"')
        return Fraction(value)

    def texts(self, key: str, *, allowed: Iterable[str] | None = None) -> frozenset[str]:
        value = self.get(key, ())
        if isinstance(value, str) or not isinstance(value, list | tuple | set | frozenset):
            raise self.fail(key, "must be a list of strings")
        for number, item in enumerate(value):
            if not isinstance(item, str):
                raise InvalidInput(f"{self.at(key)}[{number}]", "must be a string")
            if allowed is not None and item not in allowed:
                raise InvalidInput(f"{self.at(key)}[{number}]", _one_of(allowed))
        return frozenset(value)

    def choice(self, key: str, allowed: Iterable[str], default: Any = _REQUIRED) -> str:
        value = self.get(key, default)
        if value not in tuple(allowed):
            raise self.fail(key, _one_of(allowed))
        return value

    def child(self, key: str, default: Any = _REQUIRED) -> "Reader":
        return Reader(self.get(key, default), self.at(key), self.places)

    def children(self, key: str, default: Any = _REQUIRED) -> "Iterator[Reader]":
        value = self.get(key, default)
        if not isinstance(value, list | tuple):
            raise self.fail(key, "must be a list")
        for number, item in enumerate(value):
            yield Reader(item, f"{self.at(key)}[{number}]", self.places)


def _one_of(allowed: Iterable[str]) -> str:
    return "must be one of: " + ", ".join(sorted(allowed))
