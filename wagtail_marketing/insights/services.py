"""Writes: the credit table, computed from committed facts, one statement per step, any number of times."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from wagtail_marketing.commerce.models import Order
from wagtail_marketing.conf import settings
from wagtail_marketing.core import clock

from .models import LAST_TOUCH, Attribution, AttributionCursor
from .touches import changed_orders, table, with_touches

#: Facts are read again this long after they were written: a transaction that began earlier may commit
#: later, and a click may be found to be a scanner's only after the scanner's other clicks came in.
OVERLAP = timedelta(minutes=10)

_REMOVE = """
DELETE FROM {attribution}
 WHERE model = %(model)s
   AND order_id IN ({touches} SELECT id FROM orders WHERE id NOT IN (SELECT order_id FROM last_touches))
"""

_UPSERT = """
INSERT INTO {attribution} (order_id, model, campaign_ref, message_id, via, touched_at, amount_base, computed_at)
{touches}
SELECT t.order_id, %(model)s, t.source_ref, t.message_id, t.via, t.touched_at, o.total_base - o.refunded_base, %(now)s
  FROM last_touches t
  JOIN orders o ON o.id = t.order_id
 WHERE true
ON CONFLICT (order_id, model) DO UPDATE
   SET campaign_ref = excluded.campaign_ref, message_id = excluded.message_id, via = excluded.via,
       touched_at = excluded.touched_at, amount_base = excluded.amount_base, computed_at = excluded.computed_at
 WHERE {attribution}.campaign_ref <> excluded.campaign_ref
    OR {attribution}.via <> excluded.via
    OR {attribution}.touched_at <> excluded.touched_at
    OR {attribution}.amount_base <> excluded.amount_base
    OR COALESCE({attribution}.message_id, 0) <> COALESCE(excluded.message_id, 0)
"""


def attribute_orders(*, orders: QuerySet[Order], now: datetime | None = None) -> int:
    """Bring the credit of ``orders`` up to date; returns the rows written, changed and taken away.

    Formula: docs/explanation/attribution.md. Amounts are ``total - refunded`` in minor units of the base
    currency; cancelled orders have no credit.
    """
    touches, params = with_touches(orders, settings.attribution_window)
    now = connection.ops.adapt_datetimefield_value(now or clock.now())
    params |= {"model": LAST_TOUCH, "now": now}
    attribution = table(Attribution)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_REMOVE.format(attribution=attribution, touches=touches), params)
        removed = cursor.rowcount
        cursor.execute(_UPSERT.format(attribution=attribution, touches=touches), params)
        return removed + cursor.rowcount


def update_attribution(*, now: datetime | None = None) -> int:
    """Account for everything committed since the last run; returns how many credits changed.

    Harmless to run twice or in two workers at once: the second finds the cursor taken and leaves.
    """
    now = now or clock.now()
    AttributionCursor.objects.get_or_create(source=LAST_TOUCH)
    with transaction.atomic():
        cursor = (
            AttributionCursor.objects.select_for_update(
                skip_locked=connection.features.has_select_for_update_skip_locked
            )
            .filter(source=LAST_TOUCH)
            .first()
        )
        if cursor is None:
            return 0
        everything = cursor.dirty or cursor.seen_until is None
        since = None if everything else cursor.seen_until - OVERLAP
        changed = attribute_orders(orders=changed_orders(since), now=now)
        AttributionCursor.objects.filter(pk=cursor.pk).update(seen_until=now, dirty=False)
    return changed


def rebuild_attribution(*, now: datetime | None = None) -> int:
    """Compute every credit again, as after a change of the window; returns how many changed."""
    AttributionCursor.objects.update_or_create(source=LAST_TOUCH, defaults={"dirty": True})
    return update_attribution(now=now)
