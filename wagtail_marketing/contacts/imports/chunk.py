"""One chunk of rows: people, tags, consent and what happened, in one transaction."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import tablib
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import ConsentState, Contact, ContactImport, ImportedContact, ImportFault, Tag
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.contacts.services.reported import Report, record_consents
from wagtail_marketing.contacts.services.suppression import suppress_many

from .columns import NEW, REPEATED, UPDATED, Outcome
from .matching import identify
from .plan import Plan
from .resource import ContactResource
from .rows import Row, undo_safe_cell

SOURCE = "import"
#: Rows of one transaction.
CHUNK = 2000


@dataclass
class ChunkResult:
    """``counts`` by word (see ``words.COUNTS``), ``faults`` as ``(row, {column place: code})``."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[Row, dict[str, str]]] = field(default_factory=list)


def apply_chunk(
    *, source: ContactImport, plan: Plan, rows: Sequence[Row], seen: set[int], now: datetime, dry: bool
) -> ChunkResult:
    """Take ``rows``; with ``dry`` everything is done and rolled back by the engine.

    A row at which the database balks is found by halving, so that it costs no other.
    """
    result = ChunkResult()
    good = []
    for row in rows:
        if row.fault:
            result.faults.append((row, {"": row.fault}))
        elif any(row.cells[len(plan.names) :]):
            result.faults.append((row, {"": "cells"}))
        else:
            good.append(row)
    _apply(source, plan, good, seen, now, dry, result)
    result.counts["rows"] += len(rows)
    result.counts["invalid"] += len(result.faults)
    result.faults.sort(key=lambda pair: pair[0].number)
    return result


def _apply(
    source: ContactImport, plan: Plan, rows: Sequence[Row], seen: set[int], now: datetime, dry: bool, into: ChunkResult
) -> None:
    if not rows:
        return
    fresh: set[int] = set()
    try:
        with transaction.atomic():
            part = _engine(source, plan, rows, seen, fresh, now, dry)
    except (IntegrityError, ValueError, OverflowError):
        if len(rows) == 1:
            into.faults.append((rows[0], {"": "refused"}))
            return
        half = len(rows) // 2
        _apply(source, plan, rows[:half], seen, now, dry, into)
        _apply(source, plan, rows[half:], seen, now, dry, into)
        return
    seen |= fresh
    into.counts += part.counts
    into.faults += part.faults


def _engine(
    source: ContactImport, plan: Plan, rows: Sequence[Row], seen: set[int], fresh: set[int], now: datetime, dry: bool
) -> ChunkResult:
    done_before = frozenset() if dry else _DoneBefore(source)
    resource = _Writing(plan, now=now, seen=seen, fresh=fresh, done_before=done_before, source=source, dry=dry)
    width = len(plan.columns)
    dataset = tablib.Dataset(headers=[column.column_name for column in resource.columns])
    identities, numbers = [], []
    for row in rows:
        cells = row.cells[:width] + [""] * (width - len(row.cells))
        if plan.ours:
            cells = [undo_safe_cell(cell) for cell in cells]
        chosen = [cells[place] for place in resource.places]
        dataset.append(chosen)
        identities.append(identify({column.key: cell for column, cell in zip(resource.columns, chosen, strict=True)}))
        numbers.append(row.number)
    resource.identities, resource.numbers = identities, numbers
    done = resource.import_data(dataset, dry_run=dry, use_transactions=True, raise_errors=False)
    for error in [*done.base_errors, *(error for row in done.error_rows for error in row.errors)]:
        raise error.error
    faults = [
        (
            rows[invalid.number - 1],
            {place: messages[0] for place, messages in invalid.error_dict.items()},
        )
        for invalid in done.invalid_rows
    ]
    return ChunkResult(resource.counts, [(row, _by_place(errors)) for row, errors in faults])


def _by_place(errors: dict[str, str]) -> dict[str, str]:
    """``{"c3": "email"}`` -> ``{"3": "email"}``; what is wrong with the row as a whole stands under ""."""
    return {place[1:] if place.startswith("c") else "": code for place, code in errors.items()}


class _DoneBefore:
    """Whether a contact was touched by an earlier chunk of this import: asked once per chunk, then remembered."""

    def __init__(self, source: ContactImport):
        self.source = source
        self.ids: set[int] = set()

    def load(self, ids: Iterable[int]) -> None:
        self.ids = set(
            ImportedContact.objects.filter(source=self.source, contact__in=ids).values_list("contact_id", flat=True)
        )

    def __contains__(self, pk: Any) -> bool:
        return pk in self.ids


class _Writing(ContactResource):
    """The resource with what stands beside the contact's own row, inside the engine's transaction."""

    def __init__(self, plan: Plan, *, source: ContactImport, dry: bool, **kwargs: Any):
        super().__init__(plan, **kwargs)
        self.source, self.dry = source, dry
        self.counts: Counter[str] = Counter()

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        if kwargs["row_number"] == 1 and isinstance(self.done_before, _DoneBefore):
            self.done_before.load(contact.pk for contact in self.loader.by_uuid.values())
        super().before_import_row(row, **kwargs)

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        self.counts.update(outcome.what for outcome in self.outcomes)
        self.counts["address_kept"] += sum(outcome.kept_address for outcome in self.outcomes)
        taken = [outcome for outcome in self.outcomes if not (self.dry and outcome.what == REPEATED)]
        added = self._tag([outcome for outcome in taken if not outcome.skipped])
        self._consents(taken)
        self._link(added)
        self._announce(taken, added)

    def _announce(self, outcomes: list[Outcome], tagged: dict[int, list[int]]) -> None:
        """Whoever re-checks contacts hears what changed: a batch is one note."""
        if self.dry:
            return
        by_what: dict[str, set[int]] = {}
        for outcome in outcomes:
            by_what.setdefault(outcome.what, set()).add(outcome.contact.pk)
        changed = by_what.get(UPDATED, set()) | by_what.get(REPEATED, set())
        facts.touch(facts.EVERYTHING, by_what.get(NEW, ()), at=self.now)
        facts.touch("contact", changed, at=self.now)
        facts.touch(
            "attributes", changed if any("attributes." in key for key in self.plan.columns) else (), at=self.now
        )
        facts.touch("tags", tagged, at=self.now)

    # Tags -------------------------------------------------------------------------------------------

    def _tag(self, outcomes: list[Outcome]) -> dict[int, list[int]]:
        """Put the tags on; returns those that are new, by contact."""
        wanted: dict[int, set[str]] = {}
        names: dict[str, str] = {}
        for outcome in outcomes:
            for name in [*outcome.tags, *([self.plan.tag] if self.plan.tag else [])]:
                if slug := slugify(name, allow_unicode=True)[:80]:
                    names.setdefault(slug, name)
                    wanted.setdefault(outcome.contact.pk, set()).add(slug)
        if not wanted:
            return {}
        tags = self._tags(names)
        through = Contact.tags.through
        ids = {contact: {tags[slug] for slug in slugs} for contact, slugs in wanted.items()}
        there = set(
            through.objects.filter(contact_id__in=ids, tag_id__in=set(tags.values())).values_list(
                "contact_id", "tag_id"
            )
        )
        fresh = {
            contact: sorted(tag for tag in wanted_tags if (contact, tag) not in there)
            for contact, wanted_tags in ids.items()
        }
        through.objects.bulk_create(
            [through(contact_id=contact, tag_id=tag) for contact, some in fresh.items() for tag in some],
            batch_size=2000,
            ignore_conflicts=True,
        )
        return {contact: some for contact, some in fresh.items() if some}

    @staticmethod
    def _tags(names: dict[str, str]) -> dict[str, int]:
        known = dict(Tag.objects.filter(slug__in=names).values_list("slug", "pk"))
        missing = [Tag(slug=slug, name=name) for slug, name in sorted(names.items()) if slug not in known]
        if missing:
            Tag.objects.bulk_create(missing, ignore_conflicts=True)
            known = dict(Tag.objects.filter(slug__in=names).values_list("slug", "pk"))
        # A tag of the same name under another slug is that tag.
        by_name = dict(Tag.objects.filter(name__in=[name for slug, name in names.items() if slug not in known])
                       .values_list("name", "pk"))  # fmt: skip
        return {slug: known.get(slug) or by_name[name] for slug, name in names.items()}

    # Consent ----------------------------------------------------------------------------------------

    def _consents(self, outcomes: list[Outcome]) -> None:
        for address in channels:
            channel = address.channel
            self._suppress(outcomes, channel, address.hash_field)
            left, agreed = [], []
            for outcome in outcomes:
                state, since = outcome.said.get(channel, ("", None))
                if state == "unsubscribed":
                    left.append(Report(outcome.contact.pk, state, since or self.now))
                elif state == "subscribed" and not outcome.skipped and channel not in outcome.suppressed:
                    since = since or self.plan.agreed_at
                    if not self.plan.may_agree or since is None:
                        self.counts["no_date"] += 1
                    else:
                        agreed.append(Report(outcome.contact.pk, state, since, text=self.plan.agreed_by))
            if left:
                done = record_consents(channel=channel, reports=left, source=SOURCE, now=self.now)
                self.counts["unsubscribed"] += done.applied
            if agreed:
                self._agree(channel, agreed)

    def _suppress(self, outcomes: list[Outcome], channel: str, hash_field: str) -> None:
        by_reason: dict[str, dict[str, datetime]] = {}
        for outcome in outcomes:
            digest = getattr(outcome.contact, hash_field)
            if digest and (channel, digest) in self.loader.blocked:
                self.counts["stayed_suppressed"] += 1
            elif digest and channel in outcome.suppressed:
                _state, since = outcome.said.get(channel, ("", None))
                by_reason.setdefault(outcome.suppressed[channel], {})[digest] = since or self.now
        for reason, hashes in by_reason.items():
            self.counts["suppressed"] += suppress_many(channel=channel, hashes=hashes, reason=reason)

    def _agree(self, channel: str, agreed: list[Report]) -> None:
        """Weak and dated, on the channel and on the topic; who left the topic is not put on the channel either."""
        topic = self.plan.topic_id
        if topic is not None and channel == self.plan.channel:
            gone = set(
                ConsentState.objects.filter(
                    channel=channel, topic=topic, state="unsubscribed", contact__in=[one.contact_id for one in agreed]
                ).values_list("contact_id", flat=True)
            )
            self.counts["stayed_unsubscribed"] += sum(one.contact_id in gone for one in agreed)
            agreed = [one for one in agreed if one.contact_id not in gone]
        done = record_consents(channel=channel, reports=agreed, source=SOURCE, now=self.now)
        self.counts["agreed"] += done.applied
        self.counts["agreed_before"] += done.known + done.stronger
        self.counts["stayed_unsubscribed"] += done.left
        if topic is not None and channel == self.plan.channel:
            of_topic = [Report(one.contact_id, one.state, one.occurred_at, topic, one.text) for one in agreed]
            record_consents(channel=channel, reports=of_topic, source=SOURCE, now=self.now)

    # What happened -----------------------------------------------------------------------------------

    def _link(self, added: dict[int, list[int]]) -> None:
        """Remember whom this import touched and which tags are its own: for repeats, for taking it back."""
        if self.dry:
            return
        # New people, changed people, their tags: every segment may be moved.
        touched = [outcome.contact.pk for outcome in self.outcomes if not outcome.skipped]
        facts.touch(facts.EVERYTHING, touched, at=self.now)
        fresh: dict[int, ImportedContact] = {}
        for outcome in self.outcomes:
            pk = outcome.contact.pk
            if outcome.skipped or pk in fresh or pk in self.done_before:
                continue
            fresh[pk] = ImportedContact(
                source=self.source, contact_id=pk, created=outcome.what == NEW, tags=added.get(pk, [])
            )
        ImportedContact.objects.bulk_create(fresh.values(), batch_size=2000)
        again = {pk: tags for pk, tags in added.items() if pk not in fresh}
        for link in ImportedContact.objects.filter(source=self.source, contact__in=again):
            link.tags = [*link.tags, *again[link.contact_id]]
            link.save(update_fields=["tags"])


def fault_rows(source: ContactImport, faults: Iterable[tuple[Row, dict[str, str]]]) -> list[ImportFault]:
    return [ImportFault(source=source, number=row.number, errors=errors, cells=row.cells) for row, errors in faults]
