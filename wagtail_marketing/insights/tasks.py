"""What the worker calls."""

from datetime import datetime

from . import services


def drain(until: datetime) -> int:
    """Bring the credits up to date; returns how many changed."""
    return services.update_attribution()
