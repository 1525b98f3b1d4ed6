"""Reads of contacts and consent: set-based, so that an audience of a million is one statement."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import connection
from django.db.models import Count, Exists, F, Min, Model, OuterRef, Q, QuerySet

from wagtail_marketing.core import clock
from wagtail_marketing.core.identity import address_hash, digits_of, normalise_email, normalise_phone

from .engine.contact_times import next_within, within
from .models import ConsentChoice, ConsentState, Contact, ContactPreference, Suppression, Topic
from .registry import channel_address, channels


def _topic_id(topic: Topic | int | None) -> int | None:
    return topic.pk if isinstance(topic, Topic) else topic


def _states(channel: str, topic_id: int | None, contact: str) -> QuerySet[ConsentState]:
    return ConsentState.objects.filter(contact=OuterRef(contact), channel=channel, topic=topic_id)


def consented_q(channel: str, topic: Topic | int | None = None, *, contact: str = "pk") -> Q:
    """Subscribed on ``channel`` with the address that the contact has now, and not gone from ``topic``.

    A ``Q`` for any queryset; ``contact`` is the path from its model to the contact (``"contact"`` on a
    message row). A channel's unsubscribe beats its topics.
    """
    address = channel_address(channel)
    prefix = "" if contact == "pk" else f"{contact}__"
    on_channel = _states(channel, None, contact).filter(
        state=ConsentChoice.SUBSCRIBED, address_hash=OuterRef(f"{prefix}{address.hash_field}")
    )
    wanted = Q(Exists(on_channel))
    if topic is not None:
        wanted &= ~Q(Exists(_states(channel, _topic_id(topic), contact).filter(state=ConsentChoice.UNSUBSCRIBED)))
    return wanted


def suppressed_q(channel: str, *, contact: str = "pk") -> Q:
    """The contact's address on ``channel`` is on the list of addresses that must not be written to."""
    address = channel_address(channel)
    prefix = "" if contact == "pk" else f"{contact}__"
    return Q(
        Exists(Suppression.objects.filter(channel=channel, address_hash=OuterRef(f"{prefix}{address.hash_field}")))
    )


def paused_q(*, contact: str = "pk", now: datetime | None = None) -> Q:
    """The person asked for a pause that is not over at ``now``."""
    paused = ContactPreference.objects.filter(contact=OuterRef(contact), paused_until__gt=now or clock.now())
    return Q(Exists(paused))


def deliverable_q(channel: str, topic: Topic | int | None = None, *, contact: str = "pk") -> Q:
    """Who may be written to: has an address, consented (``consented_q``), is not suppressed and has no pause.

    The same condition serves the audience, the freeze and the last look before a message leaves.
    """
    address = channel_address(channel)
    prefix = "" if contact == "pk" else f"{contact}__"
    has_address = ~Q(**{f"{prefix}{address.address_field}": ""})
    forbidden = suppressed_q(channel, contact=contact) | paused_q(contact=contact)
    return has_address & consented_q(channel, topic, contact=contact) & ~forbidden


def deliverable(channel: str, topic: Topic | int | None = None) -> QuerySet[Contact]:
    """All contacts who may be written to. Several may share one address: see ``first_of_address``."""
    return Contact.objects.filter(deliverable_q(channel, topic))


def consented(contacts: QuerySet[Contact], channel: str, topic: Topic | int | None = None) -> QuerySet[Contact]:
    """Those of ``contacts`` who consented to ``channel`` (and did not leave ``topic``)."""
    return contacts.filter(consented_q(channel, topic))


def first_of_address(contacts: QuerySet[Contact], channel: str) -> QuerySet[Contact]:
    """Of several ``contacts`` with one address only the one with the lowest id: it gets the mail."""
    address = channel_address(channel)
    lowest = contacts.order_by().values(address.hash_field).annotate(first=Min("pk")).values("first")
    return Contact.objects.filter(pk__in=lowest)


@dataclass(frozen=True)
class Reach:
    """How many of ``total`` a channel reaches, and why not the others; the figures add up to ``total``."""

    total: int
    reachable: int
    no_address: int
    never: int
    pending: int
    unsubscribed: int
    suppressed: int
    duplicates: int
    paused: int = 0


def reach(contacts: QuerySet[Contact], channel: str, topic: Topic | int | None = None) -> Reach:
    """Count ``contacts`` by what would become of a message to each: one statement.

    Reasons are taken in this order: no address, suppressed, unsubscribed (channel or topic), waiting for
    confirmation, paused, never agreed (or agreed with another address), second contact with one address.
    """
    address = channel_address(channel)
    has = ~Q(**{address.address_field: ""})
    on_channel = _states(channel, None, "pk")
    ways = {
        "wm_deliverable": deliverable_q(channel, topic),
        "wm_suppressed": suppressed_q(channel),
        "wm_left": Q(Exists(on_channel.filter(state=ConsentChoice.UNSUBSCRIBED))),
        "wm_pending": Q(Exists(on_channel.filter(state=ConsentChoice.PENDING))),
        "wm_paused": consented_q(channel) & paused_q(),
    }
    if topic is not None:
        of_topic = _states(channel, _topic_id(topic), "pk")
        ways["wm_left"] |= Q(Exists(of_topic.filter(state=ConsentChoice.UNSUBSCRIBED)))
    yes, suppressed, left, pending, paused = (Q(**{name: True}) for name in ways)
    counts = (
        Contact.objects.filter(pk__in=contacts.order_by().values("pk"))
        .annotate(**ways)
        .aggregate(
            total=Count("pk"),
            deliverable=Count("pk", filter=yes),
            reachable=Count(F(address.hash_field), filter=yes, distinct=True),
            no_address=Count("pk", filter=~has),
            suppressed=Count("pk", filter=has & suppressed),
            unsubscribed=Count("pk", filter=has & ~suppressed & left),
            pending=Count("pk", filter=has & ~suppressed & ~left & pending),
            paused=Count("pk", filter=has & ~suppressed & ~left & ~pending & paused),
        )
    )
    duplicates = counts.pop("deliverable") - counts["reachable"]
    known = sum(counts.values()) - counts["total"]
    return Reach(**counts, duplicates=duplicates, never=counts["total"] - known - duplicates)


#: Digits that a search needs before it looks for a phone number, and before a number counts as one alone.
FEWEST_DIGITS = 4


def search_q(query: str, *, plain: bool) -> Q:
    """Contacts by customer key, and for who may see people (``plain``) by whatever else ``query`` can be.

    That is the beginning of an e-mail address, ``@`` and the beginning of its domain, a phone number in any
    writing (whole, from its country code on, or by its end), or the beginnings of names, all words of which
    must fit. Each way is answered by an index of its own.
    """
    query = query.replace("\x00", "").strip()
    found = Q(external_key=query)
    if not plain or not query:
        return found
    if query.startswith("@"):
        return found | Q(email_domain__startswith=_domain(query[1:]))
    if "@" in query:
        return found | Q(email_normalised__startswith=normalise_email(query) or query.lower())
    if _may_be_phone(query):
        return found | phone_q(query)
    names = Q()
    for word in query.casefold().split():
        names &= Q(last_name_folded__startswith=word) | Q(first_name_folded__startswith=word)
    return found | names | Q(email_normalised__startswith=query.lower())


def _domain(text: str) -> str:
    try:
        return text.lower().encode("idna").decode()
    except UnicodeError:
        return text.lower()


def _may_be_phone(query: str) -> bool:
    """Whether ``query`` is digits with what people write between them."""
    return len(digits_of(query)) >= FEWEST_DIGITS and not any(sign.isalpha() for sign in query)


def phone_q(number: str) -> Q:
    """Contacts whose phone is ``number``, begins with it (from the country code on) or ends with it.

    "+49 30 123456", "0049 30/123456", "030 123456" and "123456" all find +4930123456: the trunk's zero
    and the country code are a matter of writing, the last digits are not.
    """
    digits = digits_of(number)
    international = number.lstrip(" (").startswith("+") or digits.startswith("00")
    national = digits.lstrip("0")
    found = Q(phone_reversed__startswith=national[::-1]) if len(national) >= FEWEST_DIGITS else Q()
    if exact := normalise_phone(f"+{national}" if international else number):
        found |= Q(phone_e164=exact)
    if international and national:
        found |= Q(phone_e164__startswith=f"+{national}")
    return found or Q(pk__in=())


def jump_values(model: type[Model], field: str, most: int) -> list[str]:
    """The first ``most`` different texts in a column that leads an index, ordered; empty ones left out.

    From one value it jumps to the next greater one by the index: a million rows of thirty values cost thirty
    looks, where DISTINCT reads a million entries.
    """
    quote = connection.ops.quote_name
    table, column = quote(model._meta.db_table), quote(model._meta.get_field(field).column)
    jump = f"""
        WITH RECURSIVE found(value) AS (
            SELECT MIN({column}) FROM {table} WHERE {column} > ''
            UNION ALL
            SELECT (SELECT MIN({column}) FROM {table} WHERE {column} > found.value)
            FROM found WHERE found.value IS NOT NULL
        )
        SELECT value FROM found WHERE value IS NOT NULL LIMIT %s
    """  # noqa: S608  names of our own models only
    with connection.cursor() as cursor:
        cursor.execute(jump, [most])
        return [value for (value,) in cursor.fetchall()]


def find_contact_for(*, key: str = "", email: str = "", phone: str = "") -> Contact | None:
    """The contact of a customer key, else of an address (the lowest id), else of a phone number."""
    if key:
        found = Contact.objects.filter(external_key=key).first()
        if found:
            return found
    for field, value in (("email_normalised", normalise_email(email)), ("phone_e164", normalise_phone(phone))):
        if value:
            found = Contact.objects.filter(**{field: value}).order_by("pk").first()
            if found:
                return found
    return None


@dataclass(frozen=True)
class ChannelStanding:
    """Where a contact stands on one channel: ``state`` is a ``ConsentChoice`` or ``never``."""

    channel: str
    label: str
    address: str
    state: str
    strength: int
    changed_at: datetime | None
    suppressed: str
    deliverable: bool
    topics: tuple[tuple[str, str], ...] = ()


def standing(contact: Contact) -> list[ChannelStanding]:
    """Where ``contact`` stands on every channel, with its topics: three statements."""
    states = list(ConsentState.objects.filter(contact=contact).select_related("topic"))
    hashes = {channel.hash_field: getattr(contact, channel.hash_field) for channel in channels}
    blocked = {
        (row.channel, row.address_hash): row.reason
        for row in Suppression.objects.filter(address_hash__in=[value for value in hashes.values() if value])
    }
    found = []
    for channel in channels:
        current = hashes[channel.hash_field]
        state = next((row for row in states if row.channel == channel.channel and row.topic_id is None), None)
        reason = blocked.get((channel.channel, current), "")
        agreed = state is not None and state.state == ConsentChoice.SUBSCRIBED and state.address_hash == current
        found.append(
            ChannelStanding(
                channel=channel.channel,
                label=str(channel.label),
                address=getattr(contact, channel.address_field),
                state=state.state if state else "never",
                strength=state.strength if state else 0,
                changed_at=state.changed_at if state else None,
                suppressed=reason,
                deliverable=bool(current and agreed and not reason),
                topics=tuple(
                    (row.topic.name, row.state) for row in states if row.channel == channel.channel and row.topic
                ),
            )
        )
    return found


def is_suppressed(*, channel: str, address: str) -> bool:
    """Whether ``address`` must not be written to on ``channel``."""
    digest = address_hash(channel_address(channel).normalise(address))
    return bool(digest) and Suppression.objects.filter(channel=channel, address_hash=digest).exists()


def preference_of(contact: Contact) -> ContactPreference | None:
    """How the person wants to be written to, if they said so."""
    return ContactPreference.objects.filter(contact=contact).first()


def zone_of(contact: Contact, preference: ContactPreference | None) -> ZoneInfo:
    """The person's zone: as they said, as the shop says, else the shop's own."""
    for name in (preference.time_zone if preference else "", contact.time_zone):
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return clock.shop_zone()


def may_contact_at(contact: Contact, at: datetime, *, preference: ContactPreference | None = None) -> bool:
    """Whether ``at`` is no pause and lies in the hours in which the person wants to be written to.

    Says nothing of consent: see ``deliverable_q``. For many contacts ``select_related("preference")`` and give
    it, else it is read.
    """
    found = preference or preference_of(contact)
    if found is None:
        return True
    if found.paused_until is not None and found.paused_until > at:
        return False
    return within(at, zone_of(contact, found), found.contact_from, found.contact_until)


def next_contact_at(contact: Contact, at: datetime, *, preference: ContactPreference | None = None) -> datetime:
    """``at``, or the first moment after it at which ``may_contact_at`` says yes."""
    found = preference or preference_of(contact)
    if found is None:
        return at
    start = max(at, found.paused_until) if found.paused_until else at
    return next_within(start, zone_of(contact, found), found.contact_from, found.contact_until)


def language_of(contact: Contact, *, preference: ContactPreference | None = None) -> str:
    """The language that the person chose, else what the shop knows; may be empty."""
    found = preference or preference_of(contact)
    return (found.language if found else "") or contact.language
