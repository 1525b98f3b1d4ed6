"""In-transaction handlers: what must be exactly as committed as the shop's own change.

The shop calls ``host.order_placed(order)`` and its sisters inside its own transaction; each capability
that keeps facts registers a handler here. Handlers are idempotent by (ref, event, event ref). A handler
registered as ``fenced`` runs in a savepoint: its fault is logged and queued for the next sync, and the
shop's order goes through. Only an unfenced one (a redemption) may reject the order.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from .types import HostCart, HostCustomer, HostOrder, HostProduct

logger = logging.getLogger(__name__)

#: What a shop can report; the first argument of a handler is the dataclass named here.
EVENTS: dict[str, type | None] = {
    "order_placed": HostOrder,
    "order_changed": HostOrder,
    "order_paid": HostOrder,
    "order_cancelled": HostOrder,
    "order_refunded": HostOrder,
    "order_fulfilled": HostOrder,
    "cart_changed": HostCart,
    "customer_changed": HostCustomer,
    "customer_deleted": str,
    "product_changed": HostProduct,
}


@dataclass(frozen=True)
class _Handler:
    function: Callable
    fenced: bool
    order: int


_handlers: dict[str, list[_Handler]] = {event: [] for event in EVENTS}

#: Called with (event, ref) after a fenced handler failed; commerce queues the ref for sync.
_on_fault: list[Callable[[str, str], None]] = []


def register(event: str, function: Callable, *, fenced: bool = True, order: int = 100) -> None:
    """Run ``function(fact)`` in the shop's transaction on ``event``; lower ``order`` runs first."""
    handlers = _handlers[event]
    if all(known.function is not function for known in handlers):
        handlers.append(_Handler(function, fenced, order))
        handlers.sort(key=lambda handler: handler.order)


def on_fault(function: Callable[[str, str], None]) -> None:
    """Tell ``function(event, ref)`` of each fault that a fence held back."""
    if function not in _on_fault:
        _on_fault.append(function)


def run(event: str, fact: HostOrder | HostCart | HostCustomer | HostProduct | str) -> None:
    """Call every handler of ``event`` inside one transaction (the shop's, where it has one open)."""
    with transaction.atomic():
        for handler in tuple(_handlers[event]):
            if not handler.fenced:
                handler.function(fact)
                continue
            try:
                with transaction.atomic():
                    handler.function(fact)
            except Exception:
                logger.exception("%s: %s failed; the next sync repeats it", event, handler.function.__qualname__)
                fault(event, fact if isinstance(fact, str) else getattr(fact, "ref", "") or getattr(fact, "key", ""))


def fault(event: str, ref: str) -> None:
    """Remember that what ``event`` said of ``ref`` is not in the mirror yet."""
    for function in tuple(_on_fault):
        function(event, ref)
