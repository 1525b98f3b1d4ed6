"""What the shop says of consent: weak evidence, a batch at a time, a fixed number of statements."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.engine.consent import Standing, judge
from wagtail_marketing.contacts.models import ConsentChoice, ConsentEvent, ConsentState, Contact, Strength
from wagtail_marketing.contacts.registry import channel_address
from wagtail_marketing.core import clock

from . import consent as guard

SOURCE = "shop"


@transaction.atomic
def apply_host_consent(
    *, given: Mapping[str, Mapping[str, datetime]], channels: Collection[str], source: str = SOURCE
) -> int:
    """Apply the shop's word on consent to a batch of customers; returns how many standings changed.

    ``given`` maps each customer key of the batch to {channel: time of the yes}; an absent channel is a
    no. ``channels`` are those that the shop declares at all. A yes fills a gap only: it never overrides
    the person's own act and never brings back who left. A no takes back only a yes that came from the
    same ``source``: the shop never knew of the others.
    """
    people = Contact.objects.filter(external_key__in=list(given)).order_by("pk")
    if guard._lock_contacts:
        people = people.select_for_update(of=("self",), no_key=True)
    contacts = list(people)
    return sum(_apply_channel(contacts, given, channel, source) for channel in channels)


def _apply_channel(
    contacts: list[Contact], given: Mapping[str, Mapping[str, datetime]], channel: str, source: str
) -> int:
    hash_field = channel_address(channel).hash_field
    rows = {
        row.contact_id: row
        for row in ConsentState.objects.filter(contact__in=contacts, channel=channel, topic__isnull=True)
    }
    hashes = {getattr(contact, hash_field) for contact in contacts} - {""}
    left = set(
        ConsentState.objects.filter(
            channel=channel, topic__isnull=True, state=ConsentChoice.UNSUBSCRIBED, address_hash__in=hashes
        ).values_list("address_hash", flat=True)
    )
    now = clock.now()
    ledger: list[ConsentEvent] = []
    created: list[ConsentState] = []
    changed: list[ConsentState] = []
    for contact in contacts:
        said = given[contact.external_key or ""].get(channel)
        row = rows.get(contact.pk)
        digest = getattr(contact, hash_field)
        if said is None:
            if row is None or row.state != ConsentChoice.SUBSCRIBED or row.source != source:
                continue
            state, occurred_at = ConsentChoice.UNSUBSCRIBED, now
        else:
            if not digest:
                continue
            state, occurred_at = ConsentChoice.SUBSCRIBED, said
        standing = Standing(row.state, row.strength, row.changed_at, row.address_hash == digest) if row else Standing()
        verdict = judge(standing, state=state, strength=Strength.WEAK, occurred_at=occurred_at, left=digest in left)
        if not verdict.applies:
            continue
        ledger.append(
            ConsentEvent(
                contact_uuid=contact.uuid,
                channel=channel,
                address_hash=digest,
                state=state,
                strength=Strength.WEAK,
                source=source,
                occurred_at=occurred_at,
                recorded_at=now,
            )
        )
        fold = row or ConsentState(contact=contact, channel=channel)
        fold.address_hash, fold.state, fold.strength = digest, state, Strength.WEAK
        fold.source, fold.changed_at = source, occurred_at
        (changed if row else created).append(fold)
    written = ConsentEvent.objects.bulk_create(ledger, batch_size=1000)
    facts.announce("consent", [event.pk for event in written], at=now)
    ConsentState.objects.bulk_create(created, batch_size=1000)
    ConsentState.objects.bulk_update(
        changed, ["address_hash", "state", "strength", "source", "changed_at"], batch_size=1000
    )
    return len(ledger)
