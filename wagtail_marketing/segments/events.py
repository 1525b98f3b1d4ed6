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
class SegmentRefreshed(Event):
    """The members were brought up to date at ``refreshed_at``.

    Who entered is in ``Membership.entered_at == refreshed_at``, who left in ``left_at``: one event a
    refresh and not one a person, because a refresh may move a million.
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
