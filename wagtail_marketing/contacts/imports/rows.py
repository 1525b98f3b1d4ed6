"""Reading a CSV row by row: one row in memory, no fault of one row hides the others."""

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from wagtail_marketing.admin.export import safe_cell

from .errors import UnreadableFile
from .layout import MOST_COLUMNS, Layout

#: A text between quotation marks that goes on for longer was never meant to: the mark is a fault.
MOST_LINES = 60
MOST_CHARACTERS = 200_000
MOST_CELL = 10_000

#: Columns that our own file of rows to correct has on top of those of the upload.
ROW_COLUMN, ERROR_COLUMN = "import_row", "import_error"


@dataclass(frozen=True, slots=True)
class Row:
    """``number`` is the row as a spreadsheet counts it; ``fault`` a code of ``REASONS`` where it cannot be read."""

    number: int
    cells: list[str]
    fault: str = ""


class _NeverClosed(Exception):
    pass


class _Lines:
    """Hands lines to ``csv.reader`` and remembers those of the record at hand, to read them again."""

    def __init__(self, text: Any):
        self.text = text
        self.again: deque[str] = deque()
        self.taken: list[str] = []
        self.size = 0
        self.ended = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else self.text.readline(MOST_CHARACTERS)
        if not line:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        self.size += len(line)
        if len(self.taken) > MOST_LINES or (self.size > MOST_CHARACTERS and len(self.taken) > 1):
            raise _NeverClosed
        return line

    def start(self) -> None:
        self.taken, self.size = [], 0


def _open(file: BinaryIO, layout: Layout) -> io.TextIOWrapper:
    file.seek(0)
    encoding = "utf-8-sig" if layout.encoding == "utf-8" else layout.encoding
    return io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")


def read_rows(file: BinaryIO, layout: Layout) -> Iterator[Row]:
    """Every row of a CSV, the heading too; blank rows are counted and left out.

    A quotation mark that nobody closes costs the row in which it stands, not the rest of the file.
    """
    text = _open(file, layout)
    try:
        yield from _rows(text, layout.separator)
    finally:
        text.detach()


def _rows(text: Any, separator: str) -> Iterator[Row]:
    lines, number = _Lines(text), 0
    reader = csv.reader(lines, delimiter=separator)
    while True:
        lines.start()
        fault = ""
        try:
            record = next(reader)
            if lines.ended and _is_open(lines.taken, separator):
                raise _NeverClosed
        except StopIteration:
            return
        except (_NeverClosed, csv.Error):
            first = lines.taken[0] if lines.taken else ""
            lines.again.extendleft(reversed(lines.taken[1:]))
            lines.ended = False
            reader = csv.reader(lines, delimiter=separator)
            record, fault = first.rstrip("\r\n").split(separator), "quotes"
        number += 1
        if number == 1 and 1 <= len(record) <= 2 and record[0].lower().startswith("sep="):
            number = 0
            continue
        cells = [cell.replace("\x00", "").strip(" \t\r\n\xa0\u200b\ufeff") for cell in record]
        if not any(cells):
            continue
        if not fault and any(len(cell) > MOST_CELL for cell in cells):
            fault = "cell_length"
        if fault:
            cells = [cell[:MOST_CELL] for cell in cells[:MOST_COLUMNS]]
        yield Row(number, cells, fault)


def _is_open(taken: list[str], separator: str) -> bool:
    """Whether the file ended inside a quotation."""
    if not taken or '"' not in "".join(taken):
        return False
    try:
        for _record in csv.reader(iter(taken), delimiter=separator, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def column_names(cells: list[str], *, heading: bool) -> list[str]:
    """One name per column, each once. Raises ``UnreadableFile`` for too many columns."""
    if len(cells) > MOST_COLUMNS:
        raise UnreadableFile(
            _("The file has %(count)s columns; at most %(most)s can be read.")
            % {"count": len(cells), "most": MOST_COLUMNS},
            remedy=_("Delete columns that are not needed, or check the separator."),
        )
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = (cell if heading else "")[:100] or _("Column %(number)s") % {"number": place}
        base, again = name, 2
        while name in names:
            name, again = f"{base} ({again})", again + 1
        names.append(name)
    return names


def is_ours(names: list[str]) -> bool:
    """Whether our own export or our own file of rows to correct wrote these columns."""
    return any(name.lower() in (ERROR_COLUMN, "uuid") for name in names)


def undo_safe_cell(cell: str) -> str:
    """Take off the apostrophe that our export puts before what a spreadsheet would calculate."""
    return cell[1:] if cell[:1] == "'" and cell[1:] != cell and safe_cell(cell[1:]) == cell else cell
