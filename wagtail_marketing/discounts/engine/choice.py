"""Chooses the set of discounts that saves the shopper most.

Candidates that do not touch each other fall into independent components, each solved for itself.
A component of up to `EXACT` candidates is solved exactly, by walking all sets that may stand
together in the order in which they would apply, so that sets share the work of what they have in
common. A larger one is searched (`search.py`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from .apply import Applied, Situation, apply, whole
from .benefits import Range
from .claims import (
    MAX_ASSIGNMENTS,
    assignments,
    contested,
    contests,
    count_assignments,
    improve,
    ranges_for,
)
from .discount import Discount
from .state import State

#: Components of up to so many candidates are solved exactly.
EXACT = 12
#: Most single applications tried for an exact answer; contested units can make sets explode.
MAX_STEPS = 20_000

Rank = tuple


class Candidate(NamedTuple):
    """A discount whose conditions can hold, with the lines it may use or reduce."""

    discount: Discount
    mask: int
    #: Lines whose amounts its effect or its conditions depend on.
    reads: int


class Solution(NamedTuple):
    applied: tuple[Applied, ...]
    rank: Rank


class StepsExhausted(Exception):
    """The exact walk became too long."""


def points(applied: Sequence[Applied]) -> Fraction:
    """By how much a set multiplies the points of the order."""
    return math.prod((a.discount.benefit.points() for a in applied), start=Fraction(1))


def rank(applied: Sequence[Applied]) -> Rank:
    """Orders sets, the best lowest: amount, gifts and points, highest priority, fewer, ids."""
    gifts = [gift for a in applied if (gift := a.discount.benefit.gift())]
    return (
        -sum(a.amount for a in applied),
        (-sum(quantity for _, quantity in gifts), -points(applied)),
        min((-a.discount.priority for a in applied), default=1 << 62),
        len(applied),
        sorted(a.discount.key for a in applied),
    )


EMPTY = Solution((), rank(()))


@dataclass
class Walk:
    """Tries sets of candidates and keeps the best."""

    situation: Situation
    candidates: Sequence[Candidate]
    limit: int = MAX_STEPS
    #: How many assignments of contested units are all tried, per set.
    assignments: int = MAX_ASSIGNMENTS
    best: list[Solution] = field(default_factory=lambda: [EMPTY])
    steps: int = 0
    sets: int = 0
    units_searched: bool = False

    def __post_init__(self) -> None:
        ordered = sorted(self.candidates, key=lambda c: c.discount.applies_at)
        self.products = [c for c in ordered if c.discount.lane == "product"]
        self.others = [c for c in ordered if c.discount.lane != "product"]
        self.wholes = {c.discount.key: whole(self.situation, c.mask) for c in ordered}

    def all_sets(self) -> None:
        self._product(0, [], [], self.situation.start)

    def one_set(self, chosen: Sequence[Candidate]) -> Solution | None:
        """The best assignment of units for exactly this set, None where it is no candidate."""
        inner = Walk(self.situation, chosen, self.limit - self.steps, self.assignments, best=[])
        try:
            inner._all_products(inner.products, fixed=True)
        finally:
            self.steps += inner.steps
            self.sets += 1
            self.units_searched |= inner.units_searched
        return inner.best[0] if inner.best else None

    # Product lane: each candidate is taken or left. While nobody competes for units the state is
    # carried along; once two members compete, applying waits until the set is known.

    def _product(self, at: int, members: list[Candidate], trail: list[Applied], state: State | None) -> None:
        if at == len(self.products):
            if state is None:
                self._all_products(members)
            else:
                self._others(0, members, trail, state)
            return
        candidate = self.products[at]
        self._product(at + 1, members, trail, state)
        if not all(candidate.discount.may_join(m.discount) for m in members):
            return
        together = [*members, candidate]
        if state is None or contested([m.discount for m in together], [m.mask for m in together]):
            self._product(at + 1, together, [], None)
            return
        step = self._apply(state, candidate, self.wholes[candidate.discount.key])
        if step is not None:
            self._product(at + 1, together, [*trail, step[0]], step[1])

    def _all_products(self, members: list[Candidate], fixed: bool = False) -> None:
        """Every way to give the contested units to the members of one set."""
        discounts, masks = [m.discount for m in members], [m.mask for m in members]
        fought = contests(self.situation, discounts, masks)

        def run(splits: list) -> tuple[list[Applied], State] | None:
            trail: list[Applied] = []
            state = self.situation.start
            for member, own in zip(members, ranges_for(self.situation, masks, fought, splits), strict=True):
                step = self._apply(state, member, own) if own or not member.mask else None
                if step is None:
                    return None
                trail.append(step[0])
                state = step[1]
            return trail, state

        def value(splits: list) -> int | None:
            found = run(splits)
            return None if found is None else sum(applied.amount for applied in found[0])

        if count_assignments(fought) <= self.assignments:
            options = assignments(fought)
        else:
            self.units_searched = True
            options = iter([improve(fought, value, self.assignments)])
        for splits in options:
            found = run(splits)
            if found is not None:
                self._others(0, members, *found, fixed=fixed)

    def _others(
        self,
        at: int,
        members: list[Candidate],
        trail: list[Applied],
        state: State,
        fixed: bool = False,
    ) -> None:
        if at == len(self.others):
            self.keep(trail)
            return
        candidate = self.others[at]
        if not fixed:
            self._others(at + 1, members, trail, state)
        if all(candidate.discount.may_join(m.discount) for m in members):
            step = self._apply(state, candidate, self.wholes[candidate.discount.key])
            if step is not None:
                together = [*members, candidate]
                self._others(at + 1, together, [*trail, step[0]], step[1], fixed)

    def _apply(self, state: State, candidate: Candidate, ranges: tuple[Range, ...]) -> tuple[Applied, State] | None:
        self.steps += 1
        if self.steps > self.limit:
            raise StepsExhausted
        return apply(self.situation, state, candidate.discount, ranges)

    def keep(self, trail: list[Applied]) -> None:
        """Note a set that was found; the best stay."""
        self.sets += 1
        amount = sum(applied.amount for applied in trail)
        if self.best and amount < -self.best[0].rank[0]:
            return
        found = Solution(tuple(trail), rank(trail))
        top = self.best[0].rank[:2] if self.best else None
        if top is None or found.rank[:2] < top:
            self.best = [found]
        elif found.rank[:2] == top and all(found.rank != known.rank for known in self.best):
            # Sets that tie on amount and extras are told apart over the whole cart. Of two
            # assignments of one set the first, the preferred, stays.
            self.best.append(found)


def components(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """Groups of candidates that may influence each other; different groups never do."""
    parent = list(range(len(candidates)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for n, one in enumerate(candidates):
        for m in range(n):
            other = candidates[m]
            touch = one.mask & other.reads or one.reads & other.mask
            touch = touch or one.discount.lane == other.discount.lane == "shipping"
            if root(n) != root(m) and (touch or not one.discount.may_join(other.discount)):
                parent[root(n)] = root(m)
    groups: dict[int, list[Candidate]] = {}
    for n, candidate in enumerate(candidates):
        groups.setdefault(root(n), []).append(candidate)
    return list(groups.values())


def join(per_component: Sequence[Sequence[Solution]]) -> tuple[Applied, ...]:
    """Of the best solutions of each component, those that are best together."""
    ways = 1
    for solutions in per_component:
        ways *= len(solutions)
    if ways > 4096:
        per_component = [[min(solutions, key=lambda s: s.rank)] for solutions in per_component]
    together = (tuple(applied for solution in way for applied in solution.applied) for way in product(*per_component))
    best = min(together, key=rank)
    return tuple(sorted(best, key=lambda applied: applied.discount.applies_at))
