"""What is wrong with a file as a whole, and the words for what is wrong with one cell of it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.core.errors import InvalidInput


class UnreadableFile(InvalidInput):
    """The file cannot be taken at all: wrong kind, too large, a bomb."""

    code = "unreadable_file"

    def __init__(self, message: str, *, remedy: str = ""):
        super().__init__(message, field="file", remedy=remedy)


class Fault(ValueError):
    """One cell cannot be taken; ``code`` is a key of ``REASONS``. The engine collects it as the cell's error."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


#: code -> (what is wrong, what to do). Kept as codes in the database, put into the reader's language when shown.
REASONS: dict[str, tuple[Any, Any]] = {
    "email": (gettext_lazy("This is not an e-mail address."), gettext_lazy("Write it as name@example.com.")),
    "phone": (
        gettext_lazy("This is not a phone number."),
        gettext_lazy("Write it with its country code, such as +4930123456."),
    ),
    "date": (gettext_lazy("This is not a date."), gettext_lazy("Write it as 2026-03-31.")),
    "ambiguous_date": (
        gettext_lazy("This date can be read in two ways."),
        gettext_lazy("Write it as 2026-03-31, or say on the page of the columns whether day or month comes first."),
    ),
    "moment": (
        gettext_lazy("This is not a date or a time."),
        gettext_lazy("Write it as 2026-03-31 14:30 or 2026-03-31."),
    ),
    "future": (gettext_lazy("This date lies in the future."), gettext_lazy("Write the day on which it happened.")),
    "number": (gettext_lazy("This is not a number."), gettext_lazy("Write it with digits, such as 12.5.")),
    "boolean": (gettext_lazy("This is neither yes nor no."), gettext_lazy("Write yes or no.")),
    "country": (
        gettext_lazy("This is not a country."),
        gettext_lazy("Write its two letters (DE) or its English name (Germany)."),
    ),
    "time_zone": (gettext_lazy("This is not a time zone."), gettext_lazy("Write it as Europe/Berlin.")),
    "uuid": (
        gettext_lazy("This is not one of our identifiers."),
        gettext_lazy("Leave the cell as the export wrote it, or empty it."),
    ),
    "too_long": (gettext_lazy("The text is too long."), gettext_lazy("Shorten it.")),
    "tag": (gettext_lazy("A tag has at most 80 characters."), gettext_lazy("Shorten it, or part tags by commas.")),
    "state": (
        gettext_lazy("This does not say whether the person agreed."),
        gettext_lazy("Write subscribed, unsubscribed or never."),
    ),
    "reason": (
        gettext_lazy("This is no reason to write to nobody."),
        gettext_lazy("Write bounce, complaint or manual."),
    ),
    "nobody": (
        gettext_lazy("Nothing here says who the person is."),
        gettext_lazy("Give an e-mail address, a phone number or a customer key."),
    ),
    "cells": (
        gettext_lazy("The row has more cells than the heading."),
        gettext_lazy("Put a text that contains the separator between quotation marks."),
    ),
    "quotes": (
        gettext_lazy("A quotation mark opens a text and none closes it."),
        gettext_lazy("Close it, or double it where it is part of the text."),
    ),
    "cell_length": (
        gettext_lazy("A cell holds more than 10,000 characters."),
        gettext_lazy("Shorten it; often a quotation mark is missing above."),
    ),
    "taken": (
        gettext_lazy("Another contact has this customer key."),
        gettext_lazy("A person's customer key is set once: leave the cell empty or correct it."),
    ),
    "refused": (gettext_lazy("The database refused this row."), gettext_lazy("Look for unusual characters in it.")),
}


def said(code: str) -> str:
    """What is wrong and what to do, in the reader's language."""
    message, remedy = REASONS.get(code, REASONS["refused"])
    return f"{message} {remedy}"


def row_error(number: int, column: str, code: str) -> dict[str, Any]:
    """One error of one row for people and programs."""
    message, remedy = REASONS.get(code, REASONS["refused"])
    return {
        "row": number,
        "column": column or _("the row"),
        "code": code,
        "message": f"{message}",
        "remedy": f"{remedy}",
    }
