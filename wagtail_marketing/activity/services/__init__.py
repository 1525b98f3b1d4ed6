"""Writes of the log of activities."""

from .fill import fill, insert_facts
from .record import MOST_NOTE, Happening, change_note, delete_note, record, record_many, record_note

__all__ = [
    "MOST_NOTE",
    "Happening",
    "change_note",
    "delete_note",
    "fill",
    "insert_facts",
    "record",
    "record_many",
    "record_note",
]
