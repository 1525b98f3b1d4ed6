"""News travels up: a capability publishes a frozen dataclass on commit and never knows who listens."""

import logging
from collections import defaultdict
from collections.abc import Callable

from django.db import transaction

logger = logging.getLogger(__name__)

_subscribers: dict[type, list[Callable]] = defaultdict(list)


class Event:
    """Base of every event; subclasses are frozen dataclasses of ids and plain values."""


def subscribe(event_type: type[Event]) -> Callable[[Callable], Callable]:
    """Decorator: call the function with each published event of this type."""

    def register(handler: Callable) -> Callable:
        if handler not in _subscribers[event_type]:
            _subscribers[event_type].append(handler)
        return handler

    return register


def heard(event_type: type[Event]) -> bool:
    """Whether anybody listens to this type: an event that is dear to make is not made for nobody."""
    return bool(_subscribers.get(event_type))


def publish(event: Event) -> None:
    """Deliver ``event`` when the transaction commits; a handler's fault is logged and stops nobody else."""
    transaction.on_commit(lambda: _deliver(event))


def _deliver(event: Event) -> None:
    for handler in tuple(_subscribers[type(event)]):
        try:
            handler(event)
        except Exception:
            # The fact is committed: what follows from it is found again by the sweepers.
            logger.exception("A subscriber of %s failed", type(event).__name__)
