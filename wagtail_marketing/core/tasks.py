"""The one place that wakes workers.

The database is the record of what must be done; django-q2 delivers at least once and only says "look
now". A capability registers a *drain*: a function that does whatever of its own is due and returns how
much it did. Draining twice, or in two workers at once, must be harmless.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils.module_loading import import_string

from . import clock
from .registry import Registry

logger = logging.getLogger(__name__)

#: name -> ``drain(until: datetime) -> int``: claim and do due work until none is left or the time is up.
drains: Registry[Callable[[datetime], int]] = Registry("drains")

#: A slice of work ends well before django-q2's time-out, so that its alarm never interrupts SMTP.
SLICE = timedelta(seconds=45)


def enqueue(path: str, *ids: Any) -> None:
    """On commit, let a worker call the function at ``path`` with ``ids`` (ids only: no secrets, no people)."""
    transaction.on_commit(lambda: _deliver(path, ids))


def wake() -> None:
    """On commit, let a worker drain everything that is due."""
    enqueue("wagtail_marketing.core.tasks.drain_due")


def _deliver(path: str, ids: tuple) -> None:
    from django_q.tasks import async_task

    try:
        async_task(path, *ids, q_options={"save": False})
    except Exception:
        # A broker that is down loses a wake-up, not work: the next tick finds the rows.
        logger.exception("The queue did not take %s", path)


def drain_due(until: datetime | None = None) -> dict[str, int]:
    """Run every registered drain; returns how much each did. One that fails stops no other.

    The time is shared: each drain gets an equal part of what is left, so that a long import does not hold up
    the post; what one leaves over, the next has.
    """
    until = until or clock.now() + SLICE
    done = {}
    waiting = drains.items()
    for place, (name, drain) in enumerate(waiting):
        now = clock.now()
        share = max(until - now, timedelta()) / (len(waiting) - place)
        try:
            done[name] = drain(now + share)
        except Exception:
            logger.exception("The drain “%s” failed", name)
            done[name] = 0
    return done


def drain_until_idle(until: datetime | None = None, most_rounds: int = 1000) -> dict[str, int]:
    """Drain again and again until a round does nothing: for hosts with only cron, and for tests."""
    total: dict[str, int] = {}
    for _round in range(most_rounds):
        done = drain_due(until)
        for name, count in done.items():
            total[name] = total.get(name, 0) + count
        if not any(done.values()) or (until and clock.now() >= until):
            break
    return total


def forget(needles: Iterable[str]) -> int:
    """Delete what the queue's own tables keep (waiting wake-ups, results, tracebacks) of these addresses.

    Our tasks carry ids only; a traceback may quote a row. Returns how many entries went.
    """
    if not apps.is_installed("django_q"):
        return 0
    from django_q.models import OrmQ, Task

    words = [needle.lower() for needle in needles]
    gone = 0
    for model, said in (
        (OrmQ, lambda row: repr(row.task)),
        (Task, lambda row: repr((row.args, row.kwargs, row.result))),
    ):
        named = [row.pk for row in model.objects.all() if any(word in said(row).lower() for word in words)]
        gone += model.objects.filter(pk__in=named).delete()[0]
    return gone


def call(path: str, *ids: Any) -> Any:
    """Call a task at once, in this process (commands and tests)."""
    return import_string(path)(*ids)
