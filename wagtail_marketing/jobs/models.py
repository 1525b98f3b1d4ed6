"""Work that takes longer than a click: what was asked, how far it is, what came of it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, InvalidStorageError, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from . import registry

#: Alias in ``STORAGES`` for files that only our own, permission-checked view may serve.
PRIVATE_STORAGE = "wagtail_marketing_private"


def private_storage() -> Any:
    """The site's private storage; beside ``MEDIA_ROOT``, never inside it, where it names none."""
    try:
        return storages[PRIVATE_STORAGE]
    except InvalidStorageError:
        beside = Path(settings.MEDIA_ROOT or ".").resolve()
        return FileSystemStorage(location=beside.parent / "marketing_private", base_url=None)


class JobState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN = (JobState.QUEUED, JobState.RUNNING)
CLOSED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)

#: transition -> states from which it may start; every change of state is one of these.
TRANSITIONS = {
    "claim": (JobState.QUEUED,),
    "yield": (JobState.RUNNING,),
    "finish": (JobState.RUNNING,),
    "fail": (JobState.RUNNING,),
    "cancel": (JobState.QUEUED, JobState.RUNNING),
    "requeue": (JobState.RUNNING,),
}


class JobQuerySet(models.QuerySet["Job"]):
    def open(self) -> "JobQuerySet":
        return self.filter(state__in=OPEN)

    def closed(self) -> "JobQuerySet":
        return self.filter(state__in=CLOSED)


class Job(models.Model):
    """One piece of background work; its kind is a registered function."""

    kind = models.CharField(_("kind"), max_length=50)
    params = models.JSONField(_("parameters"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    key = models.CharField(
        _("key"),
        max_length=200,
        null=True,
        blank=True,
        unique=True,
        help_text=_("The same key is never queued twice."),
    )
    exclusive_key = models.CharField(
        _("exclusive key"),
        max_length=200,
        blank=True,
        help_text=_("While a job with this key is open, no second one is made."),
    )
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("total"), null=True, blank=True)
    note = models.CharField(_("at work on"), max_length=200, blank=True)
    cursor = models.JSONField(_("cursor"), default=dict, blank=True)
    result = models.JSONField(_("result"), default=dict, blank=True)
    result_file = models.FileField(
        _("file"), upload_to="jobs/%Y/%m/", storage=private_storage, blank=True, max_length=255
    )
    result_name = models.CharField(_("file name"), max_length=200, blank=True)
    errors = models.JSONField(_("errors"), default=list, blank=True)
    error_count = models.PositiveBigIntegerField(_("errors"), default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("started by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(_("asked"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    cancel_requested_at = models.DateTimeField(_("cancellation asked"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease = models.UUIDField(_("lease"), null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-pk"]
        # Jobs come from what people do elsewhere and are never edited by hand.
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(
                fields=["exclusive_key"],
                condition=Q(state__in=["queued", "running"]) & ~Q(exclusive_key=""),
                name="wm_job_exclusive",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "lease_until"], name="wm_job_due"),
            models.Index(fields=["finished_at"], name="wm_job_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.pk}"

    @property
    def label(self) -> str:
        """What people call this kind of work."""
        kind = registry.kinds.get(self.kind)
        return str(kind.label) if kind else self.kind

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def permission(self) -> tuple[str, ...]:
        """What is needed to cancel it or to read its file."""
        kind = registry.kinds.get(self.kind)
        needed = kind.permission if kind else "wagtail_marketing_jobs.change_job"
        return (needed,) if isinstance(needed, str) else tuple(needed)
