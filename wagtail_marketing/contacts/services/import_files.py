"""The files of imports: in private storage, read as they lie there, gone after their days or with a person in them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import BinaryIO

from django.core.files.base import File
from django.utils.translation import gettext as _

from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.imports import rows, xlsx
from wagtail_marketing.contacts.imports.errors import UnreadableFile
from wagtail_marketing.contacts.imports.layout import Layout
from wagtail_marketing.contacts.models import Contact, ContactImport, ImportedContact, ImportFault, ImportState
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import WrongState


@contextmanager
def opened(source: ContactImport) -> Iterator[BinaryIO]:
    """The file of an import. Raises ``WrongState`` where it is gone."""
    if not source.file:
        raise WrongState(_("The file of this import was deleted."), field="file", remedy=_("Upload it again."))
    try:
        content = source.file.storage.open(source.file.name, "rb")
    except FileNotFoundError as error:
        raise WrongState(
            _("The file of this import was deleted."), field="file", remedy=_("Upload it again.")
        ) from error
    with content:
        yield content.file if hasattr(content, "file") else content


def first_rows(content: BinaryIO, layout: Layout, most: int) -> list[list[str]]:
    """The first ``most`` rows that are not blank, the heading too."""
    found = []
    source = (
        xlsx.workbook_rows(content) if layout.kind == "xlsx" else (r.cells for r in rows.read_rows(content, layout))
    )
    for cells in source:
        if any(cells):
            found.append(cells)
        if len(found) == most:
            break
    return found


def as_csv(source: ContactImport) -> None:
    """Turn a workbook into CSV, once: rows of a CSV can be skipped, those of a workbook only be read."""
    layout = Layout(**source.layout)
    if layout.kind != "xlsx":
        return
    with opened(source) as content, tempfile.TemporaryFile() as target:
        xlsx.to_csv(content, target, most_rows=settings.import_max_rows)
        target.seek(0)
        before = source.file.name
        source.file.save(f"{source.uuid}.csv", File(target), save=False)
    source.layout = replace(layout, kind="csv", encoding="utf-8", separator=",").as_dict()
    source.save(update_fields=["file", "layout"])
    source.file.storage.delete(before)


def forget_import_files(*, now: datetime | None = None) -> int:
    """Delete files and rows to correct of imports that are over, or were left lying; returns how many."""
    before = (now or clock.now()) - timedelta(days=settings.import_keep_days)
    count = 0
    old = ContactImport.objects.filter(created_at__lt=before).exclude(file="")
    for source in old.exclude(state__in=(ImportState.CHECKING, ImportState.RUNNING)).order_by("pk")[:200]:
        forget_file(source)
        count += 1
    return count


def forget_file(source: ContactImport) -> None:
    """Delete the file and the rows to correct; the history stays. What was not run yet is over with it."""
    name, storage = source.file.name, source.file.storage
    waiting = (ImportState.UPLOADED, ImportState.CHECKED, ImportState.CHECKING, ImportState.RUNNING)
    ImportFault.objects.filter(source=source).delete()
    ContactImport.objects.filter(pk=source.pk).update(file="")
    ContactImport.objects.filter(pk=source.pk, state__in=waiting).update(
        state=ImportState.CANCELLED, finished_at=clock.now()
    )
    if name:
        storage.delete(name)


def forget_person_in_files(contact: Contact) -> None:
    """The eraser: every file, and every row to correct, that names the person goes. A run that uses it stops."""
    needles = {
        word.casefold()
        for word in (contact.email, contact.email_normalised, contact.phone, contact.phone_e164, contact.external_key)
        if word
    } | {str(contact.uuid)}
    touched = set(ImportedContact.objects.filter(contact=contact).values_list("source_id", flat=True))
    for source in ContactImport.objects.exclude(file=""):
        if source.pk in touched or _names(source, needles):
            forget_file(source)
    for fault in ImportFault.objects.iterator(chunk_size=1000):
        if any(_is_named(cell, needles) for cell in fault.cells):
            fault.delete()
    ImportedContact.objects.filter(contact=contact).delete()


def _names(source: ContactImport, needles: set[str]) -> bool:
    layout = Layout(**source.layout)
    try:
        with opened(source) as content:
            found = (
                xlsx.workbook_rows(content)
                if layout.kind == "xlsx"
                else (row.cells for row in rows.read_rows(content, layout))
            )
            return any(_is_named(cell, needles) for cells in found for cell in cells)
    except (WrongState, UnreadableFile, OSError):
        # What cannot be read cannot be shown to be innocent.
        return True


def _is_named(cell: str, needles: set[str]) -> bool:
    cell = cell.casefold()
    return bool(cell) and (cell in needles or any("@" in needle and needle in cell for needle in needles))
