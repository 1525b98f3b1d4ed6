"""What the worker calls."""

from datetime import datetime
from typing import Any

from . import scores, services


def drain(until: datetime) -> int:
    """Bring the credits up to date; returns how many changed."""
    return services.update_attribution()


def drain_scores(until: datetime) -> int:
    """Compute the scores of contacts once a night; returns how many changed."""
    return scores.compute_due()


def scores_job(job: Any, progress: Any) -> dict[str, int]:
    """Compute the scores of contacts now. A job."""
    computed = scores.compute_scores()
    progress.set(1, 1)
    return {"rfm": computed.rfm, "engagement": computed.engagement}
