"""Scores of contacts, computed from committed facts: one statement each, and only what differs is written.

The rules are ``engine.rfm``'s; docs/reference/rfm.md has them in words. Everything here can be thrown away and
computed again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import connection, transaction

from wagtail_marketing.activity.models import Activity
from wagtail_marketing.commerce.models import ContactTotals
from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock

from .engine import rfm
from .models import AttributionCursor, EngagementScore, RfmScore
from .touches import table

#: What the rules of segments say that they read.
RFM, ENGAGEMENT = "rfm", "engagement"
#: The hour of the shop's night after which scores are computed.
NIGHT = time(2)
WORK_MEM = "128MB"

_POPULATION = """
  FROM {totals} t JOIN {contact} c ON c.id = t.contact_id
 WHERE t.order_count > 0 AND c.host_deleted_at IS NULL AND t.last_order_at IS NOT NULL
"""

_RFM = """
INSERT INTO {scores} (contact_id, recency, frequency, monetary, value, cell, computed_at)
SELECT contact_id, recency, frequency, monetary, value, {cell}, %(now)s
  FROM (SELECT q.*, (frequency + monetary + 1) / 2 AS value
          FROM (SELECT t.contact_id,
                       1 + (5 * (RANK() OVER (ORDER BY t.last_order_at) - 1)) / n.people AS recency,
                       1 + (5 * (RANK() OVER (ORDER BY t.order_count) - 1)) / n.people AS frequency,
                       1 + (5 * (RANK() OVER (ORDER BY t.total_base) - 1)) / n.people AS monetary
                  FROM {totals} t JOIN {contact} c ON c.id = t.contact_id
                       CROSS JOIN (SELECT COUNT(*) AS people {population}) n
                 WHERE t.order_count > 0 AND c.host_deleted_at IS NULL AND t.last_order_at IS NOT NULL) q) scored
 WHERE true
ON CONFLICT (contact_id) DO UPDATE
   SET recency = excluded.recency, frequency = excluded.frequency, monetary = excluded.monetary,
       value = excluded.value, cell = excluded.cell, computed_at = excluded.computed_at
 WHERE {scores}.recency <> excluded.recency OR {scores}.frequency <> excluded.frequency
    OR {scores}.monetary <> excluded.monetary OR {scores}.cell <> excluded.cell
"""

_RFM_GONE = "DELETE FROM {scores} WHERE contact_id NOT IN (SELECT t.contact_id {population})"

_ENGAGED = """
SELECT a.contact_id,
       CAST(ROUND(SUM({weight} * POWER(CAST(0.5 AS double precision), {days} / {half_life}))) AS bigint) AS raw
  FROM {activity} a JOIN {contact} c ON c.id = a.contact_id AND c.host_deleted_at IS NULL
 WHERE NOT a.machine AND a.occurred_at > %(since)s AND a.occurred_at <= %(now)s AND ({types})
 GROUP BY a.contact_id
"""

_ENGAGEMENT = """
INSERT INTO {scores} (contact_id, score, computed_at)
SELECT contact_id, score, %(now)s
  FROM (SELECT contact_id, (100 * raw + (raw + {half_at}) / 2) / (raw + {half_at}) AS score FROM ({engaged}) e) s
 WHERE score > 0
ON CONFLICT (contact_id) DO UPDATE SET score = excluded.score, computed_at = excluded.computed_at
 WHERE {scores}.score <> excluded.score
"""

_ENGAGEMENT_GONE = """
DELETE FROM {scores} WHERE contact_id NOT IN (SELECT contact_id FROM ({engaged}) e
 WHERE 100 * raw + (raw + {half_at}) / 2 >= raw + {half_at})
"""


@dataclass(frozen=True)
class Computed:
    """How many scores were new, changed or taken away."""

    rfm: int
    engagement: int


def compute_scores(*, now: datetime | None = None) -> Computed:
    """Compute every score as of ``now``. Any number of times, also in two workers at once: they take turns."""
    now = now or clock.now()
    return Computed(compute_rfm(now=now), compute_engagement(now=now))


def compute_rfm(*, now: datetime | None = None) -> int:
    """The quintiles of everybody who ordered, from the totals; returns how many rows differ from before."""
    names = {"scores": table(RfmScore), "totals": table(ContactTotals), "contact": table(Contact)}
    population = _POPULATION.format(**names)
    cells = " ".join(
        f"WHEN recency = {recency} AND value = {value} THEN '{cell}'"
        for recency, row in rfm.GRID.items()
        for value, cell in enumerate(row, start=1)
    )
    names |= {"population": population, "cell": f"CASE {cells} END"}
    return _run(RFM, [_RFM_GONE.format(**names), _RFM.format(**names)], {}, now)


def compute_engagement(*, now: datetime | None = None) -> int:
    """How lively everybody is, from the log of activities; returns how many rows differ from before."""
    now = now or clock.now()
    weights, types, params = [], [], {}
    for number, (type_, weight) in enumerate(rfm.WEIGHTS.items()):
        prefix = type_.endswith(".")
        params |= {f"t{number}": type_} | ({f"u{number}": f"{type_[:-1]}/"} if prefix else {})
        # "site/" is what follows every "site.…": a range of the index, whatever the collation makes of LIKE.
        matches = f"a.type >= %(t{number})s AND a.type < %(u{number})s" if prefix else f"a.type = %(t{number})s"
        types.append(matches)
        weights.append(f"WHEN {matches} THEN {weight * rfm.MICRO}")
    names = {"scores": table(EngagementScore), "activity": table(Activity), "contact": table(Contact)}
    engaged = _ENGAGED.format(
        **names,
        weight=f"CASE {' '.join(weights)} END",
        types=" OR ".join(types),
        days=_days("a.occurred_at"),
        half_life=f"CAST({rfm.HALF_LIFE_DAYS} AS double precision)",
    )
    names |= {"engaged": engaged, "half_at": str(rfm.HALF_AT * rfm.MICRO)}
    params["since"] = connection.ops.adapt_datetimefield_value(now - timedelta(days=rfm.WINDOW_DAYS))
    return _run(ENGAGEMENT, [_ENGAGEMENT_GONE.format(**names), _ENGAGEMENT.format(**names)], params, now)


def _days(column: str) -> str:
    """Whole days from ``column`` to now, by whole seconds: equal on every database."""
    if connection.vendor == "postgresql":
        seconds = "CAST(FLOOR(EXTRACT(EPOCH FROM {0})) AS bigint)"
        moment = "CAST(%(now)s AS timestamptz)"
    else:
        seconds, moment = "CAST(strftime('%%s', {0}) AS integer)", "%(now)s"
    return f"(({seconds.format(moment)} - {seconds.format(column)}) / 86400)"


def _run(name: str, statements: list[str], params: dict, now: datetime | None) -> int:
    now = now or clock.now()
    params = {**params, "now": connection.ops.adapt_datetimefield_value(now)}
    changed = 0
    with _turn(name, now), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Three sorts and a join of everybody: without room for them they go to disk.
            cursor.execute("SELECT set_config('work_mem', %s, true)", [WORK_MEM])
        for statement in statements:
            cursor.execute(statement, params)
            changed += max(cursor.rowcount, 0)
        if changed:
            facts.touch(name, None, at=now)
    return changed


@contextmanager
def _turn(name: str, now: datetime) -> Iterator[None]:
    """One computation of a kind at a time, and when it was."""
    AttributionCursor.objects.get_or_create(source=name)
    with transaction.atomic():
        AttributionCursor.objects.select_for_update().get(source=name)
        yield
        AttributionCursor.objects.filter(source=name).update(seen_until=now)


def computed_at() -> datetime | None:
    """When the scores were computed last; ``None``: never."""
    return AttributionCursor.objects.filter(source=RFM).values_list("seen_until", flat=True).first()


def compute_due(now: datetime | None = None) -> int:
    """Compute the scores once a night (in the shop's zone); returns how many changed."""
    now = now or clock.now()
    tonight = clock.start_of_day(now.astimezone(clock.shop_zone()).date()) + timedelta(hours=NIGHT.hour)
    night = tonight if now >= tonight else tonight - timedelta(days=1)
    last = computed_at()
    if last is not None and last >= night:
        return 0
    computed = compute_scores(now=now)
    return computed.rfm + computed.engagement
