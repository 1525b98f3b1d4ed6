"""A file of many contacts, written in the background: whatever their number, a chunk is in memory.

CSV is written in parts, one per slice of work, and put together at the end: a worker that dies loses its part
only. A workbook cannot be continued; it is written at one go and limited in size.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import IO, Any

from django.core.files.base import File
from django.utils.translation import gettext as _

from wagtail_marketing.admin.export import csv_lines, write_xlsx
from wagtail_marketing.contacts import files
from wagtail_marketing.contacts.criteria import Criteria
from wagtail_marketing.core import clock
from wagtail_marketing.jobs.models import Job, private_storage
from wagtail_marketing.jobs.progress import LeaseLost, Progress, Unfinished

BLOCK = 1024 * 1024


def run(job: Job, progress: Progress) -> dict[str, Any]:
    """Write the file that was asked for. Raises ``Unfinished`` when the time is up."""
    kind = job.params["options"]["format"]
    at = {"after": 0, "rows": 0, "parts": []} | job.cursor
    progress.set(at["rows"], job.params["count"], note=_("writing the file"))
    try:
        count = _workbook(job, progress) if kind == "xlsx" else _csv(job, progress, at)
    except (Unfinished, LeaseLost):
        raise
    except Exception:
        _forget(at["parts"])
        raise
    progress.set(count, note="")
    return {"rows": count}


def file_name(kind: str) -> str:
    """``contacts-2026-03-01.csv``, by the day in the shop's zone."""
    return f"contacts-{clock.now().astimezone(clock.shop_zone()):%Y-%m-%d}.{kind}"


def _people(job: Job) -> Any:
    return Criteria.load(job.params["criteria"]).contacts().filter(pk__lte=job.params["up_to"])


def _csv(job: Job, progress: Progress, at: dict[str, Any]) -> int:
    storage = private_storage()
    chosen = files.columns()
    with ExitStack() as stack:
        part = stack.enter_context(TemporaryFile())

        def counted() -> Iterator[list]:
            for pk, row in files.rows(_people(job), chosen, after=at["after"]):
                yield row
                at["after"], at["rows"] = pk, at["rows"] + 1
                if at["rows"] % files.CHUNK == 0:
                    progress.set(at["rows"], job.params["count"], note=_("writing the file"))
                    if progress.out_of_time:
                        return

        started, before = at["after"] > 0, at["rows"]
        lines = csv_lines([column.key for column in chosen], counted())
        if started:
            next(lines)  # the heading stands in the first part
        for line in lines:
            part.write(line.encode())
        if at["rows"] > before and at["rows"] % files.CHUNK == 0 and progress.out_of_time:
            name = f"jobs/parts/{job.pk}-{len(at['parts'])}.csv"
            storage.delete(name)  # of a worker that died between this and the note of it
            part.seek(0)
            at["parts"] = [*at["parts"], storage.save(name, File(part))]
            raise Unfinished(at)
        part.seek(0)
        if not at["parts"]:
            progress.attach(file_name("csv"), File(part))
            return at["rows"]
        whole = stack.enter_context(TemporaryFile())
        for name in at["parts"]:
            with storage.open(name) as written:
                _copy(written, whole)
        _copy(part, whole)
        whole.seek(0)
        progress.attach(file_name("csv"), File(whole))
    _forget(at["parts"])
    return at["rows"]


def _workbook(job: Job, progress: Progress) -> int:
    chosen = files.columns()

    def counted() -> Iterator[list]:
        for place, row in enumerate(files.cells(files.rows(_people(job), chosen)), 1):
            yield row
            if place % files.CHUNK == 0:
                progress.set(place, job.params["count"], note=_("writing the file"))

    with TemporaryFile() as book:
        count = write_xlsx(book, [column.key for column in chosen], counted())
        book.seek(0)
        progress.attach(file_name("xlsx"), File(book))
    return count


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while block := source.read(BLOCK):
        target.write(block)


def _forget(parts: list[str]) -> None:
    for name in parts:
        private_storage().delete(name)
