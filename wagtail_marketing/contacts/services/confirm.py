"""The link was followed and its button pressed: the person's own act, strong evidence."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.models import ConsentChoice, ConsentState, Contact, SignUp, Strength, Topic
from wagtail_marketing.contacts.registry import channel_address
from wagtail_marketing.core import clock

from . import locks
from .consent import Evidence, record_consent
from .opt_in import detail_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What one link stands for: every open sign-up of its address. ``rows`` empty: all are confirmed."""

    contact: Contact
    rows: tuple[SignUp, ...]
    topics: tuple[Topic, ...]

    @property
    def texts(self) -> list[str]:
        """The words to agree to, each once."""
        return list(dict.fromkeys(row.text for row in self.rows))


def asked_for(sign_up: SignUp, *, now: datetime | None = None) -> Asked | None:
    """What ``sign_up``'s link confirms; None where its time is up or the address is nobody's any more."""
    now = now or clock.now()
    contact = sign_up.contact
    address = channel_address(sign_up.channel)
    if contact is None or getattr(contact, address.hash_field) != sign_up.address_hash:
        return None
    since = now - settings.opt_in_lifetime
    if sign_up.created_at < since:
        return None
    rows = tuple(
        SignUp.objects.filter(
            channel=sign_up.channel,
            address_hash=sign_up.address_hash,
            confirmed_at=None,
            taken_at__isnull=False,
            created_at__gte=since,
        ).order_by("pk")
    )
    chosen = {pk for row in rows for pk in row.topics}
    return Asked(contact, rows, tuple(Topic.objects.filter(pk__in=chosen).prefetch_related("texts")))


@transaction.atomic
def confirm(*, sign_up: SignUp, ip: str | None = None, now: datetime | None = None) -> bool:
    """The person says yes to all that ``asked_for`` shows; whether this call was the one that did it.

    Once: a link that was used brings nobody back who left since, unless they asked again. Topics that were
    offered and not chosen are left out from now on, where the person was not subscribed before.
    """
    now = now or clock.now()
    if sign_up.contact is None:
        return False
    locks.lock_to_judge(sign_up.contact, sign_up.channel, everyone=True)
    asked = asked_for(SignUp.objects.select_related("contact").get(pk=sign_up.pk), now=now)
    if asked is None or not asked.rows:
        return False
    mine = SignUp.objects.filter(pk__in=[row.pk for row in asked.rows], confirmed_at=None).update(confirmed_at=now)
    if not mine:
        return False
    contact, channel = asked.contact, sign_up.channel
    fresh = not ConsentState.objects.filter(
        contact=contact, channel=channel, topic=None, state=ConsentChoice.SUBSCRIBED
    ).exists()
    topics = {topic.pk: topic for topic in asked.topics}
    for row in asked.rows:
        evidence = Evidence(row.text, row.text_version, ip or row.ip, {**detail_of(row), "asked_ip": row.ip or ""})
        for topic in (None, *(topics[pk] for pk in row.topics if pk in topics)):
            _write(contact, channel, topic, ConsentChoice.SUBSCRIBED, row.source, now, evidence)
    if fresh:
        offered = {pk for row in asked.rows for pk in row.offered} - set(topics)
        known = ConsentState.objects.filter(contact=contact, channel=channel, topic__isnull=False)
        for topic in Topic.objects.filter(pk__in=offered).exclude(
            pk__in=known.filter(state=ConsentChoice.SUBSCRIBED).values("topic")
        ):
            _write(contact, channel, topic, ConsentChoice.UNSUBSCRIBED, sign_up.source, now, None)
    return True


def _write(
    contact: Contact,
    channel: str,
    topic: Topic | None,
    state: str,
    source: str,
    now: datetime,
    evidence: Evidence | None,
) -> None:
    record_consent(
        contact=contact,
        channel=channel,
        topic=topic,
        state=state,
        strength=Strength.STRONG,
        source=source,
        occurred_at=now,
        evidence=evidence,
    )
