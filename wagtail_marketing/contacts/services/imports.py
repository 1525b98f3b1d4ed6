"""Importing people from a file: upload, columns, check, run, and what can be taken back.

The admin, the REST API and the jobs all come through here. A file waits in private storage; it and the rows that
could not be taken are deleted some days after (``forget_import_files``) and as soon as a person in it is erased.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from django.core.files.base import File
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.imports import plan as plans
from wagtail_marketing.contacts.imports import presets, rows, targets, xlsx
from wagtail_marketing.contacts.imports.errors import UnreadableFile
from wagtail_marketing.contacts.imports.layout import ENCODINGS, SEPARATORS, Layout, find_layout
from wagtail_marketing.contacts.models import (
    IMPORT_TRANSITIONS,
    Contact,
    ContactImport,
    ContactList,
    ImportedContact,
    ImportFault,
    ImportState,
    ListMembership,
    Topic,
)
from wagtail_marketing.contacts.registry import channel_address
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput, WrongState
from wagtail_marketing.jobs import services as jobs

from .lists import add_to_list, remove_from_list

CHECK, RUN = "contacts.import_check", "contacts.import"
#: Rows shown beside the columns.
SAMPLES = 5


# Uploading ------------------------------------------------------------------------------------------


def create_import(
    *,
    file: File,
    file_name: str,
    user: Any = None,
    asked_by: str = "",
    options: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> ContactImport:
    """Take a file, find out how it is written and guess its columns; ``options`` as in ``set_plan``.

    Raises ``UnreadableFile``.
    """
    if file.size > settings.import_max_bytes:
        raise UnreadableFile(
            _("The file has %(size)s MB; at most %(most)s MB can be read.")
            % {"size": file.size // 2**20 + 1, "most": settings.import_max_bytes // 2**20},
            remedy=_("Part it into several files."),
        )
    content = file.file if hasattr(file, "file") else file
    layout = find_layout(content)
    if layout.kind == "xlsx":
        xlsx.check_workbook(content)
    source = ContactImport(
        file_name=str(file_name).replace("\x00", "")[-200:] or "file",
        file_size=file.size,
        created_by=user,
        asked_by=asked_by[:120],
        created_at=now or clock.now(),
    )
    _look(source, content, layout)
    source.options |= dict(options or {})
    content.seek(0)
    source.file.save(f"{source.uuid}.{layout.kind}", File(content), save=False)
    source.save()
    return source


def _look(source: ContactImport, content: BinaryIO, layout: Layout) -> None:
    """Read the first rows: headings, and the guess of what they mean."""
    first = _first_rows(content, layout, SAMPLES + 1)
    if not first:
        raise UnreadableFile(_("The file is empty."), remedy=_("Upload a file with a heading and at least one row."))
    if layout.kind == "xlsx":
        layout = replace(layout, heading=not any("@" in cell for cell in first[0]))
    names = rows.column_names(first[0], heading=layout.heading)
    samples = first[1:] if layout.heading else first
    if not samples:
        raise UnreadableFile(_("The file has a heading and no rows."), remedy=_("Upload a file with at least one row."))
    found = presets.find_preset(names, samples, source.file_name)
    source.layout, source.names, source.columns, source.preset = layout.as_dict(), names, found.columns, found.key
    source.options = {"status": found.status, "utc": found.utc, "ours": rows.is_ours(names), "known": plans.UPDATE}


def _first_rows(content: BinaryIO, layout: Layout, most: int) -> list[list[str]]:
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


def samples(source: ContactImport) -> list[list[str]]:
    """The first rows as they stand in the file, for showing beside the columns."""
    layout = Layout(**source.layout)
    with opened(source) as content:
        found = _first_rows(content, layout, SAMPLES + 1)
    found = found[1:] if layout.heading else found[:SAMPLES]
    width = len(source.names)
    return [[cell[:200] for cell in row[:width]] + [""] * (width - len(row)) for row in found]


def read_again(*, source: ContactImport, encoding: str, separator: str, heading: bool) -> ContactImport:
    """Somebody corrected the guess of how the file is written. Raises ``InvalidInput``, ``WrongState``."""
    if encoding not in ENCODINGS or separator not in SEPARATORS:
        raise InvalidInput(_("There is no such encoding or separator."), field="encoding")
    _may(source, "map")
    layout = replace(Layout(**source.layout), encoding=encoding, separator=separator, heading=heading, guessed=False)
    options = source.options
    with opened(source) as content:
        _look(source, content, layout)
    # ``_look`` guesses a workbook's heading; what was said counts.
    source.options = {**source.options, **{name: options[name] for name in ("known", "tag", "list") if name in options}}
    source.save(update_fields=["layout", "names", "columns", "preset", "options"])
    return source


# Deciding -------------------------------------------------------------------------------------------


def set_plan(
    *, source: ContactImport, columns: Sequence[str], options: Mapping[str, Any] | None = None
) -> ContactImport:
    """Say what the columns mean and what is to be done.

    ``options``: ``known`` (update, fill, skip), ``tag``, ``list`` (id), ``status`` (what the file says of everybody),
    ``channel``, ``topic`` (id), ``agreed_by`` (how consent was given, in words), ``agreed_at`` (datetime),
    ``date_order`` (empty, dmy, mdy). Consent is only ever added with all of: channel, how, and a date or a column
    of dates. Raises ``InvalidInput``, ``WrongState``.
    """
    _may(source, "map")
    if len(columns) != len(source.names):
        raise InvalidInput(
            _("The file has %(count)s columns: name a target for each.") % {"count": len(source.names)},
            field="columns",
        )
    for problem in targets.problems(columns):
        raise InvalidInput(problem, field="columns")
    kept = {name: source.options[name] for name in ("utc", "ours") if name in source.options}
    source.columns, source.options = list(columns), kept | _options(list(columns), dict(options or {}))
    source.save(update_fields=["columns", "options"])
    return source


def _options(columns: list[str], asked: dict[str, Any]) -> dict[str, Any]:
    known, status = asked.get("known") or plans.UPDATE, asked.get("status") or ""
    if known not in plans.KNOWN:
        raise InvalidInput(_("Known contacts are updated, filled or skipped."), field="known")
    if status not in plans.STATUSES:
        raise InvalidInput(_("“%(status)s” is nothing to say of everybody.") % {"status": status}, field="status")
    if asked.get("date_order", "") not in ("", "dmy", "mdy"):
        raise InvalidInput(_("Dates begin with the day (dmy) or the month (mdy)."), field="date_order")
    tag = " ".join(str(asked.get("tag") or "").split())
    if len(tag) > 80:
        raise InvalidInput(_("A tag is a word of at most 80 characters."), field="tag")
    if asked.get("list") and not ContactList.objects.filter(pk=asked["list"]).exists():
        raise InvalidInput(_("This list was deleted."), field="list")
    if asked.get("topic") and not Topic.objects.filter(pk=asked["topic"]).exists():
        raise InvalidInput(_("This topic was deleted."), field="topic")
    channel = asked.get("channel") or "email"
    channel_address(channel)
    agreed_by, agreed_at = str(asked.get("agreed_by") or "").strip()[:500], asked.get("agreed_at")
    if agreed_at is not None and agreed_at > clock.now():
        raise InvalidInput(_("This date lies in the future."), field="agreed_at")
    if plans.adds_consent(columns, status):
        if not agreed_by:
            raise InvalidInput(
                _("The file says that people agreed: say how and where they did."),
                field="agreed_by",
                remedy=_("Or set the columns on consent to “ignore” and say nothing of everybody."),
            )
        if agreed_at is None and not any(key.endswith(".at") for key in columns):
            raise InvalidInput(
                _("The file says that people agreed: say when they did."),
                field="agreed_at",
                remedy=_("Give a date, or choose the column that holds it."),
            )
    return {
        "known": known,
        "tag": tag,
        "list": asked.get("list") or None,
        "status": status,
        "channel": channel,
        "topic": asked.get("topic") or None,
        "agreed_by": agreed_by,
        "agreed_at": agreed_at.isoformat() if agreed_at else None,
        "date_order": asked.get("date_order", ""),
    }


# Working --------------------------------------------------------------------------------------------


def start_check(*, source: ContactImport, user: Any = None) -> ContactImport:
    """Queue the dry run: everything is done and rolled back. Raises ``WrongState``."""
    return _start(source, "check", ImportState.CHECKING, CHECK, user, checked_counts={})


def start_import(*, source: ContactImport, user: Any = None) -> ContactImport:
    """Queue the run. Raises ``WrongState``."""
    return _start(source, "run", ImportState.RUNNING, RUN, user, counts={"rows": 0})


def resume_import(*, source: ContactImport, user: Any = None) -> ContactImport:
    """Go on after the last row that was done. Raises ``WrongState``."""
    source = ContactImport.objects.select_related("job").get(pk=source.pk)
    if not source.may_resume:
        raise WrongState(_("This import cannot go on."), field="state")
    with transaction.atomic():
        _move(source, "resume", state=ImportState.RUNNING, finished_at=None)
        return _enqueue(source, RUN, user)


@transaction.atomic
def _start(source: ContactImport, transition: str, state: str, kind: str, user: Any, **changes: Any) -> ContactImport:
    if not source.columns or targets.problems(source.columns):
        raise WrongState(_("Say first what the columns mean."), field="columns")
    if plans.adds_consent(source.columns, source.options.get("status", "")) and not source.options.get("agreed_by"):
        raise WrongState(_("The file says that people agreed: say how and where they did."), field="agreed_by")
    _move(source, transition, state=state, position=0, **changes)
    ImportFault.objects.filter(source=source).delete()
    return _enqueue(source, kind, user)


def _enqueue(source: ContactImport, kind: str, user: Any) -> ContactImport:
    job, _created = jobs.enqueue_job(
        kind=kind, params={"import": source.pk}, exclusive_key=f"contacts.import:{source.pk}", created_by=user
    )
    ContactImport.objects.filter(pk=source.pk).update(job=job)
    source.refresh_from_db()
    return source


def stop_import(*, source: ContactImport) -> ContactImport:
    """Stop it at its next step; what it has done stays. Raises ``WrongState`` where it is over."""
    with transaction.atomic():
        if source.job and source.job.is_open:
            jobs.cancel_job(job=source.job)
        if not (source.job and source.job.lease):
            _move(source, "stop", state=ImportState.CANCELLED, finished_at=clock.now())
    source.refresh_from_db()
    return source


def _may(source: ContactImport, transition: str) -> None:
    if source.state not in IMPORT_TRANSITIONS[transition]:
        raise WrongState(_("This import is past that step."), field="state")


def _move(source: ContactImport, transition: str, **changes: Any) -> None:
    """One conditional statement: of two at once one wins. Raises ``WrongState``."""
    rows_ = ContactImport.objects.filter(pk=source.pk, state__in=IMPORT_TRANSITIONS[transition])
    if not rows_.update(**changes):
        raise WrongState(_("This import is past that step."), field="state")
    source.refresh_from_db()


def settle(*, source: ContactImport, transition: str, state: str, now: datetime | None = None) -> None:
    """What the jobs say at their end."""
    over = state in (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED)
    _move(source, transition, state=state, **({"finished_at": now or clock.now()} if over else {}))


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


@transaction.atomic
def put_on_list(*, source: ContactImport) -> int:
    """Put everybody whom the import touched on its list; returns how many were not on it before."""
    contact_list = ContactList.objects.filter(pk=source.options.get("list") or 0).first()
    if contact_list is None:
        return 0
    on_it = ListMembership.objects.filter(contact_list=contact_list, contact=OuterRef("contact"))
    fresh = ImportedContact.objects.filter(source=source, listed=False).exclude(Exists(on_it))
    fresh.update(listed=True)
    people = Contact.objects.filter(pk__in=ImportedContact.objects.filter(source=source, listed=True).values("contact"))
    return add_to_list(contact_list=contact_list, contacts=people, source="import", user=source.created_by)


# Afterwards -----------------------------------------------------------------------------------------


@transaction.atomic
def undo_import(*, source: ContactImport, user: Any = None) -> dict[str, int]:
    """Take back the tags and the places on the list that the import added. Raises ``WrongState``.

    Contacts and their fields stay as they are: what stood there before is not kept. Consent stays too: a ledger
    forgets nothing, and who left must stay gone.
    """
    _may_undo(source)
    if not ContactImport.objects.filter(pk=source.pk, undone_at=None).update(undone_at=clock.now()):
        raise WrongState(_("This import was taken back already."), field="state")
    taken = {"tags": 0, "list": 0}
    through = Contact.tags.through
    by_tag: dict[int, list[int]] = {}
    links = ImportedContact.objects.filter(source=source).exclude(tags=[])
    for contact, tags in links.values_list("contact_id", "tags").iterator(chunk_size=2000):
        for tag in tags:
            by_tag.setdefault(tag, []).append(contact)
    for tag, people in by_tag.items():
        for start in range(0, len(people), 2000):
            some = people[start : start + 2000]
            taken["tags"] += through.objects.filter(tag_id=tag, contact_id__in=some).delete()[0]
    contact_list = ContactList.objects.filter(pk=source.options.get("list") or 0).first()
    if contact_list is not None:
        listed = Contact.objects.filter(
            pk__in=ImportedContact.objects.filter(source=source, listed=True).values("contact")
        )
        taken["list"] = remove_from_list(contact_list=contact_list, contacts=listed, source="import", user=user)
    source.refresh_from_db()
    return taken


def _may_undo(source: ContactImport) -> None:
    if source.state not in (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED) or not source.counts:
        raise WrongState(_("This import is not over."), field="state")


def fault_lines(source: ContactImport) -> Iterator[list[str]]:
    """The rows to correct, with the number of the row and what to do in two columns more; headings first."""
    from wagtail_marketing.contacts.imports.errors import said

    extra = (rows.ROW_COLUMN, rows.ERROR_COLUMN)
    places = [place for place, name in enumerate(source.names) if name not in extra]
    yield [*(source.names[place] for place in places), *extra]
    for fault in ImportFault.objects.filter(source=source).iterator(chunk_size=1000):
        cells = fault.cells
        said_of = [
            f"{source.names[int(place)]}: {said(code)}" if place else said(code) for place, code in fault.errors.items()
        ]
        yield [
            *(cells[place] if place < len(cells) else "" for place in places),
            str(fault.number),
            " | ".join(said_of),
        ]


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


def csv_text(lines: Iterator[list[str]]) -> Iterator[str]:
    """The lines of a file, safe for spreadsheets."""
    from wagtail_marketing.admin.export import csv_lines

    headings = next(lines)
    return csv_lines(headings, lines)


__all__ = [
    "as_csv",
    "create_import",
    "csv_text",
    "fault_lines",
    "forget_file",
    "forget_import_files",
    "forget_person_in_files",
    "opened",
    "put_on_list",
    "read_again",
    "resume_import",
    "samples",
    "set_plan",
    "settle",
    "start_check",
    "start_import",
    "stop_import",
    "undo_import",
]
