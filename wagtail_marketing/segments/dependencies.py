"""Which segments a change can move: what each reads, through the segments that stand inside it too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from wagtail_marketing.contacts.facts import EVERYTHING

from .engine.tree import Group, Rule, moment_at, parse
from .errors import InvalidRules
from .in_force import InForce, in_force
from .models import RefreshState, Segment

#: The fact of every segment: somebody is pinned in or out, of it or of a segment inside it.
PINS = "pins"


@dataclass(frozen=True, slots=True)
class Watched:
    """An active, published segment: what its rules read, and which segments stand inside it.

    ``leaves`` are the conditions of its own tree and of the segments inside it.
    """

    found: InForce
    leaves: tuple[Rule, ...]
    inner: frozenset[int]
    reads: frozenset[str]
    checked_until: datetime | None = None

    @property
    def pk(self) -> int:
        return self.found.pk

    def concerned(self, facts: Iterable[str]) -> bool:
        """Whether a change of these facts can move somebody in or out."""
        return any(fact in (EVERYTHING, PINS) or fact in self.reads for fact in facts)


def watched() -> list[Watched]:
    """Every segment that is kept up to date. Rules that cannot be read (any more) are left out."""
    moment = moment_at()
    published = in_force(Segment.objects.filter(live=True).values_list("pk", flat=True))
    trees: dict[int, Group] = {}
    for pk, found in published.items():
        try:
            trees[pk] = parse(found.rules, moment)
        except InvalidRules:
            continue
    until = dict(RefreshState.objects.values_list("segment", "checked_until"))
    watching = []
    for pk, found in published.items():
        if pk not in trees or not found.active:
            continue
        leaves: list[Rule] = []
        inner: set[int] = set()
        _walk(pk, trees, published, leaves, inner)
        reads = frozenset().union(*(leaf.condition.reads(leaf.params) for leaf in leaves))
        watching.append(Watched(found, tuple(leaves), frozenset(inner), reads, until.get(pk)))
    return watching


def _walk(
    pk: int, trees: Mapping[int, Group], published: Mapping[int, InForce], leaves: list[Rule], inner: set[int]
) -> None:
    for leaf in trees[pk].leaves():
        leaves.append(leaf)
        if leaf.condition.key != "segment" or leaf.params.pk in inner:
            continue
        inner.add(leaf.params.pk)
        # A deactivated one keeps its members, whatever its rules read.
        if leaf.params.pk in trees and published[leaf.params.pk].active:
            _walk(leaf.params.pk, trees, published, leaves, inner)
