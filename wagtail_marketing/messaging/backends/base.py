"""What the outbox asks of a channel. It knows nothing else of e-mail, SMS or any later one."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wagtail_marketing.contacts.models import Contact
    from wagtail_marketing.messaging.models import Message, Send


class Result(enum.Enum):
    """What became of one attempt."""

    SENT = "sent"  #: the other side took responsibility
    RETRY = "retry"  #: not accepted, and may be later
    FAILED = "failed"  #: not accepted, and never will be
    UNKNOWN = "unknown"  #: it may have been accepted: no second attempt
    MISCONFIGURED = "misconfigured"  #: not accepted because of us: the send pauses, nobody is at fault


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempt; ``reason`` is a short code, ``detail`` the other side's words."""

    result: Result
    reason: str = ""
    detail: str = ""
    #: Which step of the conversation it came from (see ``smtp.Phase``); for support.
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One message ready to leave; ``payload`` is the channel's own form."""

    message_id: int
    address: str
    payload: Any


@dataclass(frozen=True, slots=True)
class FrozenLink:
    """A link of the frozen content that is worth a row: see ``models.Link``."""

    position: int
    url: str
    label: str = ""
    dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Frozen:
    """The content as it will be sent whatever happens to the template afterwards."""

    content: Mapping[str, Any]
    links: Sequence[FrozenLink] = ()
    revision_id: int | None = None


class Transport(ABC):
    """An open way out, used by one worker for one batch of a send; a context manager."""

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @abstractmethod
    def deliver(self, prepared: Iterable[Prepared]) -> Iterator[tuple[Prepared, Outcome]]:
        """Try each once, in order, and say of each what became of it. Never raises for a single message.

        A ``MISCONFIGURED`` outcome may end the iteration early: what was not tried stays untouched.
        """

    def close(self) -> None:
        """Let go of connections; never raises."""
        return None


class Channel(ABC):
    """A way to reach people. Registered in ``registry.channels`` under ``name``, which is also the name of
    the channel in ``contacts`` (consent, suppression and the column of the address come from there)."""

    name: str
    label: Any

    @abstractmethod
    def freeze(self, *, template: Any, site: Any, sender: Any, utm: Mapping[str, str] | None) -> Frozen:
        """The content of ``template`` as of now. Raises ``ContentError``."""

    def problems(self, send: Send) -> list[str]:
        """Why this send may not start (no postal address, no sender ...), in words; empty: it may."""
        return []

    @abstractmethod
    def prepare(
        self, send: Send, pairs: Sequence[tuple[Message, Contact]]
    ) -> Iterator[tuple[Message, Prepared | Outcome]]:
        """Build each message. One that cannot be built comes with its ``Outcome``; the others go on.

        May set ``message.urls``; the caller stores it with the intent.
        """

    @abstractmethod
    def open(self, send: Send) -> Transport:
        """A transport for messages of ``send``. Connects lazily: never raises for an unreachable server."""
