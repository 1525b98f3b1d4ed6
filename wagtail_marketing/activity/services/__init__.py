"""Writes of the log of activities."""

from .fill import fill
from .record import Happening, record, record_many, record_note

__all__ = ["Happening", "fill", "record", "record_many", "record_note"]
