"""Imports of files of people: what was asked, how far it is, what came of it, and which rows are to correct."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.jobs.models import private_storage


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("Columns to confirm")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Stopped")
    FAILED = "failed", _("Failed")


S = ImportState
#: transition -> states from which it may start.
IMPORT_TRANSITIONS = {
    "map": (S.UPLOADED, S.CHECKED),
    "check": (S.UPLOADED, S.CHECKED),
    "checked": (S.CHECKING,),
    "run": (S.UPLOADED, S.CHECKED),
    "finish": (S.RUNNING,),
    "stop": (S.UPLOADED, S.CHECKED, S.CHECKING, S.RUNNING),
    "fail": (S.CHECKING, S.RUNNING),
    "resume": (S.CANCELLED, S.FAILED, S.RUNNING),
}


class ContactImport(models.Model):
    """One file. It is kept apart from the site's media and deleted after some days; what it did stays written.

    ``position`` is how many rows of the file the present phase has done. It changes in the transaction of those
    rows, so that a kill neither loses nor repeats one.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file = models.FileField(_("file"), upload_to="imports/%Y/%m/", storage=private_storage, blank=True, max_length=255)
    file_name = models.CharField(_("file"), max_length=200)
    file_size = models.PositiveBigIntegerField(_("size"), help_text="bytes, as uploaded")
    layout = models.JSONField(default=dict, editable=False)
    preset = models.CharField(max_length=40, blank=True, default="", editable=False)
    names = models.JSONField(default=list, editable=False, help_text="The headings of the file's columns.")
    columns = models.JSONField(default=list, editable=False, help_text="One target per column; empty: ignored.")
    options = models.JSONField(default=dict, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED)
    position = models.PositiveIntegerField(default=0, editable=False)
    total = models.PositiveIntegerField(_("rows"), null=True, editable=False)
    checked_counts = models.JSONField(default=dict, editable=False)
    counts = models.JSONField(default=dict, editable=False)
    job = models.ForeignKey(
        "wagtail_marketing_jobs.Job", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("uploaded by"),
        editable=False,
    )
    asked_by = models.CharField(
        max_length=120, blank=True, default="", editable=False, help_text="An API token's name."
    )
    created_at = models.DateTimeField(_("uploaded"))
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    undone_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("import of contacts")
        verbose_name_plural = _("imports of contacts")
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = (("import_contact", _("Can import contacts")),)
        indexes = (models.Index(fields=("state", "created_at"), name="wm_import_state"),)

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        """A worker has it, or will: it is being checked or run and its job has not died."""
        return self.state in (ImportState.CHECKING, ImportState.RUNNING) and bool(self.job and self.job.is_open)

    @property
    def may_resume(self) -> bool:
        """It stopped halfway through its run and the file is still there."""
        stopped = self.state in (ImportState.CANCELLED, ImportState.FAILED, ImportState.RUNNING)
        return stopped and not self.is_working and bool(self.file and self.counts) and self.undone_at is None


class ImportFault(models.Model):
    """A row that could not be taken, as it stood in the file: personal, hence deleted with the file."""

    source = models.ForeignKey(ContactImport, models.CASCADE, related_name="faults", db_index=False)
    number = models.PositiveIntegerField(help_text="The row as a spreadsheet counts it.")
    errors = models.JSONField(default=dict, help_text="{place of the column, or empty: code}")
    cells = models.JSONField(default=list)

    class Meta:
        default_permissions = ()
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("source", "number"), name="wm_import_fault_once"),)

    def __str__(self) -> str:
        return f"#{self.number}"


class ImportedContact(models.Model):
    """Whom an import touched, and what of it can be taken back."""

    source = models.ForeignKey(ContactImport, models.CASCADE, related_name="people", db_index=False)
    contact = models.ForeignKey("wagtail_marketing_contacts.Contact", models.CASCADE, related_name="+")
    created = models.BooleanField(default=False)
    tags = models.JSONField(default=list, help_text="Tags that the contact did not have before.")
    listed = models.BooleanField(default=False, help_text="The contact was not on the list before.")

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("source", "contact"), name="wm_import_person_once"),)

    def __str__(self) -> str:
        return f"{self.contact_id} of {self.source_id}"
