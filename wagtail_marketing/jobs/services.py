"""Writes of jobs: ask for one, run what is due, stop one, forget old ones."""

import logging
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from wagtail_marketing.core import clock, tasks
from wagtail_marketing.core.errors import DomainError, InvalidInput, WrongState

from . import registry
from .models import CLOSED, TRANSITIONS, Job, JobState, private_storage
from .progress import LEASE, Cancelled, LeaseLost, Progress, Unfinished

logger = logging.getLogger(__name__)


def enqueue_job(
    *,
    kind: str,
    params: dict[str, Any] | None = None,
    key: str = "",
    exclusive_key: str = "",
    created_by: Any = None,
) -> tuple[Job, bool]:
    """Ask for work; returns ``(job, created)`` and wakes a worker on commit.

    The same ``key`` is never queued twice, whatever became of it; of one ``exclusive_key`` only one job is
    open at a time. In both cases the job that is there is returned. Raises ``InvalidInput`` for an unknown
    kind.
    """
    if kind not in registry.kinds:
        raise InvalidInput(_("There is no job of the kind “%(kind)s”.") % {"kind": kind}, field="kind")
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind,
                params=params or {},
                key=key or None,
                exclusive_key=exclusive_key,
                created_by=created_by,
            )
    except IntegrityError:
        same = Q(key=key) if key else Q(pk=None)
        if exclusive_key:
            same |= Q(exclusive_key=exclusive_key, state__in=TRANSITIONS["cancel"])
        found = Job.objects.filter(same).first()
        if found is None:
            # The open one closed between the refusal and the look: ask again.
            return enqueue_job(kind=kind, params=params, key=key, exclusive_key=exclusive_key, created_by=created_by)
        return found, False
    tasks.wake()
    return job, True


def claim_job(*, job: Job | None = None) -> Job | None:
    """Take the oldest waiting job (or this one) for this worker; ``None`` where there is none."""
    waiting = Job.objects.filter(state__in=TRANSITIONS["claim"])
    if job is not None:
        waiting = waiting.filter(pk=job.pk)
    for pk in waiting.order_by("pk").values_list("pk", flat=True)[:20]:
        lease = uuid.uuid4()
        taken = Job.objects.filter(pk=pk, state__in=TRANSITIONS["claim"]).update(
            state=JobState.RUNNING,
            lease=lease,
            lease_until=clock.database_now() + LEASE,
            attempts=F("attempts") + 1,
        )
        if taken:
            Job.objects.filter(pk=pk, started_at=None).update(started_at=clock.now())
            return Job.objects.get(pk=pk)
    return None


def run_job(*, job: Job, until: datetime | None = None) -> Job:
    """Claim and run one job now, in this process; returns it as it then is.

    Raises ``WrongState`` where it is not waiting.
    """
    claimed = claim_job(job=job)
    if claimed is None:
        raise WrongState(_("This job is not waiting."), field="state")
    _run_claimed(claimed, until or clock.now() + tasks.SLICE)
    return Job.objects.get(pk=job.pk)


def run_due_jobs(until: datetime) -> int:
    """The drain: take back what dead workers hold, then run waiting jobs until the time is up."""
    reclaim_jobs()
    ran = 0
    while clock.now() < until and (job := claim_job()):
        _run_claimed(job, until)
        ran += 1
    return ran


def _run_claimed(job: Job, until: datetime) -> None:
    """Run a job that this worker holds and settle it; never raises for a fault of the job's."""
    progress = Progress(job, until)
    kind = registry.kinds.get(job.kind)
    try:
        if kind is None:
            raise InvalidInput(_("There is no job of the kind “%(kind)s”.") % {"kind": job.kind}, field="kind")
        progress.set(job.done, job.total, note=job.note, force=True)
        result = kind.function()(job, progress)
    except Unfinished as pause:
        # A slice that ended well does not count as an attempt that failed.
        _settle(job, "yield", state=JobState.QUEUED, cursor=pause.cursor, attempts=max(0, job.attempts - 1))
        tasks.wake()
    except Cancelled:
        _settle(job, "cancel", state=JobState.CANCELLED, finished_at=clock.now())
    except LeaseLost:
        logger.warning("Job %s was taken over by another worker", job.pk)
    except DomainError as error:
        _fail(job, str(error))
    except Exception as error:
        logger.exception("Job %s (%s) failed", job.pk, job.kind)
        # The text of an unexpected error may hold data of people or secrets: its kind is enough here.
        _fail(job, _("An unexpected error (%(kind)s); the log says more.") % {"kind": type(error).__name__})
    else:
        _settle(job, "finish", state=JobState.DONE, result=result or {}, finished_at=clock.now(), note="")


def _fail(job: Job, message: str) -> None:
    job.errors = [*job.errors, {"where": "", "message": message[:1000]}]
    job.error_count += 1
    _settle(job, "fail", state=JobState.FAILED, finished_at=clock.now())


def _settle(job: Job, transition: str, **changes: Any) -> bool:
    """One conditional statement: only the worker that holds the lease may close the job."""
    return bool(
        Job.objects.filter(pk=job.pk, lease=job.lease, state__in=TRANSITIONS[transition]).update(
            done=job.done,
            total=job.total,
            errors=job.errors,
            error_count=job.error_count,
            result_file=job.result_file.name or "",
            result_name=job.result_name,
            lease=None,
            lease_until=None,
            **changes,
        )
    )


def cancel_job(*, job: Job) -> Job:
    """Stop a job: a waiting one at once, a running one at its next step.

    Raises ``WrongState`` where it is over already.
    """
    now = clock.now()
    if not Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(
        state=JobState.CANCELLED, cancel_requested_at=now, finished_at=now
    ) and not Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(cancel_requested_at=now):
        raise WrongState(_("This job is over already."), field="state")
    job.refresh_from_db()
    return job


def reclaim_jobs() -> int:
    """Put jobs of dead workers back, or fail those that died too often; returns how many."""
    dead = Job.objects.filter(state__in=TRANSITIONS["requeue"], lease_until__lt=clock.database_now())
    count = 0
    for job in dead[:100]:
        kind = registry.kinds.get(job.kind)
        if job.cancel_requested_at:
            count += _settle(job, "cancel", state=JobState.CANCELLED, finished_at=clock.now())
        elif job.attempts >= (kind.most_attempts if kind else 1):
            _fail(job, _("The worker died %(count)s times.") % {"count": job.attempts})
            count += 1
        else:
            count += _settle(job, "requeue", state=JobState.QUEUED)
    return count


def forget_old_jobs(*, days: int, now: datetime | None = None) -> int:
    """Delete finished jobs older than ``days`` days, with their files; returns how many."""
    before = (now or clock.now()) - timedelta(days=days)
    count = 0
    for job in Job.objects.filter(state__in=CLOSED, finished_at__lt=before).order_by("pk")[:500]:
        if job.result_file:
            job.result_file.delete(save=False)
        for name in job.cursor.get("parts", ()):
            private_storage().delete(name)
        job.delete()
        count += 1
    return count
