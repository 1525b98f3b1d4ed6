"""A channel that keeps messages in memory: for tests, and the proof that the outbox knows nothing of e-mail."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.messaging.backends.base import (
    Channel,
    Frozen,
    FrozenLink,
    Outcome,
    Prepared,
    Result,
    Transport,
)
from wagtail_marketing.messaging.models import Message, Send


class MemoryTransport(Transport):
    def __init__(self, channel: "MemoryChannel"):
        self._channel = channel

    def deliver(self, prepared: Iterable[Prepared]) -> Iterator[tuple[Prepared, Outcome]]:
        for item in prepared:
            outcome = self._channel.script.get(item.address, Outcome(Result.SENT))
            if outcome.result in (Result.SENT, Result.UNKNOWN):
                self._channel.delivered.append((item.address, item.payload))
            yield item, outcome
            if outcome.result is Result.MISCONFIGURED:
                return


class MemoryChannel(Channel):
    """Register it under the name of a channel that ``contacts`` knows, such as ``sms``.

    A template is anything with ``text``, ``site``, ``message_class`` and ``topic_id``. ``script`` maps an address to
    the ``Outcome`` of every attempt at it.
    """

    name = "sms"
    label = "Memory"

    def __init__(self, script: Mapping[str, Outcome] | None = None):
        self.script = dict(script or {})
        self.delivered: list[tuple[str, str]] = []

    def freeze(self, *, template: Any, site: Any, sender: Any, utm: Mapping[str, str] | None) -> Frozen:
        return Frozen(content={"text": template.text}, links=[FrozenLink(0, "https://shop.example/")])

    def prepare(
        self, send: Send, pairs: Sequence[tuple[Message, Contact]]
    ) -> Iterator[tuple[Message, Prepared | Outcome]]:
        for message, contact in pairs:
            text = send.content["text"].replace("{name}", contact.first_name)
            yield message, Prepared(message.pk, message.address, text)

    def open(self, send: Send) -> MemoryTransport:
        return MemoryTransport(self)
