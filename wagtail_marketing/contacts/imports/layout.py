"""How a file is written: its kind, encoding, separator and heading. What was guessed is said to be a guess."""

import codecs
import csv
import io
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from .errors import UnreadableFile

#: What people can choose where the guess is wrong: Python's name -> what it is called.
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "iso8859-15": "ISO 8859-15",
    "mac_roman": "Mac Roman",
}
SEPARATORS = {",": ",", ";": ";", "\t": "Tab", "|": "|"}
MOST_COLUMNS = 300
#: What is looked at to find the separator.
SAMPLE = 64 * 1024
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Layout:
    """``heading``: whether the first row names the columns. ``guessed``: the encoding is likely, not certain."""

    kind: str = "csv"
    encoding: str = "utf-8"
    separator: str = ","
    heading: bool = True
    guessed: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def find_layout(file: BinaryIO) -> Layout:
    """Look at the whole file, a block at a time. Raises ``UnreadableFile``."""
    file.seek(0)
    head = file.read(8)
    if head.startswith(b"PK\x03\x04"):
        return Layout(kind="xlsx")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(
            _("This is a workbook of the old kind (.xls)."), remedy=_("Save it as .xlsx or as CSV and upload that.")
        )
    if head.startswith((b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf")):
        raise UnreadableFile(_("This is not a table of people."), remedy=_("Upload a CSV or XLSX file."))
    encoding, guessed = _encoding(file)
    file.seek(0)
    text = file.read(SAMPLE).decode(encoding, errors="replace").lstrip("\ufeff")
    if not text.strip("\x00\r\n\t ,;|"):
        raise UnreadableFile(_("The file is empty."), remedy=_("Upload a file with a heading and at least one row."))
    separator = _separator(text)
    return Layout(encoding=encoding, separator=separator, heading=_has_heading(text, separator), guessed=guessed)


def _encoding(file: BinaryIO) -> tuple[str, bool]:
    file.seek(0)
    head = file.read(4096)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8", False
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", False
    if len(head) > 3:
        # Western text in UTF-16 without a mark: every second byte is zero.
        even, odd = head[0::2].count(0) / len(head[0::2]), head[1::2].count(0) / len(head[1::2])
        if odd > 0.4 and even < 0.1:
            return "utf-16-le", True
        if even > 0.4 and odd < 0.1:
            return "utf-16-be", True
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while block := file.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252", True
    return "utf-8", False


def _records(text: str, separator: str, most: int = 30) -> list[list[str]]:
    found = []
    try:
        for record in csv.reader(io.StringIO(text), delimiter=separator):
            if any(record):
                found.append(record)
            if len(found) == most:
                break
    except csv.Error:
        pass
    return found


def _separator(text: str) -> str:
    """The one that parts most rows into as many cells as the first; of equals the one with more cells."""
    first = text.split("\n", 1)[0].strip().lower()
    if first.startswith("sep=") and first[4:5] in SEPARATORS:
        return first[4:5]
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        records = _records(text, separator)
        width = len(records[0]) if records else 0
        if width < 2:
            continue
        score = width * sum(len(record) == width for record in records) / len(records)
        if score > best_score:
            best, best_score = separator, score
    return best


def _has_heading(text: str, separator: str) -> bool:
    """A first row with an address in it is a person, not a heading."""
    for record in _records(text, separator, 2):
        if not record[0].lower().startswith("sep="):
            return not any("@" in cell and "." in cell.partition("@")[2] for cell in record)
    return True
