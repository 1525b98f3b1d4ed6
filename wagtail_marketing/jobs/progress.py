"""What a running job talks to: how far it is, what failed, whether to stop."""

from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile, File

from wagtail_marketing.core import clock

from .models import Job, JobState

#: How long a worker may be silent before another takes the job.
LEASE = timedelta(minutes=5)

#: The least time between two writes of the progress.
WRITE_EVERY = timedelta(seconds=1)

#: Errors whose text is kept; all are counted.
MOST_ERRORS = 100


class Unfinished(Exception):
    """Raised by a job that goes on in the next slice, from ``cursor`` (JSON) on."""

    def __init__(self, cursor: dict[str, Any] | None = None):
        super().__init__("unfinished")
        self.cursor = cursor or {}


class Cancelled(Exception):
    """Somebody asked to stop; the job's own work stays as it is."""


class LeaseLost(Exception):
    """Another worker has taken the job: stop without a word."""


class Progress:
    """Writes are a second apart at least; each renews the lease and looks whether to stop."""

    def __init__(self, job: Job, until: datetime):
        self.job = job
        self.until = until
        self._written: datetime | None = None

    @property
    def out_of_time(self) -> bool:
        """Whether the slice is over: raise ``Unfinished`` with a cursor at the next good place."""
        return clock.now() >= self.until

    def set(self, done: int, total: int | None = None, *, note: Any = "", force: bool = False) -> None:
        """Say how far it is. Raises ``Cancelled`` when asked to stop, ``LeaseLost`` when another took over."""
        self.job.done = done
        self.job.total = total if total is not None else self.job.total
        self.job.note = str(note)[:200]
        self._write(force=force)

    def advance(self, by: int = 1) -> None:
        """``by`` more are done."""
        self.job.done += by
        self._write()

    def keep(self, cursor: dict[str, Any], done: int, *, note: Any = "") -> None:
        """Remember ``cursor`` at once: a worker that dies goes on from here, not from the last slice.

        Call it in the transaction of the work itself, so that both are there or neither. Raises as ``set``.
        """
        self.job.cursor = cursor
        self.job.done = done
        self.job.note = str(note)[:200]
        self._write(force=True, cursor=cursor)

    def error(self, where: Any, message: Any) -> None:
        """Note that one row failed; the job goes on."""
        self.job.error_count += 1
        if len(self.job.errors) < MOST_ERRORS:
            self.job.errors.append({"where": str(where)[:200], "message": str(message)[:1000]})

    def attach(self, name: str, content: bytes | File) -> None:
        """Keep the file that the job made; it is served to who holds the kind's permission."""
        self.job.result_name = name
        self.job.result_file.save(
            f"{self.job.pk}-{name}", content if isinstance(content, File) else ContentFile(content), save=False
        )

    def _write(self, force: bool = False, **more: Any) -> None:
        now = clock.now()
        if not force and self._written and now - self._written < WRITE_EVERY:
            return
        self._written = now
        kept = Job.objects.filter(pk=self.job.pk, lease=self.job.lease, state=JobState.RUNNING).update(
            done=self.job.done,
            total=self.job.total,
            note=self.job.note,
            errors=self.job.errors,
            error_count=self.job.error_count,
            lease_until=clock.database_now() + LEASE,
            **more,
        )
        if not kept:
            raise LeaseLost
        if Job.objects.filter(pk=self.job.pk, cancel_requested_at__isnull=False).exists():
            raise Cancelled
