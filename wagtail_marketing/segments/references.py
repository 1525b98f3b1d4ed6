"""Segments inside segments: who refers to whom, and what of it is refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from .errors import InvalidRules
from .models import Segment, SegmentVersion

#: How many segments may stand in each other, the outermost counted.
MAX_INSIDE = 5
#: How many conditions a segment may have in all, those of the segments inside it counted.
MAX_IN_ALL = 300
#: Any number, the same in every process: publishing waits on it (see ``one_at_a_time``).
LOCK = 0x776D5E6


@dataclass
class Node:
    """One segment as the others see it."""

    name: str
    #: (path to the ``id`` in the rules, id of the other segment)
    refers: list[tuple[str, int]] = field(default_factory=list)
    #: Conditions of its own that are no reference.
    own: int = 0


def node(name: str, rules: Any) -> Node:
    found = Node(name)
    for path, kind, params in leaves(rules):
        number = params.get("id") if isinstance(params, Mapping) else None
        if kind == "segment" and str(number).isdecimal():
            found.refers.append((f"{path}.params.id", int(str(number))))
        else:
            found.own += 1
    return found


def leaves(rules: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every condition of a tree (as JSON): its path, kind and params."""
    if not isinstance(rules, Mapping):
        return
    if "rules" not in rules:
        yield path, rules.get("kind"), rules.get("params", {})
        return
    for number, rule in enumerate(rules["rules"] or ()):
        yield from leaves(rule, f"{path}.rules.{number}".lstrip("."))


def graph() -> dict[int, Node]:
    """Every published segment by id: one statement."""
    newest = SegmentVersion.objects.filter(segment=OuterRef("pk")).order_by("-number")
    rows = Segment.objects.filter(live=True).annotate(wm_rules=Subquery(newest.values("rules")[:1]))
    return {
        pk: node(name, rules)
        for pk, name, rules in rows.order_by("pk").values_list("pk", "name", "wm_rules")
        if rules is not None
    }


def one_at_a_time() -> None:
    """Until the transaction ends nobody else publishes a segment.

    Two editors may publish A → B and B → A at once: each alone is no circle. The second waits here and then
    sees the first one's rules. SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def check_references(*, rules: Any, segment: Segment | None = None) -> None:
    """Refuse a circle (naming its path), too many levels, and more conditions than one query should have.

    Looks downwards (what ``rules`` refer to) and upwards (who refers to ``segment``). Raises
    ``InvalidRules``.
    """
    pk = segment.pk if segment is not None and segment.pk else 0
    name = segment.name if segment is not None else _("this segment")
    known = graph()
    before = known.get(pk)
    known[pk] = changed = node(name, rules)
    if not changed.refers and before is None:
        return
    _refuse_deactivated(changed, before)
    _refuse_circle(known, pk)
    above = _chains_above(known, pk)
    below = _longest_below(known, pk)
    longest = max(above, key=len)
    if len(longest) + len(below) - 1 > MAX_INSIDE:
        raise InvalidRules(
            _("Segments stand in each other too deeply: %(path)s.") % {"path": _arrows(known, [*longest, *below[1:]])},
            path=changed.refers[0][0] if changed.refers else "rules",
            remedy=_("Use at most %(most)s levels.") % {"most": MAX_INSIDE},
        )
    sizes: dict[int, int] = {}
    for outer in {chain[0] for chain in above} | {pk}:
        count = _in_all(known, outer, sizes)
        if count > MAX_IN_ALL:
            raise InvalidRules(
                _("“%(segment)s” would have %(count)s conditions, with those of the segments inside it.")
                % {"segment": known[outer].name, "count": count},
                path="rules",
                remedy=_("Use at most %(most)s in all.") % {"most": MAX_IN_ALL},
            )


def _refuse_deactivated(changed: Node, before: Node | None) -> None:
    """What is deactivated may stay where it stands, and may not be used newly."""
    old = {pk for _path, pk in before.refers} if before else set()
    new = [(path, pk) for path, pk in changed.refers if pk not in old]
    off = dict(Segment.objects.filter(pk__in=[pk for _path, pk in new], state__active=False).values_list("pk", "name"))
    for path, pk in new:
        if pk in off:
            raise InvalidRules(
                _("The segment “%(segment)s” is deactivated.") % {"segment": off[pk]},
                path=path,
                remedy=_("Activate it first, or choose another."),
            )


def _refuse_circle(known: Mapping[int, Node], pk: int) -> None:
    def walk(chain: list[int], at: str) -> None:
        for path, inner in known[chain[-1]].refers:
            at_first = at or path
            if inner in chain:
                circle = [*chain[chain.index(inner) :], inner]
                raise InvalidRules(
                    _("Segments would refer to each other in a circle: %(path)s.") % {"path": _arrows(known, circle)},
                    path=at_first,
                    remedy=_("Take one of the references out."),
                )
            if inner in known and inner not in done:
                walk([*chain, inner], at_first)
        done.add(chain[-1])

    done: set[int] = set()
    walk([pk], "")


def _longest_below(known: Mapping[int, Node], pk: int) -> list[int]:
    best: dict[int, list[int]] = {}

    def longest(one: int) -> list[int]:
        if one not in best:
            inner = [longest(other) for _path, other in known[one].refers if other in known]
            best[one] = [one, *max(inner, key=len, default=[])]
        return best[one]

    return longest(pk)


def _chains_above(known: Mapping[int, Node], pk: int) -> list[list[int]]:
    """For every segment that leads to ``pk``, the longest chain from it to ``pk``; ``[pk]`` itself too."""
    users: dict[int, set[int]] = {}
    for outer, one in known.items():
        for _path, inner in one.refers:
            users.setdefault(inner, set()).add(outer)
    best = {pk: [pk]}
    frontier = {pk}
    # Published segments hold no circle, so this ends; the bound is for data from elsewhere.
    for _round in range(len(known)):
        reached: set[int] = set()
        for inner in frontier:
            for outer in users.get(inner, ()):
                if outer not in best[inner]:
                    chain = [outer, *best[inner]]
                    if len(chain) > len(best.get(outer, ())):
                        best[outer] = chain
                        reached.add(outer)
        if not reached:
            break
        frontier = reached
    return list(best.values())


def _in_all(known: Mapping[int, Node], pk: int, sizes: dict[int, int]) -> int:
    if pk not in sizes:
        sizes[pk] = known[pk].own + sum(
            _in_all(known, inner, sizes) if inner in known else 1 for _path, inner in known[pk].refers
        )
    return sizes[pk]


def _arrows(known: Mapping[int, Node], chain: list[int]) -> str:
    return " → ".join(known[one].name for one in chain)


def refer_to(pk: int) -> list[Segment]:
    """The published segments whose rules refer to ``pk``, by name."""
    outer = [one for one, found in graph().items() if pk in {inner for _path, inner in found.refers}]
    return list(Segment.objects.filter(pk__in=outer).exclude(pk=pk).order_by("name", "pk"))
