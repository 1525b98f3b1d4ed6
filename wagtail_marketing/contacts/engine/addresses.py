"""What people paste or upload when they mean other people: addresses and customer keys, one a line."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr

from wagtail_marketing.core.identity import normalise_email

#: Headings under which files of others keep the address.
HEADINGS = ("email", "e-mail", "mail", "email address", "e-mail address", "email_address", "e-mail-adresse")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: as it was written, and the address in it, normalised (empty: no address, perhaps a key)."""

    written: str
    address: str


def read_lines(text: str | Iterable[str]) -> list[Line]:
    """The lines of a text, empty ones left out: ``ann@example.com``, ``Ann <ann@example.com>,`` or a key."""
    found = []
    for raw in text.splitlines() if isinstance(text, str) else text:
        # Our own files put an apostrophe before what a spreadsheet would take for a formula.
        written = raw.strip().strip(",;").strip().removeprefix("'")
        if not written:
            continue
        address = parseaddr(written)[1] if "<" in written else written
        found.append(Line(written, normalise_email(address) if _plausible(address) else ""))
    return found


def _plausible(address: str) -> bool:
    local, at, domain = address.rpartition("@")
    return bool(at and local and "." in domain.strip(".") and not any(c.isspace() or c in ',;<>"' for c in address))


def lines_of_csv(content: bytes) -> list[str]:
    """The addresses in a CSV file: those under a heading that means e-mail, else the first column with an ``@``.

    Without any the first column is taken, so that a file of customer keys works too. UTF-8, else Windows-1252.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    text = text.replace("\0", "")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    if not rows:
        return []
    headings = [cell.strip().casefold() for cell in rows[0]]
    for heading in HEADINGS:
        if heading in headings:
            return _column(rows[1:], headings.index(heading))
    for number in range(len(rows[0])):
        if any("@" in cell for cell in _column(rows[:20], number)):
            return [cell for cell in _column(rows, number) if "@" in cell]
    keys = ("external_key", "customer_key", "key")
    return _column(rows[1:] if headings[0] in keys else rows, 0)


def _column(rows: list[list[str]], number: int) -> list[str]:
    return [row[number] for row in rows if len(row) > number]
