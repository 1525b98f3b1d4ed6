"""What every benefit is: its effect, what it sees, and the class that kinds extend."""

from collections.abc import Iterable
from fractions import Fraction
from typing import ClassVar, NamedTuple

from wagtail_marketing.discounts.engine.cart import Cart
from wagtail_marketing.discounts.engine.filters import CartIndex, ProductFilter
from wagtail_marketing.discounts.engine.reader import Reader
from wagtail_marketing.discounts.engine.shares import Piece, Share
from wagtail_marketing.discounts.engine.state import State

#: A stretch of units that a discount may use: line, first unit, number of units.
Range = tuple[int, int, int]


class Effect(NamedTuple):
    """What a benefit takes off: shares of units (one unit may have several), and an amount off shipping."""

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

    def pieces(self) -> list[Piece]:
        """All its units, in the order of the lines."""
        return [piece for own in self.ranges for piece in self.state.pieces(own[0], self.original, own[1], own[2])]

    def pieces_by_line(self, *, limited: bool) -> list[list[Piece]]:
        """Its units line by line; `limited` keeps only the dearest `max_applications` of them."""
        lines: dict[int, list[Piece]] = {}
        for piece in self.pieces():
            lines.setdefault(piece.line, []).append(piece)
        if limited and self.max_applications is not None:
            return _dearest(lines, self.max_applications)
        return list(lines.values())


def dearest_first(piece: Piece) -> tuple[int, int, int]:
    return -piece.weight, piece.line, piece.start


def _dearest(lines: dict[int, list[Piece]], units: int) -> list[list[Piece]]:
    kept: dict[int, list[Piece]] = {}
    pieces: Iterable[Piece] = (piece for line in lines.values() for piece in line)
    for piece in sorted(pieces, key=dearest_first):
        if units <= 0:
            break
        if not piece.room:
            continue
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
    #: Whether what it takes off a line in the product lane depends on the units it has of that line alone.
    works_per_line: ClassVar[bool] = False
    #: Whether less of the amount it covers never makes it leave more: then more off before it is never worse.
    follows_amount: ClassVar[bool] = False
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

    def gift(self) -> tuple[str, int] | None:
        """SKU and quantity that it gives beside money."""
        return None

    def points(self) -> Fraction:
        """By how much it multiplies the points of the order."""
        return Fraction(1)
