"""Applies one discount to a state."""

import datetime as dt
from typing import NamedTuple

from .benefits import Range, View
from .cart import Cart, Facts, Line
from .conditions import Context
from .discount import Discount
from .filters import CartIndex, ProductFilter, lines_of
from .shares import Piece, Share, allocate, total_of
from .state import State


class Applied(NamedTuple):
    """A discount in force: what it takes off, in all and by unit."""

    discount: Discount
    amount: int
    shares: tuple[Share, ...]
    shipping: int


class Situation(NamedTuple):
    """Everything one evaluation knows, apart from the discounts."""

    cart: Cart
    lines: CartIndex
    facts: Facts
    now: dt.datetime
    start: State

    @classmethod
    def of(cls, cart: Cart, facts: Facts, now: dt.datetime) -> "Situation":
        index = CartIndex(cart)
        return cls(cart, index, facts, now, State.of(cart, index))

    def context(self, state: State, original: bool) -> Context:
        """What the conditions of a discount read when it comes to apply in `state`."""

        def amount_of(products: ProductFilter) -> int:
            return state.amount(products, original)

        def lines(products: ProductFilter) -> list[Line]:
            return [self.cart.lines[n] for n in lines_of(self.lines.mask(products))]

        return Context(self.cart, self.facts, self.now, amount_of, lines)


def whole(situation: Situation, mask: int) -> tuple[Range, ...]:
    """All units of the lines in a mask."""
    lines = situation.cart.lines
    return tuple((number, 0, lines[number].quantity) for number in lines_of(mask))


def apply(
    situation: Situation,
    state: State,
    discount: Discount,
    ranges: tuple[Range, ...],
    *,
    check: bool = True,
) -> tuple[Applied, State] | None:
    """The discount's effect on the units in `ranges` and the state after it; None where its
    conditions fail there or where it would save nothing."""
    conditions = discount.conditions
    if check and conditions.rules and not conditions.holds(situation.context(state, discount.original)):
        return None
    benefit = discount.benefit
    view = View(state, discount.lane, discount.original, ranges, discount.max_applications)
    shares, shipping = benefit.apply(view)
    amount = total_of(shares) + shipping
    if discount.max_discount is not None and amount > discount.max_discount:
        shares, shipping = _cap(shares, shipping, discount.max_discount)
        amount = total_of(shares) + shipping
    if amount <= 0 and benefit.saves_money:
        return None
    return Applied(discount, amount, tuple(shares), shipping), state.minus(shares, shipping)


def _cap(shares: list[Share], shipping: int, most: int) -> tuple[list[Share], int]:
    """Bring the whole down to `most`, in proportion to the shares."""
    pieces = [Piece(s.line, s.start, s.count, s.amount, s.amount) for s in shares]
    if shipping:
        # Shipping stands as one more unit behind the last line.
        pieces.append(Piece(1 << 30, 0, 1, shipping, shipping))
    split = allocate(most, pieces)
    kept = [share for share in split if share.line != 1 << 30]
    return kept, total_of(split) - total_of(kept)
