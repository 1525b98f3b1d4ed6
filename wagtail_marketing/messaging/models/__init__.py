"""Tables: the template that an editor writes, and the outbox that is sent."""

from .outbox import (
    BatchState,
    EventType,
    Link,
    Message,
    MessageEvent,
    MessageState,
    Send,
    SendBatch,
    SendState,
)
from .template import EmailTemplate, MessageClass, Purpose

__all__ = [
    "BatchState",
    "EmailTemplate",
    "EventType",
    "Link",
    "Message",
    "MessageClass",
    "MessageEvent",
    "MessageState",
    "Purpose",
    "Send",
    "SendBatch",
    "SendState",
]
