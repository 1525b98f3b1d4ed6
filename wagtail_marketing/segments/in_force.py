"""What is in force of a segment: its published rules, whether it is active, and whether anybody is pinned."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from .models import Segment, SegmentPin, SegmentState, SegmentVersion


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
    """Those of the segments ``ids`` that are published, by id: one statement.

    Written by hand: it stands before every question, and Django takes longer to build it than to ask it.
    """
    wanted = tuple(ids)
    if not wanted:
        return {}
    segment, version, state, pin = (
        connection.ops.quote_name(model._meta.db_table) for model in (Segment, SegmentVersion, SegmentState, SegmentPin)
    )
    places = ", ".join(["%s"] * len(wanted))
    pinned = f"EXISTS (SELECT 1 FROM {pin} AS pin WHERE pin.segment_id = segment.id AND"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT segment.id, segment.name, version.id, version.rules, state.active,"  # noqa: S608
            f" {pinned} pin.always), {pinned} NOT pin.always)"
            f" FROM {segment} AS segment JOIN {version} AS version ON version.segment_id = segment.id"
            f" AND version.number = (SELECT MAX(number) FROM {version} AS newer WHERE newer.segment_id = segment.id)"
            f" LEFT JOIN {state} AS state ON state.segment_id = segment.id"
            f" WHERE segment.live AND segment.id IN ({places}) ORDER BY segment.id",
            wanted,
        )
        return {
            pk: InForce(
                pk,
                name,
                version,
                json.loads(rules) if isinstance(rules, str) else rules,
                active is None or bool(active),
                bool(always),
                bool(never),
            )
            for pk, name, version, rules, active, always, never in cursor.fetchall()
        }
