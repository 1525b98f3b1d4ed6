"""What this room announces, on commit."""

from dataclasses import dataclass

from wagtail_marketing.core.events import Event


@dataclass(frozen=True, slots=True)
class SendChanged(Event):
    """A send moved to ``state``."""

    send_id: int
    state: str
    source_ref: str


@dataclass(frozen=True, slots=True)
class MessageClicked(Event):
    """A person (not a machine) followed a link."""

    message_id: int
    send_id: int
    contact_id: int | None
    link_id: int


@dataclass(frozen=True, slots=True)
class ContactUnsubscribed(Event):
    """A person left by a link of ours."""

    message_id: int
    send_id: int
    contact_id: int | None
