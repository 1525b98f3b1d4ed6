"""Importing people from a file: upload, columns, check, run, and what can be taken back.

The admin, the REST API and the jobs all come through here. A file waits in private storage; it and the rows that
could not be taken are deleted some days after (``forget_import_files``) and as soon as a person in it is erased.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.imports import plan as plans
from wagtail_marketing.contacts.imports import presets, rows, targets, xlsx
from wagtail_marketing.contacts.imports.errors import UnreadableFile
from wagtail_marketing.contacts.imports.layout import ENCODINGS, SEPARATORS, Layout, find_layout
from wagtail_marketing.contacts.models import (
    IMPORT_TRANSITIONS,
    ContactImport,
    ContactList,
    ImportFault,
    ImportState,
    Topic,
)
from wagtail_marketing.contacts.registry import channel_address
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput, WrongState
from wagtail_marketing.jobs import services as jobs

from .import_files import as_csv, first_rows, forget_file, forget_import_files, forget_person_in_files, opened
from .import_results import csv_text, fault_lines, put_on_list, undo_import

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
    first = first_rows(content, layout, SAMPLES + 1)
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


def samples(source: ContactImport) -> list[list[str]]:
    """The first rows as they stand in the file, for showing beside the columns."""
    layout = Layout(**source.layout)
    with opened(source) as content:
        found = first_rows(content, layout, SAMPLES + 1)
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
    # A comma parts tags in files, so none stands in one.
    tag = " ".join(str(asked.get("tag") or "").replace(",", " ").split())
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
