"""Reads of the log."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from wagtail_marketing.contacts.models import Contact

from .models import Activity

PAGE = 50


@dataclass(frozen=True)
class TimelinePage:
    """A page of one contact's log, newest first; ``next`` is the cursor of the next one, empty at the end."""

    items: tuple[Activity, ...]
    next: str = ""


def timeline(
    *,
    contact: Contact,
    types: Collection[str] = (),
    page: str = "",
    size: int = PAGE,
    machine: bool = False,
    since: datetime | None = None,
) -> TimelinePage:
    """What happened to ``contact``: one statement, whatever the length of the log.

    ``types`` are full ones (``order.placed``) or rooms (``order``); ``page`` is the cursor that the page
    before gave; ``machine`` includes what scanners did; ``since`` leaves out what is older.
    """
    found = Activity.objects.filter(contact=contact)
    if types:
        ways = Q()
        for name in types:
            ways |= Q(type=name) if "." in name else Q(type__startswith=f"{name}.")
        found = found.filter(ways)
    if since is not None:
        found = found.filter(occurred_at__gte=since)
    if not machine:
        found = found.filter(machine=False)
    if after := _cursor(page):
        moment, pk = after
        found = found.filter(Q(occurred_at__lt=moment) | Q(occurred_at=moment, pk__lt=pk))
    rows = list(found.order_by("-occurred_at", "-pk")[: size + 1])
    more = rows[size - 1] if len(rows) > size else None
    return TimelinePage(tuple(rows[:size]), f"{more.occurred_at.isoformat()}@{more.pk}" if more else "")


def _cursor(page: str) -> tuple[datetime, int] | None:
    """What a cursor of ours says; None for the first page, and for anything else that somebody typed."""
    moment, _at, pk = page.rpartition("@")
    try:
        return datetime.fromisoformat(moment), int(pk)
    except ValueError:
        return None
