"""Reads of messaging."""

from dataclasses import asdict, dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from wagtail_marketing.contacts import selectors as contact_selectors
from wagtail_marketing.contacts.models import Contact, Topic

from .models import BatchState, EventType, Link, Message, MessageEvent, MessageState, Send, SendBatch


@dataclass(frozen=True, slots=True)
class SendCounts:
    """The messages of a send by state; ``claimed`` is the part of ``waiting`` that a worker holds.

    ``audience == pending + claimed + sending + sent + failed + suppressed + cancelled + unknown``, always.
    """

    audience: int
    pending: int = 0
    claimed: int = 0
    sending: int = 0
    sent: int = 0
    failed: int = 0
    suppressed: int = 0
    cancelled: int = 0
    unknown: int = 0

    @property
    def settled(self) -> int:
        return self.audience - self.pending - self.claimed - self.sending

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def send_counts(send: Send) -> SendCounts:
    """N and its parts, by one statement."""
    held = SendBatch.objects.filter(
        send=OuterRef("send"), state=BatchState.CLAIMED, first_id__lte=OuterRef("pk"), last_id__gte=OuterRef("pk")
    )
    rows = (
        Message.objects.filter(send=send)
        .order_by()
        .annotate(held=Exists(held))
        .values_list("state", "held")
        .annotate(count=Count("pk"))
    )
    counts: dict[str, int] = {}
    for state, is_held, count in rows:
        key = "claimed" if state == MessageState.PENDING and is_held else state
        counts[key] = counts.get(key, 0) + count
    return SendCounts(audience=send.audience_count, **counts)


def recipients(send: Send, *, state: str = "", reason: str = "", event: str = "") -> QuerySet[Message]:
    """The messages of a send, by state, reason, or by what people did (``open``, ``click``, ``unsubscribe``)."""
    found = Message.objects.filter(send=send).select_related("contact")
    if state:
        found = found.filter(state=state)
    if reason:
        found = found.filter(reason=reason)
    if event:
        found = found.filter(Exists(MessageEvent.objects.filter(message=OuterRef("pk"), type=event, machine=False)))
    return found


def reasons(send: Send, state: str) -> list[tuple[str, int]]:
    """Why messages are in ``state``: ``[(reason, count)]``, the most frequent first."""
    rows = Message.objects.filter(send=send, state=state).order_by().values_list("reason")
    return list(rows.annotate(count=Count("pk")).order_by("-count", "reason"))


@dataclass(frozen=True, slots=True)
class Engagement:
    """What people did, and what machines did beside them. ``opened`` and ``clicked`` count messages, not events."""

    opened: int
    clicked: int
    unsubscribed: int
    opens: int
    clicks: int
    machine_opens: int
    machine_clicks: int


def engagement(send: Send) -> Engagement:
    """Totals of a send's events; machine events stand apart and are in no other number."""
    person = Q(machine=False)
    opens, clicks = Q(type=EventType.OPEN), Q(type=EventType.CLICK)
    return Engagement(
        **MessageEvent.objects.filter(send=send).aggregate(
            opened=Count("message", filter=opens & person, distinct=True),
            clicked=Count("message", filter=clicks & person, distinct=True),
            unsubscribed=Count("message", filter=Q(type=EventType.UNSUBSCRIBE) & person, distinct=True),
            opens=Count("pk", filter=opens & person),
            clicks=Count("pk", filter=clicks & person),
            machine_opens=Count("pk", filter=opens & ~person),
            machine_clicks=Count("pk", filter=clicks & ~person),
        )
    )


def link_clicks(send: Send) -> QuerySet[Link]:
    """The links of a send with ``people`` (messages in which a person followed it) and ``clicks``."""
    person = Q(events__machine=False, events__type=EventType.CLICK)
    return Link.objects.filter(send=send).annotate(
        people=Count("events__message", filter=person, distinct=True), clicks=Count("events", filter=person)
    )


def reachability(
    audience: QuerySet[Contact], channel: str, topic: Topic | int | None = None
) -> "contact_selectors.Reach":
    """How many of ``audience`` a marketing message would reach, and why not the others; see ``contacts.Reach``."""
    return contact_selectors.reach(audience, channel, topic)


def sends_of(source_ref: str) -> QuerySet[Send]:
    """The sends that one source (``campaign:12``) made, newest first."""
    return Send.objects.filter(source_ref=source_ref)
