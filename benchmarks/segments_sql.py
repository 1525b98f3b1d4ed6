"""Five rule trees, and what somebody who knows the tables would write for the same answer."""

from segments_world import (
    CATEGORIES,
    CODES,
    CONTACTS,
    IN_CATEGORIES,
    LINES,
    ORDERS,
    STATES,
    SUPPRESSIONS,
    TOTALS,
)

from wagtail_marketing.segments.models import Membership

MEMBERS = Membership._meta.db_table


def orders(measure: str, op: str, value, **more) -> dict:
    return {"kind": "orders", "params": {"measure": measure, "op": op, "value": value, **more}}


def contact(field: str, op: str, value) -> dict:
    return {"kind": "contact", "params": {"field": field, "op": op, "value": value}}


CONSENT = {"kind": "consent", "params": {"channel": "email", "state": "subscribed"}}
AGREED = (
    f"EXISTS (SELECT 1 FROM {STATES} s WHERE s.contact_id = c.id AND s.channel = 'email' AND s.topic_id IS NULL"
    " AND s.state = 'subscribed' AND s.address_hash = c.email_hash)"
)

#: ``where`` is a condition on the contact ``c``; ``totals`` says that no order has to be looked at.
TREES: dict[str, dict] = {
    # Loyal, and may be written to.
    "loyal": {
        "totals": True,
        "rules": {"match": "all", "rules": [orders("count", ">=", 5), orders("total", ">=", 500), CONSENT]},
        "where": f"c.id IN (SELECT contact_id FROM {TOTALS} WHERE order_count >= 5 AND total_base >= 50000)"
        f" AND {AGREED}",
    },
    # Gone quiet: spent well, no order for half a year, and no German speaker.
    "lapsed": {
        "totals": True,
        "rules": {
            "match": "all",
            "rules": [
                orders("days_since_last", ">=", 180),
                orders("average", ">=", 120),
                {"match": "none", "rules": [contact("language", "is", "de")]},
            ],
        },
        "where": f"c.id IN (SELECT contact_id FROM {TOTALS} WHERE order_count > 0 AND"
        " last_order_at <= %(now)s::timestamptz - interval '180 days' AND total_base >= 12000::bigint * order_count)"
        " AND lower(c.language) <> 'de'",
    },
    # Bought of a category at least twice in half a year: lines.
    "category": {
        "totals": False,
        "rules": {
            "match": "all",
            "rules": [
                orders("count", ">=", 2, within={"last_days": 180}, where={"categories": ["CATEGORY7", "CATEGORY8"]})
            ],
        },
        "where": f"""c.id IN (SELECT contact_id FROM (SELECT DISTINCT o.contact_id, o.id FROM {LINES} l
            JOIN {ORDERS} o ON o.id = l.order_id
            WHERE o.cancelled_at IS NULL AND o.placed_at >= %(now)s::timestamptz - interval '180 days'
            AND o.placed_at <= %(now)s AND l.product_id IN (SELECT p.product_id FROM {IN_CATEGORIES} p
            JOIN {CATEGORIES} k ON k.id = p.category_id WHERE k.folded IN ('category7', 'category8'))) AS each
            GROUP BY contact_id HAVING count(*) >= 2)""",
    },
    # Curious: many different products in half a year, or everybody of one city.
    "curious": {
        "totals": False,
        "rules": {
            "match": "any",
            "rules": [
                orders("distinct_products", ">=", 12, within={"last_days": 180}),
                contact("city", "is", "City7"),
            ],
        },
        "where": f"""(c.city_folded = 'city7' OR c.id IN (SELECT contact_id FROM (SELECT DISTINCT o.contact_id, l.sku
            FROM {LINES} l JOIN {ORDERS} o ON o.id = l.order_id WHERE o.cancelled_at IS NULL
            AND o.placed_at >= %(now)s::timestamptz - interval '180 days' AND o.placed_at <= %(now)s) AS each
            GROUP BY contact_id HAVING count(*) >= 12))""",
    },
    # Three levels: web orders of a quarter, without code users, older or with consent.
    "refreshed": {
        "totals": False,
        "rules": {
            "match": "all",
            "rules": [
                orders("count", ">=", 1, within={"last_days": 365}, where={"channel": "web"}),
                {"match": "none", "rules": [orders("count", ">=", 1, where={"code": "CODE3"})]},
                {"match": "any", "rules": [contact("birthday", "<", "1980-01-01"), CONSENT]},
            ],
        },
        "where": f"""c.id IN (SELECT o.contact_id FROM {ORDERS} o WHERE o.cancelled_at IS NULL AND o.channel = 'web'
            AND o.placed_at >= %(now)s::timestamptz - interval '365 days' AND o.placed_at <= %(now)s)
            AND NOT EXISTS (SELECT 1 FROM {ORDERS} o JOIN {CODES} k ON k.order_id = o.id AND k.code = 'CODE3'
            WHERE o.contact_id = c.id AND o.cancelled_at IS NULL)
            AND (coalesce(c.birthday < '1980-01-01', false) OR c.id IN (SELECT s.contact_id FROM {STATES} s
            WHERE s.channel = 'email' AND s.topic_id IS NULL AND s.state = 'subscribed'
            AND s.address_hash = c.email_hash))""",
    },
}


def preview_sql(where: str) -> str:
    """How many, how many addresses each channel reaches, and three people: the rules are judged once."""

    def reached(channel: str, address: str) -> str:
        return f"""(SELECT count(DISTINCT chosen.{channel}_hash) FROM chosen JOIN {STATES} s
            ON s.contact_id = chosen.id AND s.channel = '{address}' AND s.topic_id IS NULL
            AND s.state = 'subscribed' AND s.address_hash = chosen.{channel}_hash
            WHERE chosen.{channel} <> '' AND NOT EXISTS (SELECT 1 FROM {SUPPRESSIONS} x
            WHERE x.channel = '{address}' AND x.address_hash = chosen.{channel}_hash))"""

    return f"""WITH chosen AS MATERIALIZED (
            SELECT c.id, c.external_key, c.first_name, c.last_name, c.email, c.email_hash, c.phone, c.phone_hash
            FROM {CONTACTS} c WHERE c.host_deleted_at IS NULL AND {where})
        SELECT (SELECT count(*) FROM chosen), {reached("email", "email")}, {reached("phone", "sms")},
        (SELECT json_agg(json_build_array(id, external_key, first_name, last_name, email)) FROM
        (SELECT * FROM chosen ORDER BY id LIMIT 3) AS few)"""


def refresh_sql(where: str, segment: int) -> str:
    """The difference in one statement, the rules judged once: who came, who left, how many are in."""
    return f"""WITH chosen AS MATERIALIZED (
            SELECT c.id FROM {CONTACTS} c WHERE c.host_deleted_at IS NULL AND {where}),
        came AS (INSERT INTO {MEMBERS} (segment_id, contact_id, entered_at)
            SELECT {segment}, chosen.id, %(now)s FROM chosen WHERE NOT EXISTS (SELECT 1 FROM {MEMBERS} m
            WHERE m.segment_id = {segment} AND m.left_at IS NULL AND m.contact_id = chosen.id) RETURNING 1),
        gone AS (UPDATE {MEMBERS} m SET left_at = %(now)s WHERE m.segment_id = {segment} AND m.left_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM chosen WHERE chosen.id = m.contact_id) RETURNING 1)
        SELECT (SELECT count(*) FROM came), (SELECT count(*) FROM gone), (SELECT count(*) FROM chosen)"""


def recheck_sql(where: str) -> str:
    """Which of a few contacts are in."""
    return f"SELECT c.id FROM {CONTACTS} c WHERE c.id = ANY(%(ids)s) AND c.host_deleted_at IS NULL AND {where}"
