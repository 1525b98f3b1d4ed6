"""A shop of any size for ``benchmarks/segments.py``, made set-based by ``generate_series``; the same every time."""

import sys
import time

from django.db import connection

CONTACTS = "wagtail_marketing_contacts_contact"
STATES = "wagtail_marketing_contacts_consentstate"
SUPPRESSIONS = "wagtail_marketing_contacts_suppression"
CATEGORIES = "wagtail_marketing_commerce_category"
PRODUCTS = "wagtail_marketing_commerce_product"
IN_CATEGORIES = "wagtail_marketing_commerce_product_categories"
ORDERS = "wagtail_marketing_commerce_order"
LINES = "wagtail_marketing_commerce_orderline"
CODES = "wagtail_marketing_commerce_ordercode"
TOTALS = "wagtail_marketing_commerce_contacttotals"
FILLED = (CONTACTS, STATES, SUPPRESSIONS, CATEGORIES, PRODUCTS, IN_CATEGORIES, ORDERS, LINES, CODES, TOTALS)

NOW = "2026-11-01T12:00:00+00:00"


def pseudo(seed: str, number: str = "n", most: str = "1000000") -> str:
    """A number from 0 to ``most``, the same for the same row on every machine."""
    return f"((hashint8extended({number}, {abs(hash_of(seed))}) & 9007199254740991) % ({most}))"


def hash_of(seed: str) -> int:
    return sum(ord(letter) * 31**place for place, letter in enumerate(seed)) % 2**31


def statements(contacts: int, orders: int) -> list[tuple[str, str]]:
    """What to run, with a word for it. Half of the orders belong to an eighth of the contacts."""
    now = f"timestamptz '{NOW}'"
    who = f"(1 + floor({contacts} * power({pseudo('who')} / 1000000.0, 3)))::bigint"
    back = f"({pseudo('age', 'n', '63072000')} * interval '1 second')"
    return [
        (
            "contacts",
            f"""INSERT INTO {CONTACTS} (uuid, external_key, email, email_normalised, email_domain, email_hash, phone,
            phone_e164, phone_hash, phone_country, phone_reversed, first_name, last_name, first_name_folded,
            last_name_folded, language, time_zone, country, region, region_folded, city, city_folded, birthday,
            attributes, source, created_at, updated_at, host_deleted_at)
            SELECT md5(n::text)::uuid, 'k' || n, address, address, 'example.com', md5(address) || md5(address || 'x'),
            CASE WHEN n % 3 = 0 THEN '+1513555' || n ELSE '' END, CASE WHEN n % 3 = 0 THEN '+1513555' || n ELSE '' END,
            CASE WHEN n % 3 = 0 THEN md5(n::text) || md5('x' || n) ELSE '' END,
            CASE WHEN n % 3 = 0 THEN 'US' ELSE '' END,
            CASE WHEN n % 3 = 0 THEN reverse('+1513555' || n) ELSE '' END,
            'First' || n % 500, 'Last' || n % 7000, 'first' || n % 500, 'last' || n % 7000,
            (ARRAY['en', 'de', 'fr', 'es', 'en'])[1 + {pseudo("language", most="5")}], 'America/New_York', 'US',
            'Region' || n % 50, 'region' || n % 50, 'City' || {pseudo("city", most="300")},
            'city' || {pseudo("city", most="300")},
            CASE WHEN n % 4 = 0 THEN NULL ELSE date '1950-01-01' + {pseudo("born", most="20000")}::int END,
            '{{}}', 'shop', {now} - {pseudo("since", most="1500")} * interval '1 day', {now},
            CASE WHEN n % 200 = 0 THEN {now} END
            FROM (SELECT n, CASE WHEN n % 10 = 9 THEN '' ELSE 'person' || (CASE WHEN n % 100 = 7 THEN n - 1 ELSE n END)
            || '@example.com' END AS address FROM generate_series(1, {contacts}) AS n) AS numbered""",
        ),
        (
            "consent by e-mail",
            f"""INSERT INTO {STATES} (channel, address_hash, state, strength, source, changed_at, contact_id)
            SELECT 'email', email_hash, CASE WHEN id % 7 = 3 THEN 'unsubscribed' ELSE 'subscribed' END, 1, 'shop',
            {now}, id FROM {CONTACTS} WHERE email <> '' AND id % 3 <> 1""",
        ),
        (
            "consent by SMS",
            f"""INSERT INTO {STATES} (channel, address_hash, state, strength, source, changed_at, contact_id)
            SELECT 'sms', phone_hash, 'subscribed', 1, 'shop', {now}, id FROM {CONTACTS}
            WHERE phone <> '' AND id % 2 = 0""",
        ),
        (
            "suppressions",
            f"""INSERT INTO {SUPPRESSIONS} (channel, address_hash, reason, created_at)
            SELECT DISTINCT ON (email_hash) 'email', email_hash, 'bounced', {now} FROM {CONTACTS}
            WHERE email <> '' AND id % 97 = 0""",
        ),
        (
            "categories",
            f"""INSERT INTO {CATEGORIES} (name, folded)
            SELECT 'CATEGORY' || n, 'category' || n FROM generate_series(1, 60) n""",
        ),
        (
            "products",
            f"""INSERT INTO {PRODUCTS} (ref, sku, name, url, image_url, price_minor, currency, active, attributes,
            updated_at) SELECT 'p' || n, 'SKU' || n, 'Product ' || n, '', '', 100 + n, 'USD', true, '{{}}', {now}
            FROM generate_series(1, 5000) n""",
        ),
        (
            "products in categories",
            f"""INSERT INTO {IN_CATEGORIES} (product_id, category_id)
            SELECT n, 1 + n % 60 FROM generate_series(1, 5000) n
            UNION SELECT n, 1 + (n / 60) % 60 FROM generate_series(1, 5000, 3) n""",
        ),
        (
            "orders",
            f"""INSERT INTO {ORDERS} (ref, number, currency, total_minor, total_base, shipping_minor, discount_minor,
            refunded_minor, refunded_base, channel, placed_at, updated_at, cancelled_at, contact_id)
            SELECT 'o' || n, n, 'USD', total, total, 0, 0, CASE WHEN n % 25 = 0 THEN total / 2 ELSE 0 END,
            CASE WHEN n % 25 = 0 THEN total / 2 ELSE 0 END, (ARRAY['web', 'store', 'app'])[1 + n % 3],
            {now} - {back}, {now}, CASE WHEN n % 40 = 0 THEN {now} END, {who}
            FROM (SELECT n, 2 * (250 + {pseudo("total", most="15000")}) AS total
            FROM generate_series(1, {orders}) AS n) AS numbered""",
        ),
        (
            "lines",
            f"""INSERT INTO {LINES} (ref, sku, name, quantity, total_minor, total_base, refunded_base, order_id,
            product_id) SELECT half::text, 'SKU' || product, '', 1, total_base / 2, total_base / 2, refunded_base / 2,
            id, product FROM (SELECT id, total_base, refunded_base, half,
            1 + {pseudo("product", "id * 2 + half", "5000")} AS product
            FROM {ORDERS}, generate_series(0, 1) AS half) AS halves""",
        ),
        (
            "codes",
            f"""INSERT INTO {CODES} (code, order_id) SELECT 'CODE' || id % 20, id FROM {ORDERS} WHERE id % 11 = 0""",
        ),
        (
            "totals",
            f"""INSERT INTO {TOTALS} (contact_id, order_count, total_base, max_base, first_order_at, last_order_at)
            SELECT contact_id, count(*), sum(total_base - refunded_base), max(total_base - refunded_base),
            min(placed_at), max(placed_at) FROM {ORDERS} WHERE cancelled_at IS NULL GROUP BY contact_id""",
        ),
    ]


def fill(contacts: int, orders: int) -> float:
    """Fill the tables of an empty, migrated database; returns the seconds. Indexes are made at the end."""
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SET work_mem = '256MB'")
        again = _take_indexes(cursor)
        for word, statement in statements(contacts, orders):
            begun = time.perf_counter()
            cursor.execute(statement)
            _say(f"{word}: {cursor.rowcount:,} rows, {time.perf_counter() - begun:.0f} s")
        begun = time.perf_counter()
        for statement in again:
            cursor.execute(statement)
        _say(f"{len(again)} indexes and keys, {time.perf_counter() - begun:.0f} s")
        cursor.execute("VACUUM ANALYZE")
        for name in ("synchronous_commit", "maintenance_work_mem", "work_mem"):
            cursor.execute(f"RESET {name}")
    return time.perf_counter() - started


def _take_indexes(cursor) -> list[str]:
    """Drop every index and key of the tables; returns what makes them again."""
    again: list[str] = []
    for kind in ("'f'", "'p', 'u'"):
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype FROM pg_constraint"
            f" WHERE contype IN ({kind}) AND conrelid = ANY(%s::regclass[]) ORDER BY contype",
            [list(FILLED)],
        )
        for table, name, definition, made in cursor.fetchall():
            # Other tables point at these keys.
            if made == "p":
                continue
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            again.insert(0, f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary",
        [list(FILLED)],
    )
    for name, definition in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")
        again.insert(0, definition)
    return again


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
