"""The one exporter: CSV and XLSX that a spreadsheet can open without running anything.

A cell that begins with ``= + - @``, tab, CR, LF or a full-width form of those is a formula to Excel,
LibreOffice or Sheets; it gets a leading apostrophe. Numbers, dates and booleans stay what they are::

    class ContactIndexView(SafeExportMixin, generic.IndexView):      # before Wagtail's view
        list_export = ["email", "orders"]
        export_permission = "wagtail_marketing_contacts.export_contact"

    write_csv(stream, headings, rows)                                # jobs and commands
"""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied

from .permissions import may

#: What begins a formula (or lets one begin after a line break), with the full-width forms.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


#: Control characters that neither CSV readers nor XLSX can hold.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")

#: What stands before the first visible character: white space, byte order marks, zero-width characters.
_INVISIBLE = re.compile("^[\\s\u200b-\u200f\u2060\ufeff]+")


def safe_cell(value: Any) -> Any:
    """``value``, with an apostrophe before text that a spreadsheet would take for a formula.

    Leading white space is looked through, because spreadsheets trim it; control characters are dropped,
    because no reader survives them. Values that are not text are returned as they are.
    """
    if not isinstance(value, str):
        return value
    value = _CONTROL.sub("", value)
    # Looked at behind apostrophes too, so that taking one off gives back exactly what was put in.
    bare = value.lstrip("'")
    if bare.startswith(DANGEROUS) or _INVISIBLE.sub("", bare, count=1).startswith(DANGEROUS):
        return "'" + value
    return value


def plain_cell(text: str) -> str:
    """What ``safe_cell`` was given, without control characters: takes off the apostrophe that it put before."""
    return text[1:] if text.startswith("'") and safe_cell(text[1:]) == text else text


def csv_lines(headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV file (RFC 4180, CRLF), each cell safe; reads ``rows`` once, holds one in memory."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([safe_cell(str(cell)) for cell in headings])
    yield buffer.getvalue()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([safe_cell(cell) for cell in row])
        yield buffer.getvalue()


def write_csv(stream: Any, headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> int:
    """Write a CSV file to a text stream; returns the number of rows without the heading."""
    count = -1
    for count, line in enumerate(csv_lines(headings, rows)):  # noqa: B007  the last number is the count
        stream.write(line)
    return count


def write_xlsx(stream: Any, headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> int:
    """Write a workbook of one sheet to a binary stream; returns the number of rows without the heading.

    openpyxl's write-only mode: rows go through a temporary file, one is in memory. Text stays text, whatever
    it begins with.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(title="1")

    def cell(value: Any) -> Any:
        written = WriteOnlyCell(sheet, safe_cell(value))
        if written.data_type == "f":
            written.data_type = "s"
        return written

    count = -1
    for count, row in enumerate(itertools.chain([[str(heading) for heading in headings]], rows)):  # noqa: B007
        sheet.append([cell(value) for value in row])
    workbook.save(stream)
    return count


class SafeExportMixin:
    """Before Wagtail's ``IndexView``/``ReportView``: cells safe, rows streamed, export asks a permission.

    ``export_permission`` names it (a string, or a tuple: all needed); without one, what opens the list
    also exports it.
    """

    export_permission: str | tuple[str, ...] | None = None
    #: Rows fetched at a time, so that a list of a million does not fill the memory.
    export_chunk_size = 2000

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if (
            getattr(self, "is_export", False)
            and self.export_permission
            and not may(request.user, self.export_permission)
        ):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    @property
    def show_export_buttons(self) -> bool:
        allowed = not self.export_permission or may(self.request.user, self.export_permission)  # type: ignore[attr-defined]
        return bool(self.list_export) and allowed  # type: ignore[attr-defined]

    def preprocess_field_value(self, field: str, value: Any, export_format: str) -> Any:
        return safe_cell(super().preprocess_field_value(field, value, export_format))  # type: ignore[misc]

    def stream_csv(self, queryset: Any) -> Iterator[Any]:
        return super().stream_csv(self.export_rows(queryset))  # type: ignore[misc]

    def write_xlsx(self, queryset: Any, output: Any) -> Any:
        return super().write_xlsx(self.export_rows(queryset), output)  # type: ignore[misc]

    def export_rows(self, queryset: Any) -> Any:
        """The rows to write: a queryset is read in chunks."""
        return _Chunked(queryset, self.export_chunk_size) if hasattr(queryset, "iterator") else queryset


class _Chunked:
    """A queryset that iterates in chunks; Wagtail's exporter also asks it for its model."""

    def __init__(self, queryset: Any, size: int):
        self.queryset, self.size, self.model = queryset, size, queryset.model

    def __iter__(self) -> Iterator[Any]:
        return iter(self.queryset.iterator(chunk_size=self.size))


#: The name used in the guides.
SafeCsvMixin = SafeExportMixin
