"""What contacts tell the rooms above, on commit."""

from dataclasses import dataclass

from wagtail_marketing.core.events import Event


@dataclass(frozen=True)
class ConsentChanged(Event):
    """One contact's standing on a channel (``topic_id`` None) or topic changed."""

    contact_id: int
    channel: str
    topic_id: int | None
    state: str
    source: str


@dataclass(frozen=True)
class ContactCreated(Event):
    """A contact was made by hand or by the API (a sync announces none: it may bring a million)."""

    contact_id: int
    source: str


@dataclass(frozen=True)
class ListChanged(Event):
    """Contacts were put on a static list or taken off it.

    ``contact_ids`` are those that the change was about (some may have been on it before); None for many.
    """

    list_id: int
    added: int
    removed: int
    contact_ids: tuple[int, ...] | None


@dataclass(frozen=True)
class ContactsMerged(Event):
    """``gone_id`` became ``contact_id``: what is derived of the survivor wants to be looked at again."""

    contact_id: int
    gone_id: int


@dataclass(frozen=True)
class ContactsParted(Event):
    """A merge was undone: ``gone_id`` stands again."""

    contact_id: int
    gone_id: int
