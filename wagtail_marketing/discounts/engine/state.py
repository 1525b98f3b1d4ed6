"""What is left of each unit while discounts are applied one after the other."""

from collections.abc import Iterable

from .cart import Cart
from .filters import CartIndex, ProductFilter, lines_of
from .shares import Piece, Share

#: Runs of one line from unit 0: (number of neighbouring units, what is left of each).
Runs = tuple[tuple[int, int], ...]


class State:
    """Amounts left per unit, run-length, and what is left of shipping. Never changed in place:
    `minus` gives the next state, so that branches of the search can share what went before."""

    __slots__ = ("cart", "index", "runs", "shipping")

    def __init__(self, cart: Cart, index: CartIndex, runs: tuple[Runs, ...], shipping: int):
        self.cart = cart
        self.index = index
        self.runs = runs
        self.shipping = shipping

    @classmethod
    def of(cls, cart: Cart, index: CartIndex) -> "State":
        runs = tuple(((line.quantity, line.unit_price),) for line in cart.lines)
        return cls(cart, index, runs, cart.shipping)

    def amount(self, products: ProductFilter, original: bool) -> int:
        """The amount of the lines that a filter matches: as left, or as the cart came."""
        numbers = lines_of(self.index.mask(products))
        if original:
            return sum(self.cart.lines[number].amount for number in numbers)
        return sum(count * left for number in numbers for count, left in self.runs[number])

    def pieces(self, line: int, original: bool, start: int = 0, count: int | None = None) -> list[Piece]:
        """The units `start` to `start + count` of a line, those with nothing left too."""
        price = self.cart.lines[line].unit_price
        end = self.cart.lines[line].quantity if count is None else start + count
        found: list[Piece] = []
        at = 0
        for length, left in self.runs[line]:
            low, high = max(at, start), min(at + length, end)
            if low < high:
                found.append(Piece(line, low, high - low, price if original else left, left))
            at += length
        return found

    def minus(self, shares: Iterable[Share], shipping: int = 0) -> "State":
        runs = list(self.runs)
        by_line: dict[int, list[Share]] = {}
        for share in shares:
            by_line.setdefault(share.line, []).append(share)
        for line, cuts in by_line.items():
            runs[line] = _cut(runs[line], sorted(cuts))
        return State(self.cart, self.index, tuple(runs), self.shipping - shipping)


def _cut(runs: Runs, cuts: list[Share]) -> Runs:
    result: list[tuple[int, int]] = []

    def add(count: int, left: int) -> None:
        if result and result[-1][1] == left:
            result[-1] = (result[-1][0] + count, left)
        else:
            result.append((count, left))

    at = 0
    pending = iter(cuts)
    cut = next(pending, None)
    for length, left in runs:
        end = at + length
        while at < end:
            while cut is not None and cut.start + cut.count <= at:
                cut = next(pending, None)
            if cut is None or cut.start >= end:
                add(end - at, left)
                at = end
            elif cut.start > at:
                add(cut.start - at, left)
                at = cut.start
            else:
                stop = min(end, cut.start + cut.count)
                add(stop - at, left - cut.amount)
                at = stop
    return tuple(result)
