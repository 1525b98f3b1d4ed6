"""The kinds of condition and benefit.

A site adds its own with `@register_condition("kind")` on a subclass of `conditions.Condition`, or
`@register_benefit("kind")` on one of `benefits.Benefit`, in a module its app imports at start.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from .reader import Reader

_Class = TypeVar("_Class", bound=type)

_conditions: dict[str, Any] = {}
_benefits: dict[str, Any] = {}


def register_condition(kind: str) -> Callable[[_Class], _Class]:
    return _register(_conditions, kind)


def register_benefit(kind: str) -> Callable[[_Class], _Class]:
    return _register(_benefits, kind)


def _register(kinds: dict[str, Any], kind: str) -> Callable[[_Class], _Class]:
    def add(cls: _Class) -> _Class:
        if kinds.setdefault(kind, cls) is not cls:
            raise ValueError(f"{kind!r} is registered already, by {kinds[kind].__qualname__}")
        cls.kind = kind  # type: ignore[attr-defined]
        return cls

    return add


def condition_kinds() -> dict[str, Any]:
    return dict(_conditions)


def benefit_kinds() -> dict[str, Any]:
    return dict(_benefits)


def read_condition(reader: Reader) -> Any:
    return _read(reader, _conditions, "condition")


def read_benefit(reader: Reader) -> Any:
    return _read(reader, _benefits, "benefit")


def _read(reader: Reader, kinds: dict[str, Any], what: str) -> Any:
    reader.only("kind", "params")
    kind = reader.text("kind")
    cls = kinds.get(kind)
    if cls is None:
        known = ", ".join(sorted(kinds))
        raise reader.fail("kind", f"{kind!r} is not a kind of {what}; known are {known}")
    return cls.read(reader.child("params", {}))
