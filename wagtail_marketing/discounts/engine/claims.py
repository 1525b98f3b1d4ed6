"""Who gets which unit, where product-lane discounts that do not share units want the same ones.

Units of one line are alike, so an assignment is a number of units per claimant and line. Where
there are few possible assignments all are tried; otherwise a start (each line to whoever takes
most off it) is improved line by line until nothing helps.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .apply import Situation, apply, whole
from .benefits import Range
from .discount import Discount
from .filters import lines_of

#: More assignments than this are searched rather than all tried.
MAX_ASSIGNMENTS = 2000

#: Per line: the units each claimant gets, in the order of `Contest.claimants`.
Split = tuple[int, ...]
Ranges = dict[int, tuple[Range, ...]]


class Contest(NamedTuple):
    """A line that several claimants want. A claimant is one discount that shares with nobody, or
    all discounts of the set that share with each other, as positions in the set."""

    line: int
    quantity: int
    claimants: tuple[tuple[int, ...], ...]


def contested(discounts: list[Discount], masks: list[int]) -> int:
    """Mask of the lines for which the discounts compete."""
    alone = shared = competing = 0
    for discount, mask in zip(discounts, masks, strict=True):
        if discount.shares_units:
            competing |= mask & alone
            shared |= mask
        else:
            competing |= mask & (alone | shared)
            alone |= mask
    return competing


def contests(situation: Situation, discounts: list[Discount], masks: list[int]) -> list[Contest]:
    """The contested lines; claimants in the order in which they are preferred: more off a unit,
    higher priority, lower id."""
    found = []
    for line in lines_of(contested(discounts, masks)):
        bit = 1 << line
        wanting = [n for n, mask in enumerate(masks) if mask & bit]
        sharers = tuple(n for n in wanting if discounts[n].shares_units)
        claimants: list[tuple[int, ...]] = [(n,) for n in wanting if not discounts[n].shares_units]
        if sharers:
            claimants.append(sharers)
        alone = {c: _off_line(situation, [discounts[n] for n in c], line) for c in claimants}
        claimants.sort(
            key=lambda c: (
                -alone[c],
                -max(discounts[n].priority for n in c),
                min(discounts[n].key for n in c),
            )
        )
        quantity = situation.cart.lines[line].quantity
        found.append(Contest(line, quantity, tuple(claimants)))
    return found


def _off_line(situation: Situation, discounts: list[Discount], line: int) -> int:
    state, saved = situation.start, 0
    ranges = whole(situation, 1 << line)
    for discount in discounts:
        step = apply(situation, state, discount, ranges, check=False)
        if step is not None:
            saved += step[0].amount
            state = step[1]
    return saved


def count_assignments(contests: list[Contest]) -> int:
    """How many ways there are to split all contested units."""
    ways = 1
    for contest in contests:
        claimants = len(contest.claimants)
        ways *= math.comb(contest.quantity + claimants - 1, claimants - 1)
    return ways


def assignments(contests: list[Contest]) -> Iterator[list[Split]]:
    """All ways, the preferred claimants served first."""
    if not contests:
        yield []
        return
    first, *rest = contests
    for split in _splits(first.quantity, len(first.claimants)):
        for others in assignments(rest):
            yield [split, *others]


def _splits(units: int, claimants: int) -> Iterator[Split]:
    if claimants == 1:
        yield (units,)
        return
    for own in range(units, -1, -1):
        for others in _splits(units - own, claimants - 1):
            yield (own, *others)


def ranges_for(
    situation: Situation,
    masks: list[int],
    contests: list[Contest],
    splits: list[Split],
) -> list[tuple[Range, ...]]:
    """The units of each discount under an assignment, lowest units to the preferred claimant."""
    taken = 0
    for contest in contests:
        taken |= 1 << contest.line
    ranges = [list(whole(situation, mask & ~taken)) for mask in masks]
    for contest, split in zip(contests, splits, strict=True):
        start = 0
        for claimant, units in zip(contest.claimants, split, strict=True):
            if units:
                for position in claimant:
                    ranges[position].append((contest.line, start, units))
            start += units
    return [tuple(sorted(own)) for own in ranges]


def improve(contests: list[Contest], value: Callable[[list[Split]], int | None], tries: int) -> list[Split]:
    """A good assignment where there are too many to try: never worse than the start, in which
    each line goes whole to its preferred claimant. `value` is None where a discount gets nothing.
    """
    best = [(c.quantity, *([0] * (len(c.claimants) - 1))) for c in contests]
    best_value = value(best)
    moved = True
    while moved and tries > 0:
        moved = False
        for number in range(len(contests)):
            for split in _moves(best[number]):
                tries -= 1
                trial = [*best[:number], split, *best[number + 1 :]]
                trial_value = value(trial)
                if trial_value is not None and (best_value is None or trial_value > best_value):
                    best, best_value, moved = trial, trial_value, True
            if tries <= 0:
                break
    return best


def _moves(split: Split) -> Iterator[Split]:
    """Move one, half or all of a claimant's units to another."""
    for giver, units in enumerate(split):
        for taker in range(len(split)):
            if taker == giver or not units:
                continue
            for moving in sorted({1, units // 2, units} - {0}):
                changed = list(split)
                changed[giver] -= moving
                changed[taker] += moving
                yield tuple(changed)
