"""The price of a cart: the engine's front door."""

import datetime as dt
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from . import separable
from .apply import Applied, Situation
from .cart import Cart, Facts, normalise_code
from .choice import EXACT, Candidate, Solution, StepsExhausted, Walk, components, join, points
from .discount import Discount
from .explain import rejection, unknown_codes
from .filters import CartIndex
from .result import AppliedDiscount, Evaluation, Hint, Rejected, UnitShare
from .search import search


class DiscountSet:
    """Discounts compiled once, with an index that finds those that can touch a cart: by code, by
    SKU, category and attribute, and those that touch any cart. Never changed after it is made."""

    def __init__(self, discounts: Iterable[Discount]):
        self.discounts = tuple(sorted(discounts, key=lambda d: d.key))
        self.codes: dict[str, list[Discount]] = defaultdict(list)
        self.always: list[Discount] = []
        self.by_sku: dict[str, list[Discount]] = defaultdict(list)
        self.by_category: dict[str, list[Discount]] = defaultdict(list)
        self.by_attribute: dict[tuple[str, str], list[Discount]] = defaultdict(list)
        for discount in self.discounts:
            if discount.code_key is not None:
                self.codes[discount.code_key].append(discount)
                continue
            products = discount.benefit.index_by()
            if products is None or products.includes_all:
                self.always.append(discount)
                continue
            for sku in products.skus:
                self.by_sku[sku].append(discount)
            for category in products.categories:
                self.by_category[category].append(discount)
            for name, values in products.attributes:
                for value in values:
                    self.by_attribute[name, value].append(discount)

    def joined(self, also: Iterable[Discount], without: Container[str]) -> "DiscountSet":
        """This set with a few more, less those with certain ids; only the few are indexed anew."""
        also = [discount for discount in also if discount.id not in without]
        return _Joined(self, DiscountSet(also), without) if also or without else self

    def near(self, index: CartIndex, codes: Iterable[str]) -> list[Discount]:
        """The discounts worth a look: codes that were typed, automatic ones that touch a line."""
        found = {discount.key: discount for discount in self.always}
        asked: list[tuple[Mapping[Any, list[Discount]], Iterable[Any]]] = [
            (self.codes, codes),
            (self.by_sku, index.by_sku),
            (self.by_category, index.by_category),
            (self.by_attribute, index.by_attribute),
        ]
        for known, keys in asked:
            for key in keys:
                for discount in known.get(key, ()):
                    found[discount.key] = discount
        return [found[key] for key in sorted(found)]


class _Joined(DiscountSet):
    def __init__(self, one: DiscountSet, other: DiscountSet, without: Container[str]):
        self._parts = (one, other)
        self._without = without
        self.codes = one.codes | other.codes

    @property
    def discounts(self) -> tuple[Discount, ...]:  # type: ignore[override]
        together = (discount for part in self._parts for discount in part.discounts)
        return tuple(sorted(self._keep(together), key=lambda d: d.key))

    def near(self, index: CartIndex, codes: Iterable[str]) -> list[Discount]:
        codes = list(codes)
        together = (discount for part in self._parts for discount in part.near(index, codes))
        return sorted(self._keep(together), key=lambda d: d.key)

    def _keep(self, discounts: Iterable[Discount]) -> Iterable[Discount]:
        return (discount for discount in discounts if discount.id not in self._without)


def evaluate(
    cart: Cart,
    discounts: DiscountSet | Sequence[Discount],
    facts: Facts,
    *,
    now: dt.datetime,
    codes: Sequence[str] = (),
    explain: bool = True,
) -> Evaluation:
    """Price a cart with the set of discounts that saves the shopper most.

    Pure: no database, no clock, no settings. `discounts` are live ones, read at the digits of the
    cart's currency; those with a code count only where the code is among `codes`. With `explain`
    every discount that did not apply is reported with its reasons; without it only those whose
    code was typed or that touch the cart are, so that idle discounts cost nothing.
    """
    known = discounts if isinstance(discounts, DiscountSet) else DiscountSet(discounts)
    typed = _typed(codes)
    situation = Situation.of(cart, facts, now)
    near = known.near(situation.lines, typed)
    applied, trace = _choose(situation, _candidates(situation, near))
    rejected, hints = _explain(situation, known, near, applied, typed, explain)
    return Evaluation(
        currency=cart.currency,
        places=cart.places,
        subtotal=cart.subtotal,
        shipping=cart.shipping,
        discount_total=sum(one.amount for one in applied),
        applied=tuple(_result(situation, one) for one in applied),
        gifts=_gifts(applied),
        points_multiplier=_factor(points(applied)),
        rejected=rejected,
        hints=hints,
        trace=trace,
    )


def _typed(codes: Sequence[str]) -> dict[str, str]:
    """Typed codes by the form in which they compare, in an order that does not depend on theirs."""
    typed: dict[str, str] = {}
    for code in sorted(codes):
        if code.strip():
            typed.setdefault(normalise_code(code), code.strip())
    return dict(sorted(typed.items()))


def _candidates(situation: Situation, near: Sequence[Discount]) -> list[Candidate]:
    """Those whose conditions can hold and which have something to take from."""
    found = []
    for discount in near:
        mask = discount.benefit.lines(situation.lines)
        if discount.benefit.saves_money and not discount.benefit.has_target(situation.cart, mask):
            continue
        reads = mask
        if discount.conditions.rules:
            context = situation.context(situation.start, True)
            if not discount.conditions.can_hold(context, discount.original)[0]:
                continue
            if not discount.original:
                for leaf in discount.conditions.leaves():
                    if leaf.reads_amounts and leaf.products is not None:
                        reads |= situation.lines.mask(leaf.products)
        found.append(Candidate(discount, mask, reads))
    return found


def _choose(situation: Situation, candidates: list[Candidate]) -> tuple[tuple[Applied, ...], dict]:
    solved: list[list[Solution]] = []
    method, sets, sizes, units = "exact", 0, [], "exact"
    for component in components(candidates):
        walk = Walk(situation, component)
        try:
            if not separable.solve(walk):
                if len(component) > EXACT:
                    raise StepsExhausted
                walk.all_sets()
        except StepsExhausted:
            method = "search"
            walk = Walk(situation, component)
            walk.best = [search(walk)]
        solved.append(walk.best)
        sizes.append(len(component))
        sets += walk.sets
        if walk.units_searched:
            units = "search"
    applied = join(solved)
    trace = {
        "method": method,
        "units": units,
        "candidates": len(candidates),
        "components": sorted(sizes, reverse=True),
        "sets": sets,
        "order": [one.discount.id for one in applied],
    }
    return applied, trace


def _explain(
    situation: Situation,
    known: DiscountSet,
    near: Sequence[Discount],
    applied: Sequence[Applied],
    typed: dict[str, str],
    everything: bool,
) -> tuple[tuple[Rejected, ...], tuple[Hint, ...]]:
    chosen = {one.discount.key for one in applied}
    rejected: list[Rejected] = []
    hints: list[Hint] = []
    for discount in known.discounts if everything else near:
        if discount.key in chosen or (discount.code_key is not None and discount.code_key not in typed):
            continue
        refused, missing = rejection(situation, discount)
        rejected.append(refused)
        hints += missing
    rejected += unknown_codes(code for key, code in typed.items() if key not in known.codes)
    return tuple(rejected), tuple(hints)


def _result(situation: Situation, one: Applied) -> AppliedDiscount:
    lines = situation.cart.lines
    return AppliedDiscount(
        discount=one.discount.id,
        code=one.discount.code,
        amount=one.amount,
        units=tuple(UnitShare(lines[s.line].id, s.start, s.count, s.amount) for s in one.shares),
        shipping=one.shipping,
    )


def _gifts(applied: Sequence[Applied]) -> tuple[tuple[str, int], ...]:
    quantities: dict[str, int] = defaultdict(int)
    for one in applied:
        gift = one.discount.benefit.gift()
        if gift is not None:
            quantities[gift[0]] += gift[1]
    return tuple(sorted(quantities.items()))


def _factor(value: Fraction) -> str:
    """`2`, `1.5`: the exact decimal, without zeros at its end. A product of decimals is one."""
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}"
