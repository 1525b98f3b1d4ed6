"""Workbooks: refused where they are bombs, else turned into CSV once, row by row."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from .errors import UnreadableFile
from .layout import MOST_COLUMNS

#: A workbook's parts, unpacked.
MOST_UNPACKED = 400 * 1024 * 1024
#: Text packs about ten to one, spreadsheets of repeated values about fifty.
MOST_RATIO = 200
MOST_PARTS = 2000


def check_workbook(file: BinaryIO) -> None:
    """Raises ``UnreadableFile`` for what is no workbook, or would grow out of measure when unpacked."""
    remedy = _("Open it in a spreadsheet, save it as CSV (UTF-8) and upload that.")
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "xl/workbook.xml" not in names:
                raise UnreadableFile(_("This is a ZIP file, but not a workbook (.xlsx)."), remedy=remedy)
            unpacked = sum(part.file_size for part in parts)
            bomb = any(part.file_size > 2**20 and part.file_size > MOST_RATIO * part.compress_size for part in parts)
            if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or bomb:
                raise UnreadableFile(_("This workbook grows out of measure when it is unpacked."), remedy=remedy)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as content:
                        if b"<!" in content.read(1024).replace(b"<!--", b""):
                            raise UnreadableFile(_("This workbook declares things of its own."), remedy=remedy)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError, EOFError) as error:
        raise UnreadableFile(_("This workbook is damaged or locked by a password."), remedy=remedy) from error


def workbook_rows(file: BinaryIO) -> Iterator[list[str]]:
    """The cells of the first sheet as text, read row by row. Raises ``UnreadableFile``."""
    from openpyxl import load_workbook

    check_workbook(file)
    file.seek(0)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            # What the sheet says of its own size may be wrong or enormous.
            sheet.reset_dimensions()
            for row in sheet.iter_rows(values_only=True):
                yield [as_text(value) for value in row[: MOST_COLUMNS + 1]]
        finally:
            book.close()
    except UnreadableFile:
        raise
    except Exception as error:
        # openpyxl raises whatever its parsers do on a damaged part.
        raise UnreadableFile(
            _("This workbook cannot be read."),
            remedy=_("Open it in a spreadsheet, save it as CSV (UTF-8) and upload that."),
        ) from error


def as_text(value: Any) -> str:
    """A cell as a CSV would hold it: dates in ISO form, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def to_csv(file: BinaryIO, target: BinaryIO, *, most_rows: int) -> int:
    """Write the first sheet as CSV (UTF-8) into ``target``; returns the number of rows.

    Blank rows are kept, so that a row's number stays what the spreadsheet says. Raises ``UnreadableFile``.
    """
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    count, blank = 0, 0
    try:
        writer = csv.writer(text)
        for cells in workbook_rows(file):
            if not any(cells):
                blank += 1
                # Sheets may go on for a million empty rows.
                if blank > 10_000:
                    break
                continue
            count += blank + 1
            if count > most_rows + 1:
                raise too_many_rows(most_rows)
            for _row in range(blank):
                writer.writerow([""])
            blank = 0
            writer.writerow(cells)
    finally:
        text.detach()
    return count


def too_many_rows(most: int) -> UnreadableFile:
    return UnreadableFile(
        _("The file has more than %(most)s rows.") % {"most": f"{most:,}"}, remedy=_("Part it into several files.")
    )
