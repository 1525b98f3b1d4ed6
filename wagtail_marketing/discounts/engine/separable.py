"""The quick way where lines do not influence each other.

If every product-lane candidate takes off each line what it would take off that line alone (percentages, amounts and
prices per unit, without caps), if no condition reads amounts that others change, and if what comes after only ever
takes more where more is left, then each line can be decided for itself, and a larger set never saves less. What is
left to try are the largest sets that may stand together and, per line, who gets how many of its units.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import islice, product

from .apply import Applied, apply
from .benefits import Range
from .choice import EXACT, Candidate, Walk
from .claims import Contest, Split, assignments, contests, improve, ranges_for
from .discount import Discount

#: Ways to split the units of one line that are all tried.
MAX_SPLITS = 1000
#: Combinations of equally good splits that are compared as sets.
MAX_TIES = 64
#: Sets that may stand together and are each solved.
MAX_SETS = 256


def solve(walk: Walk) -> bool:
    """Give the walk its best sets; False where this way is not open and the walk must try everything."""
    if not all(_is_separable(c.discount) for c in walk.products) or not all(_is_tame(c.discount) for c in walk.others):
        return False
    sets = list(islice(_largest_sets([*walk.products, *walk.others]), MAX_SETS + 1))
    if len(sets) > MAX_SETS:
        return False
    found = [solution for members in sets for solution in _solve_set(walk, members)]
    most = max((saved for saved, _, _ in found), default=0)
    best = [(trail, spare) for saved, trail, spare in found if saved == most]
    if any(spare for _, spare in best):
        # A smaller set saves as much (something is free already): which one counts is for the full walk.
        return False
    for trail, _ in best:
        walk.keep(trail)
    return True


def _reads_amounts(discount: Discount) -> bool:
    return not discount.original and any(leaf.reads_amounts for leaf in discount.conditions.leaves())


def _is_separable(discount: Discount) -> bool:
    limited = discount.max_discount is not None or discount.max_applications is not None
    return discount.benefit.works_per_line and not limited and not _reads_amounts(discount)


def _is_tame(discount: Discount) -> bool:
    return discount.benefit.follows_amount and discount.max_applications is None and not _reads_amounts(discount)


def _largest_sets(candidates: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    """The sets that may stand together and that nothing else can join (maximal cliques)."""

    def grow(chosen: list[Candidate], rest: list[Candidate], passed: list[Candidate]) -> Iterator[list[Candidate]]:
        if not rest and not passed:
            yield chosen
        for number, candidate in enumerate(rest):
            near = [c for c in rest[number + 1 :] if c.discount.may_join(candidate.discount)]
            gone = [c for c in (*passed, *rest[:number]) if c.discount.may_join(candidate.discount)]
            yield from grow([*chosen, candidate], near, gone)

    together = all(
        one.discount.may_join(other.discount) for n, one in enumerate(candidates) for other in candidates[:n]
    )
    if together:
        yield list(candidates)
    else:
        yield from grow([], list(candidates), [])


def _solve_set(walk: Walk, members: list[Candidate]) -> Iterator[tuple[int, list[Applied], bool]]:
    """For each equally good way to split the contested lines: what is saved, by whom, and whether one of them could
    be left out without saving less."""
    members = sorted(members, key=lambda c: c.discount.applies_at)
    in_products = [member for member in members if member.discount.lane == "product"]
    masks = [member.mask for member in in_products]
    fought = contests(walk.situation, [member.discount for member in in_products], masks)
    options = [_best_splits(walk, in_products, contest) for contest in fought]
    if math.prod(len(splits) for splits in options) > MAX_TIES:
        options = [splits[:1] for splits in options]
    for splits in product(*options):
        own = ranges_for(walk.situation, masks, fought, list(splits))
        ranges = {c.discount.key: given for c, given in zip(in_products, own, strict=True)}
        steps = [(c, ranges.get(c.discount.key, walk.wholes[c.discount.key])) for c in members]
        trail = _run(walk, steps)
        saved = sum(applied.amount for applied in trail)
        used = [applied.discount for applied in trail if applied.discount.benefit.saves_money]
        spare = len(steps) <= EXACT and any(
            saved == sum(a.amount for a in _run(walk, [step for step in steps if step[0].discount is not one]))
            for one in used
        )
        yield saved, trail, spare


def _best_splits(walk: Walk, members: list[Candidate], contest: Contest) -> list[Split]:
    """The ways to split one line that save most, one per set of claimants that gets something."""
    known: dict[tuple[int, int], int] = {}

    def saved(claimant: int, units: int) -> int:
        if units and (claimant, units) not in known:
            own = [members[position].discount for position in contest.claimants[claimant]]
            known[claimant, units] = _off_units(walk, own, contest.line, units)
        return known.get((claimant, units), 0)

    def value(split: Split) -> int:
        return sum(saved(claimant, units) for claimant, units in enumerate(split))

    claimants = len(contest.claimants)
    if math.comb(contest.quantity + claimants - 1, claimants - 1) > MAX_SPLITS:
        walk.units_searched = True
        return [improve([contest], lambda splits: value(splits[0]), MAX_SPLITS)[0]]
    best: dict[tuple[bool, ...], Split] = {}
    most = -1
    for (split,) in assignments([contest]):
        worth = value(split)
        if worth > most:
            best, most = {}, worth
        if worth == most:
            best.setdefault(tuple(bool(units) for units in split), split)
    return list(best.values())


def _off_units(walk: Walk, discounts: list[Discount], line: int, units: int) -> int:
    state, saved = walk.situation.start, 0
    for discount in discounts:
        walk.steps += 1
        step = apply(walk.situation, state, discount, ((line, 0, units),), check=False)
        if step is not None:
            saved, state = saved + step[0].amount, step[1]
    return saved


def _run(walk: Walk, steps: list[tuple[Candidate, tuple[Range, ...]]]) -> list[Applied]:
    """Apply one after the other; who finds nothing to take is left out."""
    state, trail = walk.situation.start, []
    for candidate, ranges in steps:
        step = apply(walk.situation, state, candidate.discount, ranges) if ranges or not candidate.mask else None
        if step is not None:
            trail.append(step[0])
            state = step[1]
    return trail
