"""What is in force of a segment: its published rules, whether it is active, and whether anybody is pinned."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from .models import Segment, SegmentPin, SegmentVersion


@dataclass(frozen=True, slots=True)
class InForce:
    """A published segment. ``version`` is the id of its newest ``SegmentVersion``."""

    pk: int
    name: str
    version: int
    rules: Any
    #: Deactivated, it holds whom it held at its last refresh.
    active: bool
    #: Whether anybody is pinned at all: a segment without pins costs no subquery for them.
    some_always: bool
    some_never: bool


def in_force(ids: Iterable[int]) -> dict[int, InForce]:
    """Those of the segments ``ids`` that are published, by id: one statement."""
    newest = SegmentVersion.objects.filter(segment=OuterRef("pk")).order_by("-number")
    pins = SegmentPin.objects.filter(segment=OuterRef("pk"))
    rows = (
        Segment.objects.filter(pk__in=tuple(ids), live=True)
        .annotate(
            wm_version=Subquery(newest.values("pk")[:1]),
            wm_rules=Subquery(newest.values("rules")[:1]),
            wm_always=Exists(pins.filter(always=True)),
            wm_never=Exists(pins.filter(always=False)),
        )
        .order_by("pk")
        .values_list("pk", "name", "wm_version", "wm_rules", "state__active", "wm_always", "wm_never")
    )
    return {
        pk: InForce(pk, name, version, rules, active is not False, always, never)
        for pk, name, version, rules, active, always, never in rows
        if version is not None
    }
