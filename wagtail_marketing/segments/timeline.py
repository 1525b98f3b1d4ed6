"""Entering and leaving on the timeline: written from the stays themselves, one statement for any number."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.activity import registry, words
from wagtail_marketing.activity.models import Activity
from wagtail_marketing.activity.services import insert_facts
from wagtail_marketing.contacts import facts
from wagtail_marketing.core import events

from .events import ContactEntered, ContactLeft
from .models import Membership, Segment, SegmentSize

ENTERED, LEFT = "segment.entered", "segment.left"
#: Contacts that one event names.
BATCH = 5_000


def _stays(ranges: list[int], type_: str, column: str, *, by_refresh: bool) -> int:
    """Stays as activities: those of the announced ids, or all that an announced refresh began or ended.

    Nothing is told to the rules: they would enter and leave by their own entering and leaving.
    """
    stays, segments, sizes = (model._meta.db_table for model in (Membership, Segment, SegmentSize))
    joins = f"JOIN {segments} s ON s.id = f.segment_id"
    if by_refresh:
        # The facts are the refreshes: their moment finds the stays by index.
        joins = f"JOIN {stays} m ON m.segment_id = f.segment_id AND m.{column} = f.measured_at {joins}"
    stay = "m" if by_refresh else "f"
    function = "jsonb_build_object" if connection.vendor == "postgresql" else "json_object"
    return insert_facts(
        ranges,
        table=sizes if by_refresh else stays,
        joins=joins,
        contact=f"{stay}.contact_id",
        type=f"'{type_}'",
        at=f"{stay}.{column}",
        ref="'segment:' || s.id{text}",
        subject="s.name",
        data=f"{function}('segment', s.id)",
        where=f"{stay}.{column} IS NOT NULL",
        key=f"{stay}.id",
        tell=False,
    )


def _refreshed(ranges: list[int]) -> int:
    return _stays(ranges, ENTERED, "entered_at", by_refresh=True) + _stays(ranges, LEFT, "left_at", by_refresh=True)


SOURCES = {
    "segment-entered": lambda ranges: _stays(ranges, ENTERED, "entered_at", by_refresh=False),
    "segment-left": lambda ranges: _stays(ranges, LEFT, "left_at", by_refresh=False),
    "segment-refresh": _refreshed,
}


def refreshed(size: SegmentSize) -> None:
    """A refresh moved people: note it for the timeline, and tell who listens. In the refresh's transaction."""
    if size.entered or size.left:
        facts.announce("segment-refresh", [size.pk], at=size.measured_at)
    for kind, column, count in ((ContactEntered, "entered_at", size.entered), (ContactLeft, "left_at", size.left)):
        # Reading a million ids for nobody would cost more than the refresh.
        if count and events.heard(kind):
            for ids in _batches(size.segment_id, column, size.measured_at):
                events.publish(kind(size.segment_id, ids, size.measured_at))


def _batches(segment: int, column: str, at: datetime) -> Iterator[tuple[int, ...]]:
    last = 0
    rows = Membership.objects.filter(segment=segment, **{column: at}).order_by("pk")
    while found := list(rows.filter(pk__gt=last).values_list("pk", "contact_id")[:BATCH]):
        last = found[-1][0]
        yield tuple(contact for _pk, contact in found)


def forget(*, before: datetime, most: int = 10_000) -> int:
    """Delete what the timeline says of segments from before; returns how many. The stays themselves remain."""
    old = Activity.objects.filter(type__in=(ENTERED, LEFT), occurred_at__lt=before).order_by("occurred_at")
    return Activity.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:most])).delete()[0]


def register() -> None:
    """Called by ``AppConfig.ready``; the same again is harmless."""
    for source, writer in SOURCES.items():
        registry.sources.register(source, writer)
    if ENTERED not in words.kinds:
        words.kinds.register(ENTERED, words.Kind(_("Came into the segment"), "group"))
        words.kinds.register(LEFT, words.Kind(_("Left the segment"), "group"))
