"""Consent of two contacts that become one: the more careful standing wins, and the ledger says why."""

from datetime import datetime
from typing import Any

from django.core import serializers

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.engine.joining import Stand, join
from wagtail_marketing.contacts.merging import as_json
from wagtail_marketing.contacts.models import ConsentChoice, ConsentEvent, ConsentState, Contact, LeftAddress, Topic
from wagtail_marketing.contacts.registry import channels

from .left import remember

#: In the ledger: the standing follows from a merge, or from its undoing.
SOURCE, UNDONE = "merge", "merge undone"

Place = tuple[str, int | None]


def join_consent(keep: Contact, gone: Contact, *, now: datetime) -> dict[str, Any]:
    """Fold the standings of both into ``keep``, which has its new addresses already; returns the undo data.

    An address that was left with and that the survivor does not have stays left (``LeftAddress``).
    """
    states = list(ConsentState.objects.filter(contact__in=[keep.pk, gone.pk]))
    undo = {"states": as_json(states), "left": _keep_left(states, keep, now)}
    mine = {_place(row): row for row in states if row.contact_id == keep.pk}
    theirs = {_place(row): row for row in states if row.contact_id == gone.pk}
    ConsentState.objects.filter(contact=gone).delete()
    ledger = []
    for place in sorted({*mine, *theirs}, key=str):
        row = mine.get(place)
        before = _stand(row)
        after = join(before, _stand(theirs.get(place)), address_hash=_hash(keep, place[0]))
        if after == before:
            continue
        row = row or ConsentState(contact=keep, channel=place[0], topic_id=place[1])
        _write(row, after)
        if (after.state, after.address_hash) != (before.state, before.address_hash):
            ledger.append(_event(keep, row, SOURCE, now))
    _append(ledger, now)
    undo["after"] = [
        [row.channel, row.topic_id, row.state, row.changed_at.isoformat()]
        for row in ConsentState.objects.filter(contact=keep)
    ]
    return undo


def part_consent(keep: Contact, gone: Contact, undo: dict[str, Any], *, now: datetime) -> None:
    """Give both back what they stood at, unless the person spoke since: that counts for both."""
    merged = {(channel, topic): (state, at) for channel, topic, state, at in undo["after"]}
    current = {_place(row): row for row in ConsentState.objects.filter(contact=keep)}
    since = {
        place: row for place, row in current.items() if merged.get(place) != (row.state, row.changed_at.isoformat())
    }
    restored = [item.object for item in serializers.deserialize("python", undo["states"], ignorenonexistent=True)]
    ConsentState.objects.filter(contact=keep).exclude(pk__in=[row.pk for row in since.values()]).delete()
    topics = set(Topic.objects.filter(pk__in=[row.topic_id for row in restored if row.topic_id]).values_list("pk"))
    ledger = []
    for row in restored:
        if row.topic_id and (row.topic_id,) not in topics:
            continue
        spoken = since.get(_place(row))
        if spoken is not None:
            if row.contact_id == keep.pk:
                continue
            if spoken.state == ConsentChoice.UNSUBSCRIBED:
                row.state, row.strength, row.source = spoken.state, spoken.strength, spoken.source
                row.changed_at = spoken.changed_at
        row.save()
        before = current.get(_place(row))
        if row.contact_id == keep.pk and (before is None or before.state != row.state):
            ledger.append(_event(keep, row, UNDONE, now))
    _append(ledger, now)
    LeftAddress.objects.filter(pk__in=undo["left"]).delete()


def _keep_left(states: list[ConsentState], keep: Contact, now: datetime) -> list[int]:
    """Remember the addresses that were left with and that nobody of the two has any more."""
    left = (
        row
        for row in states
        if row.state == ConsentChoice.UNSUBSCRIBED
        and row.topic_id is None
        and row.address_hash not in ("", _hash(keep, row.channel))
    )
    remembered = [remember(row.channel, row.address_hash, row.changed_at) for row in left]
    return [row.pk for row in remembered if row is not None]


def _place(row: ConsentState) -> Place:
    return row.channel, row.topic_id


def _hash(contact: Contact, channel: str) -> str:
    address = channels.get(channel)
    return getattr(contact, address.hash_field) if address else ""


def _stand(row: ConsentState | None) -> Stand:
    return Stand(row.state, row.strength, row.source, row.changed_at, row.address_hash) if row else Stand()


def _write(row: ConsentState, stand: Stand) -> None:
    row.state, row.strength, row.source = stand.state, stand.strength, stand.source
    row.changed_at, row.address_hash = stand.changed_at, stand.address_hash
    row.save()


def _event(contact: Contact, row: ConsentState, source: str, now: datetime) -> ConsentEvent:
    return ConsentEvent(
        contact_uuid=contact.uuid,
        channel=row.channel,
        topic_id=row.topic_id,
        address_hash=row.address_hash,
        state=row.state,
        strength=row.strength,
        source=source,
        occurred_at=row.changed_at,
        recorded_at=now,
    )


def _append(ledger: list[ConsentEvent], now: datetime) -> None:
    if ledger:
        facts.announce("consent", [event.pk for event in ConsentEvent.objects.bulk_create(ledger)], at=now)
