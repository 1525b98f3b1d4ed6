"""What the worker calls."""

from datetime import datetime

from . import services


def drain(until: datetime) -> int:
    """Follow the sends; returns how many campaigns changed their status."""
    return services.update_statuses()
