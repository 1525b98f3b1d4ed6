"""What is live now: automatic discounts compiled once per process, and the codes that were typed.

A warm process asks the database one question, whether the stamp of ``RulesVersion`` moved.
"""

import dataclasses
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from . import engine
from .models import Code, Discount, Limit, RulesVersion, Status
from .rules import compile_rules

#: Typed codes above this are not looked up: nobody types more, and each costs a search.
MAX_CODES = 20


@dataclass(frozen=True)
class LiveSet:
    """Automatic discounts of one currency and site, true between two instants."""

    stamp: uuid.UUID | None
    since: datetime | None
    until: datetime | None
    discounts: engine.DiscountSet
    versions: dict[str, int]
    limits: dict[str, tuple[Limit, ...]]
    facts: dict[str, frozenset[str]]

    def holds(self, stamp: uuid.UUID | None, now: datetime) -> bool:
        return (
            self.stamp == stamp
            and (self.since is None or self.since <= now)
            and (self.until is None or now < self.until)
        )


@dataclass(frozen=True)
class LiveCode:
    """A code that was typed and may be used now, with its discount's rules."""

    row: Code
    discount: engine.Discount
    version_id: int
    limits: tuple[Limit, ...]


_sets: dict[tuple[str, int | None], LiveSet] = {}
_lock = threading.Lock()


def current_stamp() -> uuid.UUID | None:
    return RulesVersion.objects.values_list("stamp", flat=True).first()


def touch() -> None:
    """What is live changed: call inside the transaction that changed it."""
    stamp = uuid.uuid4()
    if not RulesVersion.objects.filter(pk=1).update(stamp=stamp):
        RulesVersion.objects.update_or_create(pk=1, defaults={"stamp": stamp})


def live_set(*, currency: str, site_id: int | None, now: datetime) -> LiveSet:
    # The stamp is read before the rows: rows may then be newer than the stamp says, never older.
    stamp = current_stamp()
    key = (currency, site_id)
    known = _sets.get(key)
    if known is None or not known.holds(stamp, now):
        known = _load(stamp, currency, site_id, now)
        with _lock:
            _sets[key] = known
    return known


def _started(now: datetime, prefix: str = "") -> Q:
    def at(**terms: object) -> Q:
        return Q(**{f"{prefix}{name}": value for name, value in terms.items()})

    return (
        at(status__in=(Status.SCHEDULED, Status.ACTIVE))
        & (at(starts_at__isnull=True) | at(starts_at__lte=now))
        & (at(ends_at__isnull=True) | at(ends_at__gt=now))
    )


def _at_site(site_id: int | None, prefix: str = "") -> Q:
    anywhere = Q(**{f"{prefix}site__isnull": True})
    return anywhere if site_id is None else anywhere | Q(**{f"{prefix}site_id": site_id})


def _load(stamp: uuid.UUID | None, currency: str, site_id: int | None, now: datetime) -> LiveSet:
    rows = Discount.objects.filter(
        _at_site(site_id), status__in=(Status.SCHEDULED, Status.ACTIVE), currency=currency, needs_code=False
    )
    moments = [moment for pair in rows.values_list("starts_at", "ends_at") for moment in pair if moment]
    compiled: list[engine.Discount] = []
    versions: dict[str, int] = {}
    for row in rows.filter(_started(now)).select_related("live_version"):
        assert row.live_version is not None  # noqa: S101  the database checks it
        compiled.append(compile_rules(row.live_version.rules))
        versions[str(row.pk)] = row.live_version.pk
    limits: dict[str, list[Limit]] = defaultdict(list)
    for limit in Limit.objects.filter(discount_id__in=versions, code__isnull=True).order_by("pk"):
        limits[str(limit.discount_id)].append(limit)
    return LiveSet(
        stamp=stamp,
        since=max((moment for moment in moments if moment <= now), default=None),
        until=min((moment for moment in moments if moment > now), default=None),
        discounts=engine.DiscountSet(compiled),
        versions=versions,
        limits={key: tuple(found) for key, found in limits.items()},
        facts=engine.wanted_facts(compiled),
    )


def live_codes(
    typed: Iterable[str], *, currency: str, site_id: int | None, contact_id: int | None, now: datetime
) -> list[LiveCode]:
    """The typed codes that may be used now by this person, two queries at most."""
    words = sorted({normalise(code) for code in typed if code.strip()})[:MAX_CODES]
    if not words:
        return []
    mine = Q(contact__isnull=True) if contact_id is None else Q(contact__isnull=True) | Q(contact_id=contact_id)
    rows = (
        Code.objects.filter(mine, _started(now, "discount__"), _at_site(site_id, "discount__"))
        .filter(normalised__in=words, active=True, discount__needs_code=True, discount__currency=currency)
        .exclude(expires_at__lte=now)
        .select_related("discount__live_version")
        .order_by("normalised")
    )
    found = list(rows)
    if not found:
        return []
    limits = list(
        Limit.objects.filter(discount_id__in={row.discount_id for row in found})
        .filter(Q(code__isnull=True) | Q(code__in=found))
        .order_by("pk")
    )
    return [_live_code(row, limits) for row in found]


def _live_code(row: Code, limits: list[Limit]) -> LiveCode:
    version = row.discount.live_version
    assert version is not None  # noqa: S101  the database checks it
    mine = (limit for limit in limits if limit.discount_id == row.discount_id)
    return LiveCode(
        row=row,
        discount=dataclasses.replace(compile_rules(version.rules), code=row.code),
        version_id=version.pk,
        limits=tuple(limit for limit in mine if limit.code_id in (None, row.pk)),
    )


def normalise(code: str) -> str:
    """The form in which codes are stored and compared: trimmed, upper case."""
    return code.strip().upper()
