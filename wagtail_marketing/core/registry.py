"""A named, ordered set of plug-ins: the lower room owns it, the higher one registers into it."""

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Items by key, in the order of registration; a second, different item under one key is refused."""

    def __init__(self, name: str):
        self.name = name
        self._items: dict[str, T] = {}

    def register(self, key: str, item: T) -> T:
        """Add ``item``; the same item again is harmless, so that ``ready()`` may run twice."""
        known = self._items.setdefault(key, item)
        if known is not item:
            raise ValueError(f"{self.name}: “{key}” is registered already")
        return item

    def unregister(self, key: str) -> None:
        """Take an item out (tests, and sites that replace one of ours)."""
        self._items.pop(key, None)

    def get(self, key: str) -> T | None:
        return self._items.get(key)

    def __getitem__(self, key: str) -> T:
        return self._items[key]

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[T]:
        return iter(tuple(self._items.values()))

    def __len__(self) -> int:
        return len(self._items)

    def keys(self) -> tuple[str, ...]:
        return tuple(self._items)

    def items(self) -> tuple[tuple[str, T], ...]:
        return tuple(self._items.items())
