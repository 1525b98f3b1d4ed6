"""What others say of people's consent (the shop, a file): weak evidence, a batch at a time, in a fixed number
of statements."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.engine.consent import Standing, judge
from wagtail_marketing.contacts.models import (
    ConsentChoice,
    ConsentEvent,
    ConsentEvidence,
    ConsentState,
    Contact,
    Strength,
)
from wagtail_marketing.contacts.registry import ChannelAddress, channel_address
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput

from . import locks
from .left import left_hashes

SHOP = "shop"


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that is said of one contact: ``state`` is a ``ConsentChoice``, ``occurred_at`` when it came to be.

    ``topic_id`` None is the whole channel; ``text`` the words that the person had seen, where they are known.
    """

    contact_id: int
    state: str
    occurred_at: datetime
    topic_id: int | None = None
    text: str = ""


@dataclass
class ReportOutcome:
    """How many reports changed where somebody stands, and why the others did not (``judge``'s words).

    ``left``: the person left, and no report brings anybody back; ``known``, ``stronger``, ``older``;
    ``no_address``: nothing to agree for; ``gone``: no such contact.
    """

    applied: int = 0
    left: int = 0
    known: int = 0
    stronger: int = 0
    older: int = 0
    no_address: int = 0
    gone: int = 0


@transaction.atomic
def record_consents(
    *, channel: str, reports: Iterable[Report], source: str, now: datetime | None = None
) -> ReportOutcome:
    """Weak, dated evidence for many contacts: fills gaps, never brings back who left, takes back no own act.

    Give a thousand or so at a time. Raises ``InvalidInput`` for a state or channel that does not exist.
    """
    reports = list(reports)
    for report in reports:
        if report.state not in ConsentChoice.values:
            raise InvalidInput(_("“%(state)s” is not a state of consent.") % {"state": report.state}, field="state")
    address = channel_address(channel)
    people = locks.for_update(Contact.objects.filter(pk__in={report.contact_id for report in reports}))
    return _write(people, reports, address, source, now or clock.now())


@transaction.atomic
def apply_host_consent(
    *, given: Mapping[str, Mapping[str, datetime]], channels: Collection[str], source: str = SHOP
) -> int:
    """Apply the shop's word on consent to a batch of customers; returns how many standings changed.

    ``given`` maps each customer key of the batch to {channel: time of the yes}; an absent channel is a
    no. ``channels`` are those that the shop declares at all. A yes fills a gap only: it never overrides
    the person's own act and never brings back who left. A no takes back only a yes that came from the
    same ``source``: the shop never knew of the others.
    """
    people = locks.for_update(Contact.objects.filter(external_key__in=list(given)))
    now = clock.now()
    changed = 0
    for channel in channels:
        reports = []
        for contact in people:
            said = given[contact.external_key or ""].get(channel)
            state = ConsentChoice.UNSUBSCRIBED if said is None else ConsentChoice.SUBSCRIBED
            reports.append(Report(contact.pk, state, said or now))

        def retracts(report: Report, row: ConsentState | None) -> bool:
            if report.state != ConsentChoice.UNSUBSCRIBED:
                return True
            return row is not None and row.state == ConsentChoice.SUBSCRIBED and row.source == source

        changed += _write(people, reports, channel_address(channel), source, now, wanted=retracts).applied
    return changed


def _write(
    people: list[Contact],
    reports: list[Report],
    address: ChannelAddress,
    source: str,
    now: datetime,
    *,
    wanted: Callable[[Report, ConsentState | None], bool] | None = None,
) -> ReportOutcome:
    """Judge the reports in their order and write what applies. ``people`` are locked."""
    channel = address.channel
    contacts = {contact.pk: contact for contact in people}
    hashes = {getattr(contact, address.hash_field) for contact in people} - {""}
    locks.hold_addresses(hashes, alone=False)
    rows = {
        (row.contact_id, row.topic_id): row for row in ConsentState.objects.filter(contact__in=people, channel=channel)
    }
    left = left_hashes(channel, hashes)
    outcome = ReportOutcome()
    ledger: list[tuple[ConsentEvent, Report]] = []
    touched: dict[tuple[int, int | None], ConsentState] = {}
    for report in reports:
        contact = contacts.get(report.contact_id)
        if contact is None:
            outcome.gone += 1
            continue
        place = (contact.pk, report.topic_id)
        row, digest = rows.get(place), getattr(contact, address.hash_field)
        if wanted is not None and not wanted(report, row):
            continue
        if not digest and report.state != ConsentChoice.UNSUBSCRIBED:
            outcome.no_address += 1
            continue
        whole = rows.get((contact.pk, None))
        gone = digest in left or (
            report.topic_id is not None and whole is not None and whole.state == ConsentChoice.UNSUBSCRIBED
        )
        standing = Standing(row.state, row.strength, row.changed_at, row.address_hash == digest) if row else Standing()
        verdict = judge(standing, state=report.state, strength=Strength.WEAK, occurred_at=report.occurred_at, left=gone)
        if not verdict.applies:
            setattr(outcome, verdict.reason, getattr(outcome, verdict.reason) + 1)
            continue
        outcome.applied += 1
        event = ConsentEvent(
            contact_uuid=contact.uuid,
            channel=channel,
            topic_id=report.topic_id,
            address_hash=digest,
            state=report.state,
            strength=Strength.WEAK,
            source=source,
            occurred_at=report.occurred_at,
            recorded_at=now,
        )
        ledger.append((event, report))
        fold = row or ConsentState(contact=contact, channel=channel, topic_id=report.topic_id)
        fold.address_hash, fold.state, fold.strength = digest, report.state, Strength.WEAK
        fold.source, fold.changed_at = source, report.occurred_at
        rows[place] = touched[place] = fold
        if report.state == ConsentChoice.UNSUBSCRIBED and report.topic_id is None and digest:
            left.add(digest)
    _store(ledger, list(touched.values()), contacts, address, now)
    return outcome


def _store(
    ledger: list[tuple[ConsentEvent, Report]],
    folds: list[ConsentState],
    contacts: Mapping[int, Contact],
    address: ChannelAddress,
    now: datetime,
) -> None:
    written = ConsentEvent.objects.bulk_create([event for event, _report in ledger], batch_size=1000)
    facts.announce("consent", [event.pk for event in written], at=now)
    facts.touch("consent", [fold.contact_id for fold in folds], at=now)
    ConsentEvidence.objects.bulk_create(
        [
            ConsentEvidence(
                event=event, text=report.text, address=getattr(contacts[report.contact_id], address.address_field)
            )
            for event, (_event, report) in zip(written, ledger, strict=True)
            if report.text
        ],
        batch_size=1000,
    )
    # Parted first: who is created has a key afterwards.
    fresh = [fold for fold in folds if fold.pk is None]
    changed = [fold for fold in folds if fold.pk is not None]
    ConsentState.objects.bulk_create(fresh, batch_size=1000)
    ConsentState.objects.bulk_update(
        changed,
        ["address_hash", "state", "strength", "source", "changed_at"],
        batch_size=1000,
    )
