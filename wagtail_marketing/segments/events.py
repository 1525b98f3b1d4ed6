"""What segments tell the rooms above, on commit."""

from dataclasses import dataclass
from datetime import datetime

from wagtail_marketing.core.events import Event


@dataclass(frozen=True)
class SegmentPublished(Event):
    """A segment has new published rules: version ``number``."""

    segment_id: int
    number: int


@dataclass(frozen=True)
class ContactEntered(Event):
    """These contacts came into the segment at ``at``: one event a batch, never one a person."""

    segment_id: int
    contact_ids: tuple[int, ...]
    at: datetime


@dataclass(frozen=True)
class ContactLeft(Event):
    """These contacts left the segment at ``at``."""

    segment_id: int
    contact_ids: tuple[int, ...]
    at: datetime


@dataclass(frozen=True)
class SegmentRefreshed(Event):
    """The members were brought up to date at ``refreshed_at``.

    Who entered is in ``Membership.entered_at == refreshed_at``, who left in ``left_at``; ``ContactEntered``
    and ``ContactLeft`` name them in batches.
    """

    segment_id: int
    refreshed_at: datetime
    size: int
    entered: int
    left: int


@dataclass(frozen=True)
class SegmentStateChanged(Event):
    """A segment was activated or deactivated."""

    segment_id: int
    active: bool


@dataclass(frozen=True)
class PinsChanged(Event):
    """Contacts were pinned in a segment, or unpinned: whether they are in may have changed."""

    segment_id: int
    contact_ids: tuple[int, ...]
