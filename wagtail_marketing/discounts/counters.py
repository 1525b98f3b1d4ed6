"""Counting uses against limits: one conditional UPDATE per counter, in the order of their ids."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import F, Q

from .models import Limit, LimitCounter, LimitKind


class Use(NamedTuple):
    """One use of a limit under one key."""

    limit: Limit
    key: str


class Exhausted(Exception):
    """Some limits have nothing left; whatever was counted must be rolled back."""

    def __init__(self, limits: frozenset[int]):
        super().__init__(sorted(limits))
        self.limits = limits


def uses_of(limits: Iterable[Limit], *, code_id: int | None, person: Sequence[str]) -> list[Use]:
    """What one redemption counts. A person counts under each of their keys."""
    uses = []
    for limit in limits:
        if limit.kind == LimitKind.PER_CONTACT:
            uses += [Use(limit, key) for key in person]
        elif limit.kind == LimitKind.PER_CODE:
            uses += [Use(limit, f"code:{code_id}")] if code_id is not None else []
        else:
            uses.append(Use(limit, ""))
    return uses


def used_up(uses: Sequence[Use]) -> frozenset[tuple[int, str]]:
    """(limit id, key) of those that have nothing left: a look, not a promise."""
    if not uses:
        return frozenset()
    asked = {(use.limit.pk, use.key): use.limit.maximum for use in uses}
    counters = LimitCounter.objects.filter(
        limit_id__in={limit for limit, _ in asked}, key__in={key for _, key in asked}
    ).values_list("limit_id", "key", "used")
    return frozenset((limit, key) for limit, key, used in counters if used >= asked.get((limit, key), used + 1))


def take(uses: Sequence[Use]) -> dict[Use, int]:
    """Count each use or raise ``Exhausted``; returns the counters' ids. Call in a savepoint of its own.

    Missing counters are made first, so that from there on every transaction locks in one order: ids.
    """
    wanted = sorted(set(uses), key=lambda use: (use.limit.pk, use.key))
    LimitCounter.objects.bulk_create(
        [LimitCounter(limit_id=use.limit.pk, key=use.key) for use in wanted], ignore_conflicts=True
    )
    match = Q()
    for use in wanted:
        match |= Q(limit_id=use.limit.pk, key=use.key)
    rows = LimitCounter.objects.filter(match).values_list("limit_id", "key", "pk") if wanted else ()
    ids = {(limit, key): pk for limit, key, pk in rows}
    found = {use: ids[use.limit.pk, use.key] for use in wanted}
    for use, pk in sorted(found.items(), key=lambda item: item[1]):
        if not _count(pk, use.limit.maximum):
            raise Exhausted(frozenset({use.limit.pk}))
    return found


def _count(counter_id: int, maximum: int) -> bool:
    """Count one use if there is one left: one statement, so that no two see the same last one."""
    return bool(LimitCounter.objects.filter(pk=counter_id, used__lt=maximum).update(used=F("used") + 1))


def give_back(counter_ids: Iterable[int]) -> None:
    for pk in sorted(counter_ids):
        LimitCounter.objects.filter(pk=pk, used__gt=0).update(used=F("used") - 1)
