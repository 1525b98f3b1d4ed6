"""The tick: one row in django-q2's schedule that lets a worker look every minute.

One malformed row stops all of django-q2's schedules, and its names are not unique: so ours is one plain row,
without arguments, made by ``migrate`` and mended by the next one.
"""

from typing import Any

from django.apps import apps
from django.db import connections

from . import clock

NAME = "wm-tick"
FUNCTION = "wagtail_marketing.core.tasks.drain_due"


def ensure_tick(*, using: str = "default") -> bool:
    """Make or mend the row; returns whether anything was changed. Without django-q2 nothing happens."""
    if not apps.is_installed("django_q"):
        return False
    from django_q.models import Schedule

    if Schedule._meta.db_table not in connections[using].introspection.table_names():
        return False
    wanted: dict[str, Any] = {
        "func": FUNCTION,
        "schedule_type": Schedule.MINUTES,
        "minutes": 1,
        "repeats": -1,
        "args": None,
        "kwargs": None,
        "hook": None,
    }
    rows = Schedule.objects.using(using).filter(name=NAME).order_by("pk")
    first = rows.first()
    if first is None:
        Schedule.objects.using(using).create(name=NAME, **wanted)
        return True
    surplus = rows.exclude(pk=first.pk).delete()[0]
    wrong = any(getattr(first, field) != value for field, value in wanted.items()) or first.next_run is None
    if wrong:
        rows.filter(pk=first.pk).update(**wanted, next_run=first.next_run or clock.now())
    return bool(surplus or wrong)
