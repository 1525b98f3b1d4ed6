"""Every touch of every order, and which one has the credit: the last-touch rule in one place.

A *click* counts when it is of the order's contact, was not made by a machine, belongs to a marketing
message, and lies in ``placed_at - window <= clicked_at <= placed_at`` (both ends included).
A *code* counts when the order redeemed a code that a campaign carries which was launched by then; it is
used at the checkout, hence later than any click. The latest touch has the credit, so a code beats a click.
Where several campaigns carry the code, the one that this person clicked last has it, then the one
launched last, then the one made last.
"""

from datetime import datetime, timedelta

from django.apps import apps
from django.db import connection
from django.db.models import CharField, DateTimeField, ExpressionWrapper, F, Model, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from wagtail_marketing.campaigns.models import Campaign, CampaignDiscount, CampaignState
from wagtail_marketing.commerce.models import Order
from wagtail_marketing.messaging.models import EventType, Message, MessageClass, MessageEvent, Send

from .models import Attribution, Via

CAMPAIGN_PREFIX = "campaign:"

_CLICKS = """
SELECT o.id AS order_id, e.id AS click_id, e.message_id, e.occurred_at, s.source_ref
  FROM orders o
  JOIN {message} m ON m.contact_id = o.contact_id
  JOIN {event} e ON e.message_id = m.id AND e.type = %(click)s AND NOT e.machine
                AND e.occurred_at >= o.window_start AND e.occurred_at <= o.placed_at
  JOIN {send} s ON s.id = e.send_id AND s.message_class = %(marketing)s AND s.source_ref <> ''
 WHERE o.cancelled_at IS NULL
"""

_CODES = """
SELECT DISTINCT o.id AS order_id, o.placed_at, state.launched_at, link.campaign_id,
       %(prefix)s || CAST(link.campaign_id AS varchar(40)) AS source_ref
  FROM orders o
  JOIN {redemption} r ON r.order_ref = o.ref AND r.code_id IS NOT NULL
  JOIN {link} link ON link.discount_id = r.discount_id AND (link.code_id IS NULL OR link.code_id = r.code_id)
  JOIN {state} state ON state.campaign_id = link.campaign_id AND state.launched_at <= o.placed_at
 WHERE o.cancelled_at IS NULL
"""

#: Without the discounts app there are no codes.
_NO_CODES = """
SELECT o.id AS order_id, o.placed_at, o.placed_at AS launched_at, 0 AS campaign_id, '' AS source_ref
  FROM orders o WHERE o.id IS NULL
"""

_WITH = """
WITH orders AS ({orders}),
clicks AS ({clicks}),
codes AS ({codes}),
touches AS (
    SELECT order_id, source_ref, message_id, %(via_click)s AS via, occurred_at AS touched_at, 0 AS weight,
           occurred_at AS clicked_at, occurred_at AS launched_at, 0 AS campaign_id, click_id
      FROM clicks
     UNION ALL
    SELECT codes.order_id, codes.source_ref, clicks.message_id, %(via_code)s, codes.placed_at, 1,
           clicks.occurred_at, codes.launched_at, codes.campaign_id, clicks.click_id
      FROM codes
      LEFT JOIN clicks ON clicks.order_id = codes.order_id AND clicks.source_ref = codes.source_ref
),
last_touches AS (
    SELECT order_id, source_ref, message_id, via, touched_at
      FROM (SELECT touches.*, ROW_NUMBER() OVER (
                     PARTITION BY order_id
                     ORDER BY weight DESC, clicked_at DESC NULLS LAST, launched_at DESC, campaign_id DESC,
                              click_id DESC NULLS LAST) AS place
              FROM touches) ranked
     WHERE place = 1
)
"""


def table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def with_touches(orders: QuerySet[Order], window: timedelta) -> tuple[str, dict[str, object]]:
    """A ``WITH`` clause of ``orders``, ``touches`` and ``last_touches`` for a statement, and its parameters."""
    chosen = orders.order_by().annotate(
        window_start=ExpressionWrapper(F("placed_at") - Value(window), output_field=DateTimeField())
    )
    sql, values = chosen.values(
        "id", "ref", "contact_id", "placed_at", "cancelled_at", "total_base", "refunded_base", "window_start"
    ).query.sql_with_params()
    # The ORM's own parameters get names too, so that one mapping serves the whole statement.
    named = {f"o{number}": value for number, value in enumerate(values)}
    sql = sql % tuple(f"%({name})s" for name in named) if named else sql
    codes = _NO_CODES
    tables = {"message": table(Message), "event": table(MessageEvent), "send": table(Send)}
    if apps.is_installed("wagtail_marketing.discounts"):
        from wagtail_marketing.discounts.models import Redemption

        codes = _CODES
        tables |= {
            "redemption": table(Redemption),
            "link": table(CampaignDiscount),
            "state": table(CampaignState),
        }
    clause = _WITH.format(orders=sql, clicks=_CLICKS.format(**tables), codes=codes.format(**tables))
    return clause, {
        **named,
        "click": EventType.CLICK.value,
        "marketing": MessageClass.MARKETING.value,
        "prefix": CAMPAIGN_PREFIX,
        "via_click": Via.CLICK.value,
        "via_code": Via.CODE.value,
    }


def changed_orders(since: datetime | None) -> QuerySet[Order]:
    """Orders whose credit may differ because of a fact written since (all of them: ``None``)."""
    if since is None:
        return Order.objects.all()
    campaigns = Campaign.objects.filter(updated_at__gte=since)
    clickers = MessageEvent.objects.filter(type=EventType.CLICK, occurred_at__gte=since, message__contact__isnull=False)
    refs = Concat(Value(CAMPAIGN_PREFIX), Cast("pk", CharField()), output_field=CharField())
    credited = Attribution.objects.filter(campaign_ref__in=campaigns.annotate(as_ref=refs).values("as_ref"))
    changed = (
        Q(updated_at__gte=since)
        | Q(contact_id__in=clickers.values("message__contact_id"))
        | Q(pk__in=credited.values("order_id"))
    )
    if apps.is_installed("wagtail_marketing.discounts"):
        from .codes import redemptions_of

        links = CampaignDiscount.objects.filter(campaign__in=campaigns)
        changed |= Q(ref__in=redemptions_of(links).values("order_ref"))
    return Order.objects.filter(changed)
