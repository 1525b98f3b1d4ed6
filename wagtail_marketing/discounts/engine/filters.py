"""Product filters, and an index over a cart that answers them without walking the lines."""

from collections import defaultdict
from dataclasses import dataclass

from .cart import Cart, Line, read_attributes
from .reader import Reader


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Which lines: those whose SKU or one of whose categories is listed, or whose attributes
    match (each named attribute has one of its values). Excludes win. Nothing named is everything.
    """

    skus: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    attributes: tuple[tuple[str, frozenset[str]], ...] = ()
    exclude_skus: frozenset[str] = frozenset()
    exclude_categories: frozenset[str] = frozenset()
    exclude_attributes: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def read(cls, reader: Reader) -> "ProductFilter":
        reader.only(
            "skus",
            "categories",
            "attributes",
            "exclude_skus",
            "exclude_categories",
            "exclude_attributes",
        )
        named: dict[str, set[str]] = defaultdict(set)
        for name, value in read_attributes(reader, "attributes"):
            named[name].add(value)
        return cls(
            skus=reader.texts("skus"),
            categories=reader.texts("categories"),
            attributes=tuple(sorted((name, frozenset(named[name])) for name in named)),
            exclude_skus=reader.texts("exclude_skus"),
            exclude_categories=reader.texts("exclude_categories"),
            exclude_attributes=read_attributes(reader, "exclude_attributes"),
        )

    @property
    def includes_all(self) -> bool:
        return not (self.skus or self.categories or self.attributes)

    def matches(self, line: Line) -> bool:
        if line.sku in self.exclude_skus or line.categories & self.exclude_categories:
            return False
        if line.attributes & self.exclude_attributes:
            return False
        if self.includes_all or line.sku in self.skus or line.categories & self.categories:
            return True
        return bool(self.attributes) and all(
            any((name, value) in line.attributes for value in values) for name, values in self.attributes
        )


EVERYTHING = ProductFilter()


class CartIndex:
    """Bit masks of a cart's lines: bit n stands for `cart.lines[n]`."""

    def __init__(self, cart: Cart):
        self.cart = cart
        self.all = (1 << len(cart.lines)) - 1
        self.by_sku: dict[str, int] = defaultdict(int)
        self.by_category: dict[str, int] = defaultdict(int)
        self.by_attribute: dict[tuple[str, str], int] = defaultdict(int)
        for number, line in enumerate(cart.lines):
            bit = 1 << number
            self.by_sku[line.sku] |= bit
            for category in line.categories:
                self.by_category[category] |= bit
            for pair in line.attributes:
                self.by_attribute[pair] |= bit
        self._masks: dict[ProductFilter, int] = {EVERYTHING: self.all}

    def mask(self, products: ProductFilter) -> int:
        """The lines that a filter matches."""
        found = self._masks.get(products)
        if found is None:
            found = self._masks[products] = self._compute(products)
        return found

    def _compute(self, products: ProductFilter) -> int:
        if products.includes_all:
            mask = self.all
        else:
            mask = _union(self.by_sku, products.skus)
            mask |= _union(self.by_category, products.categories)
            if products.attributes:
                both = self.all
                for name, values in products.attributes:
                    both &= _union(self.by_attribute, {(name, value) for value in values})
                mask |= both
        if mask:
            mask &= ~_union(self.by_sku, products.exclude_skus)
            mask &= ~_union(self.by_category, products.exclude_categories)
            mask &= ~_union(self.by_attribute, products.exclude_attributes)
        return mask


def _union(index: dict, keys: frozenset | set) -> int:
    """The lines under any of the keys, walking whichever side is shorter."""
    mask = 0
    if len(keys) > len(index):
        for key, bits in index.items():
            if key in keys:
                mask |= bits
    else:
        for key in keys:
            mask |= index.get(key, 0)
    return mask


def lines_of(mask: int) -> list[int]:
    """The numbers of the lines in a mask, lowest first."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
