"""What a discount gives: the kinds of benefit."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from .amounts import Percent
from .cart import Cart
from .filters import CartIndex, ProductFilter
from .reader import Reader
from .registry import register_benefit
from .shares import Piece, Share, allocate
from .state import State

#: A stretch of units that a discount may use: line, first unit, number of units.
Range = tuple[int, int, int]


class Effect(NamedTuple):
    """What a benefit takes off: shares of units, and an amount off shipping."""

    shares: list[Share]
    shipping: int = 0


class View(NamedTuple):
    """What a benefit sees: the units given to it, in the state where it comes to apply.

    `original`: percentages and splits read the amounts as the cart came, not as already reduced.
    """

    state: State
    lane: str
    original: bool
    ranges: tuple[Range, ...]
    max_applications: int | None

    def pieces_by_line(self, *, limited: bool) -> list[list[Piece]]:
        """Its units that have something left, line by line; `limited` keeps only the dearest
        `max_applications` of them."""
        lines: dict[int, list[Piece]] = {}
        for line, start, count in self.ranges:
            pieces = self.state.pieces(line, self.original, start, count)
            if pieces:
                lines.setdefault(line, []).extend(pieces)
        if limited and self.max_applications is not None:
            return _dearest(lines, self.max_applications)
        return list(lines.values())


def _dearest(lines: dict[int, list[Piece]], units: int) -> list[list[Piece]]:
    kept: dict[int, list[Piece]] = {}
    pieces: Iterable[Piece] = (piece for line in lines.values() for piece in line)
    for piece in sorted(pieces, key=lambda p: (-p.weight, p.line, p.start)):
        if units <= 0:
            break
        count = min(units, piece.count)
        units -= count
        kept.setdefault(piece.line, []).append(piece._replace(count=count))
    return [kept[line] for line in sorted(kept)]


class Benefit:
    """Base of all kinds. Subclasses are frozen dataclasses that read their own params."""

    kind: ClassVar[str]
    lanes: ClassVar[frozenset[str]] = frozenset({"product", "order"})
    #: False for benefits that save nothing by design (a gift): they apply without saving.
    saves_money: ClassVar[bool] = True
    products: ProductFilter

    @classmethod
    def read(cls, reader: Reader) -> "Benefit":
        raise NotImplementedError

    def lines(self, index: CartIndex) -> int:
        """Mask of the lines whose units it may use or reduce."""
        return index.mask(self.products)

    def index_by(self) -> ProductFilter | None:
        """The filter of which a line must match for it to matter; None: it always may."""
        return self.products

    def has_target(self, cart: Cart, mask: int) -> bool:
        """Whether there is anything that it could take off, given its lines."""
        return bool(mask)

    def apply(self, view: View) -> Effect:
        raise NotImplementedError

    def extras(self) -> tuple[int, int]:
        """(gifts, points) that it gives beside money: they break ties between sets."""
        return 0, 0


@register_benefit("percentage")
@dataclass(frozen=True)
class Percentage(Benefit):
    """In the product lane computed and rounded line by line, in the order lane on the sum of what
    it covers; then split to units by largest remainder."""

    value: Percent
    products: ProductFilter

    @classmethod
    def read(cls, reader: Reader) -> "Percentage":
        reader.only("value", "products")
        return cls(reader.percent("value"), ProductFilter.read(reader.child("products", {})))

    def apply(self, view: View) -> Effect:
        by_line = view.pieces_by_line(limited=view.lane == "product")
        if view.lane == "order":
            by_line = [[piece for line in by_line for piece in line]]
        shares: list[Share] = []
        for pieces in by_line:
            covered = sum(piece.count * piece.weight for piece in pieces)
            shares += allocate(self.value.of(covered), pieces)
        return Effect(shares)


@register_benefit("fixed_amount")
@dataclass(frozen=True)
class FixedAmount(Benefit):
    """An amount off all that it covers together (`per` order), or off each unit."""

    amount: int
    per_unit: bool
    products: ProductFilter

    @classmethod
    def read(cls, reader: Reader) -> "FixedAmount":
        reader.only("amount", "per", "products")
        return cls(
            reader.amount("amount"),
            reader.choice("per", ("order", "unit"), "order") == "unit",
            ProductFilter.read(reader.child("products", {})),
        )

    def apply(self, view: View) -> Effect:
        by_line = view.pieces_by_line(limited=self.per_unit)
        pieces = [piece for line in by_line for piece in line]
        if not self.per_unit:
            return Effect(allocate(self.amount, pieces))
        shares = [Share(p.line, p.start, p.count, min(self.amount, p.room)) for p in pieces]
        return Effect([share for share in shares if share.amount])
