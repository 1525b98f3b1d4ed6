"""Chooses among more candidates than can all be tried.

First greedy: by what each saves alone, most first, each is added where it may join and the set
then saves more. Then better sets are looked for near it: one in, one out, one for another, among
the candidates that save most alone, until none helps or the tries are used up. Only improvements
are taken, so that the result is never worse than greedy's.
"""

from collections.abc import Sequence

from .apply import apply, whole
from .choice import EMPTY, Candidate, Solution, StepsExhausted, Walk

#: How many of the candidates that save most alone the second step looks at.
NEAR = 24
#: How many sets the second step tries.
TRIES = 400
#: Most single applications of both steps together, so that a price is there in time.
MAX_STEPS = 20_000
#: How many assignments of contested units are tried per set.
ASSIGNMENTS = 40


def search(walk: Walk) -> Solution:
    alone = []
    for candidate in walk.candidates:
        step = apply(
            walk.situation,
            walk.situation.start,
            candidate.discount,
            whole(walk.situation, candidate.mask),
        )
        if step is not None:
            alone.append((-step[0].amount, candidate.discount.key, candidate))
    ordered = [candidate for _, _, candidate in sorted(alone, key=lambda entry: entry[:2])]
    walk.limit, walk.assignments = MAX_STEPS, ASSIGNMENTS
    chosen, best = _greedy(walk, ordered)
    return _improve(walk, ordered[:NEAR], chosen, best)


def _try(walk: Walk, chosen: Sequence[Candidate]) -> Solution | None:
    for number, one in enumerate(chosen):
        if not all(one.discount.may_join(other.discount) for other in chosen[:number]):
            return None
    try:
        return walk.one_set(chosen)
    except StepsExhausted:
        return None


def _greedy(walk: Walk, ordered: Sequence[Candidate]) -> tuple[list[Candidate], Solution]:
    chosen: list[Candidate] = []
    best = EMPTY
    for candidate in ordered:
        found = _try(walk, [*chosen, candidate])
        if found is not None and found.rank < best.rank:
            chosen, best = [*chosen, candidate], found
    return chosen, best


def _improve(walk: Walk, near: Sequence[Candidate], chosen: list[Candidate], best: Solution) -> Solution:
    tries = TRIES
    moved = True
    while moved:
        moved = False
        outside = [c for c in near if c not in chosen]
        neighbours = [[*chosen, c] for c in outside]
        neighbours += [[o for o in chosen if o is not c] for c in chosen]
        neighbours += [[*(o for o in chosen if o is not c), n] for c in chosen for n in outside]
        for neighbour in neighbours:
            if tries <= 0:
                return best
            tries -= 1
            found = _try(walk, neighbour)
            if found is not None and found.rank < best.rank:
                chosen, best, moved = neighbour, found, True
                break
    return best
