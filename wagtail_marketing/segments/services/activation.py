"""Switched on and off: a deactivated segment keeps its members and is not refreshed."""

from datetime import datetime
from typing import Any

from django.db import transaction

from wagtail_marketing.core import clock, events
from wagtail_marketing.segments.events import SegmentStateChanged
from wagtail_marketing.segments.models import Segment, SegmentState


def activate_segment(*, segment: Segment, user: Any = None, now: datetime | None = None) -> SegmentState:
    """Let the rules decide again; a worker refreshes the members soon. Harmless where it is active."""
    return _switch(segment, active=True, user=user, now=now)


def deactivate_segment(*, segment: Segment, user: Any = None, now: datetime | None = None) -> SegmentState:
    """Keep the members as they were at the last refresh, and refuse to be used newly.

    What uses the segment goes on with these members: ``selectors.used_by`` names it, for the warning before.
    Nobody is in where it was never refreshed. Harmless where it is deactivated.
    """
    return _switch(segment, active=False, user=user, now=now)


@transaction.atomic
def _switch(segment: Segment, *, active: bool, user: Any, now: datetime | None) -> SegmentState:
    # Also waits for a refresh that is under way: its members are the ones that stay.
    Segment.objects.select_for_update().get(pk=segment.pk)
    state = SegmentState.objects.filter(segment=segment).first()
    state = state or SegmentState(segment=segment, changed_at=segment.created_at)
    if state.active == active:
        return state
    state.active, state.changed_at, state.changed_by = active, now or clock.now(), user
    state.save()
    events.publish(SegmentStateChanged(segment.pk, active))
    return state
