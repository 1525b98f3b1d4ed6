"""The jobs of this room: checking and running an import, and forgetting old files."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_marketing.conf import settings
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import WrongState
from wagtail_marketing.jobs.models import Job
from wagtail_marketing.jobs.progress import Cancelled, LeaseLost, Progress, Unfinished

from .imports.chunk import CHUNK, apply_chunk, fault_rows
from .imports.layout import Layout
from .imports.matching import identify
from .imports.plan import Plan
from .imports.rows import Row, read_rows
from .imports.xlsx import too_many_rows
from .models import ContactImport, ImportFault, ImportState
from .services import imports


def check_import_job(job: Job, progress: Progress) -> dict[str, Any]:
    """The dry run: everything is done a chunk at a time, and rolled back."""
    return _work(job, progress, dry=True)


def import_job(job: Job, progress: Progress) -> dict[str, Any]:
    """The run. A chunk, its counts and how far it is are one transaction: a kill repeats nothing."""
    return _work(job, progress, dry=False)


def _work(job: Job, progress: Progress, *, dry: bool) -> dict[str, Any]:
    source = ContactImport.objects.get(pk=job.params["import"])
    working = ImportState.CHECKING if dry else ImportState.RUNNING
    if source.state != working:
        # Its file went while it waited, or a job that came before has finished it.
        return {}
    try:
        _chunks(source, progress, dry=dry)
        counts = _finish(source, dry=dry)
    except (Unfinished, LeaseLost):
        raise
    except Cancelled:
        if not dry:
            imports.put_on_list(source=source)
        with suppress(WrongState):
            imports.settle(source=source, transition="stop", state=ImportState.CANCELLED)
        raise
    except Exception:
        with suppress(WrongState):
            imports.settle(source=source, transition="fail", state=ImportState.FAILED)
        raise
    return counts


def _finish(source: ContactImport, *, dry: bool) -> dict[str, int]:
    if dry:
        imports.settle(source=source, transition="checked", state=ImportState.CHECKED)
        return source.checked_counts
    with transaction.atomic():
        listed = imports.put_on_list(source=source)
        if listed:
            source.counts = {**source.counts, "listed": listed}
            source.save(update_fields=["counts"])
        imports.settle(source=source, transition="finish", state=ImportState.DONE)
    return source.counts


def _chunks(source: ContactImport, progress: Progress, *, dry: bool) -> None:
    progress.set(source.position, source.total, note=_("reading the file"), force=True)
    imports.as_csv(source)
    layout, plan = Layout(**source.layout), Plan.of(source)
    if source.total is None:
        _count(source, layout, progress)
    note = _("checking rows") if dry else _("importing rows")
    with imports.opened(source) as content:
        rows = _data_rows(read_rows(content, layout), layout)
        seen = _skip(source, plan, rows)
        while chunk := list(islice(rows, CHUNK)):
            _chunk(source, plan, chunk, seen, clock.now(), dry)
            progress.set(source.position, source.total, note=note)
            if progress.out_of_time and source.position < (source.total or 0):
                raise Unfinished


def _data_rows(rows: Iterator[Row], layout: Layout) -> Iterator[Row]:
    if layout.heading:
        next(rows, None)
    return rows


def _count(source: ContactImport, layout: Layout, progress: Progress) -> None:
    """Rows of the file, once; too many are refused before anything is written."""
    count = 0
    with imports.opened(source) as content:
        for _row in _data_rows(read_rows(content, layout), layout):
            count += 1
            if count > settings.import_max_rows:
                raise too_many_rows(settings.import_max_rows)
            if count % 20_000 == 0:
                progress.set(0, None, note=_("reading the file"))
    source.total = count
    source.save(update_fields=["total"])


def _skip(source: ContactImport, plan: Plan, rows: Iterator[Row]) -> set[int]:
    """Pass over what is done; returns who stood there (a number per way to know a person)."""
    seen: set[int] = set()
    if not source.position:
        return seen
    places = [
        (place, key) for place, key in enumerate(plan.columns) if key in ("external_key", "uuid", "email", "phone")
    ]
    faulty = set(ImportFault.objects.filter(source=source).values_list("number", flat=True))
    for row in islice(rows, source.position):
        if row.number not in faulty:
            seen.update(
                map(hash, identify({key: row.cells[place] for place, key in places if place < len(row.cells)}).ways)
            )
    return seen


def _chunk(source: ContactImport, plan: Plan, rows: list[Row], seen: set[int], now: datetime, dry: bool) -> None:
    counts_field = "checked_counts" if dry else "counts"
    with transaction.atomic():
        # Taken first and under a condition: a worker that lost its lease finds the place moved and stops.
        here = ContactImport.objects.filter(
            pk=source.pk, position=source.position, state=ImportState.CHECKING if dry else ImportState.RUNNING
        )
        if not here.update(position=source.position + len(rows)):
            raise LeaseLost
        result = apply_chunk(source=source, plan=plan, rows=rows, seen=seen, now=now, dry=dry)
        ImportFault.objects.bulk_create(fault_rows(source, result.faults), batch_size=1000)
        counts = Counter(getattr(source, counts_field))
        counts.update(result.counts)
        ContactImport.objects.filter(pk=source.pk).update(**{counts_field: dict(counts)})
    source.position += len(rows)
    setattr(source, counts_field, dict(counts))


__all__ = ["check_import_job", "import_job"]
