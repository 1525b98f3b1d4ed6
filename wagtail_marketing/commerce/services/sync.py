"""The sync: first fill, then reconcile. Running it twice changes nothing; a kill loses at most one batch."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_marketing.commerce.errors import ImplausibleDeletion, SyncBusy
from wagtail_marketing.commerce.events import SyncFinished
from wagtail_marketing.commerce.models import SyncState
from wagtail_marketing.core import clock, events
from wagtail_marketing.host.adapter import HostAdapter
from wagtail_marketing.host.errors import RowError

from . import faults
from .carts import mirror_carts
from .customers import mirror_customers
from .deletions import forget
from .orders import mirror_orders
from .products import mirror_products
from .statistics import gather_statistics
from .totals import refresh_totals
from .values import Mirrored

KINDS = ("customers", "products", "orders", "carts")
BATCH = 2000
#: A shop's clock may be behind ours, and a transaction may take a while to commit.
OVERLAP = timedelta(minutes=10)

#: ``progress(kind, done, total or None)``
Progress = Callable[[str, int, int | None], None]


@dataclass
class KindReport:
    """What a sync did with one kind. ``resumed``: it went on where a killed run had stopped."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    skipped: int = 0
    full: bool = False
    resumed: bool = False
    seconds: float = 0.0

    def add(self, batch: Mirrored) -> None:
        self.read += batch.read
        self.created += batch.created
        self.updated += batch.updated
        self.unchanged += batch.unchanged


@dataclass
class SyncReport:
    """What a sync did; ``errors`` are rows that were left out, ``warnings`` what it did not dare to do."""

    kinds: dict[str, KindReport] = field(default_factory=dict)
    consent_changed: int = 0
    totals_written: int = 0
    faults_repaired: int = 0
    errors: list[RowError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> int:
        rows = sum(kind.created + kind.updated + kind.deleted for kind in self.kinds.values())
        return rows + self.consent_changed + self.totals_written


def _nothing(kind: str, done: int, total: int | None) -> None:
    pass


def sync(
    *,
    adapter: HostAdapter,
    kinds: Collection[str] = KINDS,
    full: bool = False,
    allow_deletions: bool = False,
    batch: int = BATCH,
    progress: Progress = _nothing,
) -> SyncReport:
    """Bring the mirror up to date with the shop.

    The first run reads everything, later ones what changed since the last (``full`` reads everything
    again). An interrupted run goes on after its last batch. Rows that cannot be read are left out and
    named in the report. Raises ``SyncBusy`` where another sync of the same kind overtakes this one.
    """
    report = SyncReport()
    with adapter.collecting() as errors:
        report.errors = errors
        _repair(adapter, kinds, report)
        for kind in (kind for kind in KINDS if kind in kinds):
            started = time.monotonic()
            report.kinds[kind] = _sync_kind(adapter, kind, full, allow_deletions, batch, progress, report)
            report.kinds[kind].seconds = round(time.monotonic() - started, 3)
    report.errors = list(dict.fromkeys(report.errors))
    faults.note_unreadable(report.errors)
    for kind, found in report.kinds.items():
        found.skipped = len({error.key for error in report.errors if error.kind == kind})
    with transaction.atomic():
        events.publish(SyncFinished(report.changed))
    return report


def _mirror(adapter: HostAdapter, kind: str, rows: list[Any], now: datetime) -> Mirrored:
    if kind == "customers":
        return mirror_customers(customers=rows, adapter=adapter, now=now)
    if kind == "products":
        return mirror_products(products=rows, now=now)
    if kind == "orders":
        return mirror_orders(orders=rows, adapter=adapter, now=now)
    return mirror_carts(carts=rows, adapter=adapter, now=now)


def _key(kind: str, row: Any) -> str:
    return row.key if kind == "customers" else row.ref


def _sync_kind(
    adapter: HostAdapter,
    kind: str,
    full: bool,
    allow_deletions: bool,
    size: int,
    progress: Progress,
    report: SyncReport,
) -> KindReport:
    state, resumed = _open(kind, full)
    found = KindReport(full=state.since is None, resumed=resumed)
    total = adapter.count(kind) if state.since is None and not resumed else None
    progress(kind, 0, total)
    reader = getattr(adapter, kind)
    for rows in _batches(reader(after=state.after, updated_since=state.since), size):
        now = clock.now()
        with transaction.atomic():
            _advance(state, _key(kind, rows[-1]))
            mirrored = _mirror(adapter, kind, rows, now)
            if state.since is not None and mirrored.contacts:
                report.totals_written += refresh_totals(contacts=mirrored.contacts)
        report.consent_changed += mirrored.consent
        found.add(mirrored)
        progress(kind, found.read, total)
    if kind == "orders" and state.since is None:
        # Counted once at the end of a run that reads everything, however often it was interrupted.
        report.totals_written += refresh_totals()
    before = clock.now()
    try:
        found.deleted = forget(kind, adapter.keys(kind), now=before, before=before, force=allow_deletions)
    except ImplausibleDeletion as error:
        report.warnings.append(str(error))
    _close(state)
    if found.created + found.updated + found.deleted >= BATCH:
        gather_statistics(kind)
    progress(kind, found.read, found.read)
    return found


def _batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


@transaction.atomic
def _open(kind: str, full: bool) -> tuple[SyncState, bool]:
    """The state of the run: an interrupted one is taken up again, unless everything is to be read anew."""
    state, _created = SyncState.objects.select_for_update().get_or_create(kind=kind)
    if state.started_at is not None and (state.since is None or not full):
        # The next number of the holder says whose run it is: who held it before finds out at its next batch.
        return _begin(state, state.started_at, state.since, state.after), bool(state.after)
    since = None if full or state.covered_until is None else state.covered_until - OVERLAP
    return _begin(state, clock.now(), since, ""), False


def _begin(state: SyncState, started: datetime, since: datetime | None, after: str) -> SyncState:
    state.started_at, state.since, state.after = started, since, after
    state.holder += 1
    state.save()
    return state


def _advance(state: SyncState, after: str) -> None:
    """Note the last key of a batch, in the batch's own transaction."""
    mine = SyncState.objects.filter(pk=state.pk, holder=state.holder)
    if not mine.update(after=after):
        raise SyncBusy(
            _("Another sync of %(kind)s has taken over.") % {"kind": state.kind},
            remedy=_("Let it come to its end."),
        )
    state.after = after


def _close(state: SyncState) -> None:
    SyncState.objects.filter(pk=state.pk, holder=state.holder).update(
        started_at=None, since=None, after="", covered_until=state.started_at, completed_at=clock.now()
    )


def _repair(adapter: HostAdapter, kinds: Collection[str], report: SyncReport) -> None:
    """Read again what a fence held back in the shop's own transactions."""
    for kind, refs in faults.waiting().items():
        if kind not in kinds:
            continue
        ordered = sorted(refs)
        for start in range(0, len(ordered), BATCH):
            chunk = {ref: refs[ref] for ref in ordered[start : start + BATCH]}
            report.faults_repaired += _repair_some(adapter, kind, chunk, report)


@transaction.atomic
def _repair_some(adapter: HostAdapter, kind: str, refs: dict[str, list[int]], report: SyncReport) -> int:
    """Returns how many faults are settled; what still cannot be read waits on."""
    now = clock.now()
    rows = list(getattr(adapter, kind)(keys=list(refs)))
    mirrored = _mirror(adapter, kind, rows, now)
    refresh_totals(contacts=mirrored.contacts)
    unreadable = {error.key for error in report.errors if error.kind == kind}
    present = {_key(kind, row) for row in rows}
    faults.gone(kind, [ref for ref in refs if ref not in present | unreadable], now=now)
    settled = [pk for ref, ids in refs.items() if ref not in unreadable for pk in ids]
    faults.settle(settled)
    return len(settled)
