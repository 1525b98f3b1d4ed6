"""A person's consent: an entry in the ledger and its fold, written together under one lock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.engine.consent import Standing, judge
from wagtail_marketing.contacts.events import ConsentChanged
from wagtail_marketing.contacts.models import (
    ConsentChoice,
    ConsentEvent,
    ConsentEvidence,
    ConsentState,
    Contact,
    Strength,
    Topic,
)
from wagtail_marketing.contacts.registry import channel_address
from wagtail_marketing.core import clock, events
from wagtail_marketing.core.errors import InvalidInput

from . import left, locks


@dataclass(frozen=True)
class Evidence:
    """How a consent came about: personal, hence kept beside the ledger and deleted by erasure."""

    text: str = ""
    text_version: str = ""
    ip: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ConsentOutcome:
    """What became of the evidence: ``state`` is where the contact stands now, ``reason`` a stable word.

    ``reason``: given, left, filled, asked (applied); known, older, stronger, left (not applied).
    """

    applied: bool
    state: str
    reason: str
    event: ConsentEvent | None = None


@transaction.atomic
def record_consent(
    *,
    contact: Contact,
    channel: str,
    state: str,
    strength: int,
    source: str,
    topic: Topic | None = None,
    occurred_at: datetime | None = None,
    evidence: Evidence | None = None,
) -> ConsentOutcome:
    """Write what is known of a person's will, if it changes where the person stands.

    ``state`` is a ``ConsentChoice``, ``strength`` a ``Strength``, ``source`` one of shop, import, api,
    form, one-click, keyword, staff. Weak evidence never overrides a strong yes and never brings back
    somebody who left; leaving is believed whatever its strength. A person's own act counts for every
    contact with the same address: it is the address that the mail goes to.
    Writing the same twice writes once. Raises ``InvalidInput``.
    """
    if state not in ConsentChoice.values:
        raise InvalidInput(_("“%(state)s” is not a state of consent.") % {"state": state}, field="state")
    occurred_at = occurred_at or clock.now()
    people = locks.lock_to_judge(contact, channel, everyone=strength == Strength.STRONG)
    asked, contact = contact, locks.survivor_of(contact, people)
    if contact.pk != asked.pk and state == ConsentChoice.UNSUBSCRIBED and topic is None:
        left.remember(channel, getattr(asked, channel_address(channel).hash_field), occurred_at)
    if state == ConsentChoice.SUBSCRIBED and strength == Strength.STRONG and topic is None:
        left.came_back(channel, getattr(contact, channel_address(channel).hash_field))
    outcomes = {
        person.pk: _judge_and_write(person, channel, topic, state, strength, source, occurred_at, evidence)
        for person in people
    }
    return outcomes[contact.pk]


def unsubscribe(
    *,
    contact: Contact,
    channel: str,
    topic: Topic | None = None,
    source: str = "one-click",
    occurred_at: datetime | None = None,
    evidence: Evidence | None = None,
) -> ConsentOutcome:
    """The person leaves a channel, or one topic of it. Any number of times; effective at commit."""
    return record_consent(
        contact=contact,
        channel=channel,
        topic=topic,
        state=ConsentChoice.UNSUBSCRIBED,
        strength=Strength.STRONG,
        source=source,
        occurred_at=occurred_at,
        evidence=evidence,
    )


def _judge_and_write(
    contact: Contact,
    channel: str,
    topic: Topic | None,
    state: str,
    strength: int,
    source: str,
    occurred_at: datetime,
    evidence: Evidence | None,
) -> ConsentOutcome:
    digest = getattr(contact, channel_address(channel).hash_field)
    row = ConsentState.objects.filter(contact=contact, channel=channel, topic=topic).first()
    current = (
        Standing(row.state, row.strength, row.changed_at, row.address_hash == digest) if row is not None else Standing()
    )
    verdict = judge(
        current,
        state=state,
        strength=strength,
        occurred_at=occurred_at,
        left=strength == Strength.WEAK and _left_otherwise(contact, channel, topic, digest),
    )
    if not verdict.applies:
        return ConsentOutcome(False, current.state, verdict.reason)
    event = ConsentEvent.objects.create(
        contact_uuid=contact.uuid,
        channel=channel,
        topic=topic,
        address_hash=digest,
        state=state,
        strength=strength,
        source=source,
        occurred_at=occurred_at,
        recorded_at=clock.now(),
    )
    facts.announce("consent", [event.pk], at=event.recorded_at)
    if evidence is not None:
        ConsentEvidence.objects.create(
            event=event,
            text=evidence.text,
            text_version=evidence.text_version,
            address=getattr(contact, channel_address(channel).address_field),
            ip=evidence.ip,
            detail=dict(evidence.detail),
        )
    values = {"address_hash": digest, "state": state, "strength": strength, "source": source}
    values["changed_at"] = occurred_at
    if row is None:
        ConsentState.objects.create(contact=contact, channel=channel, topic=topic, **values)
    else:
        ConsentState.objects.filter(pk=row.pk).update(**values)
    facts.touch("consent", [contact.pk], at=event.recorded_at)
    events.publish(ConsentChanged(contact.pk, channel, topic.pk if topic else None, state, source))
    return ConsentOutcome(True, state, verdict.reason, event)


def _left_otherwise(contact: Contact, channel: str, topic: Topic | None, digest: str) -> bool:
    """Did the person leave the whole channel, or leave it with this address as another contact?"""
    if left.left_hashes(channel, [digest]):
        return True
    whole = ConsentState.objects.filter(contact=contact, channel=channel, topic=None)
    return topic is not None and whole.filter(state=ConsentChoice.UNSUBSCRIBED).exists()
