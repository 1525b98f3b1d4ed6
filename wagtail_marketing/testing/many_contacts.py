"""A database full of people who do not exist, for benchmarks and tests of query plans (PostgreSQL only).

``fill_contacts(50_000)`` writes contacts, tags, lists, consents, suppressions and totals with a dozen
``INSERT … SELECT`` statements. The figures are uneven as a shop's are: a third of all people have one mail
provider, one tag is on every second contact and another on one in ten thousand. The same number gives the same
people.
"""

from django.db import connection

from wagtail_marketing.commerce.models import ContactTotals
from wagtail_marketing.contacts.models import ConsentState, Contact, ContactList, ListMembership, Suppression, Tag
from wagtail_marketing.contacts.services.lists import recount
from wagtail_marketing.core import clock

#: Tag -> it is on one contact in so many.
TAGS = {"everybody-else": 2, "regular": 10, "vip": 200, "rare": 10_000}

#: List -> it has one contact in so many.
LISTS = {"Half of all": 2, "A few": 5000}

COUNTRIES = ("US", "US", "US", "DE", "DE", "GB", "FR", "NL", "IT", "ES", "SE", "AT", "CH", "PL", "IS")

_STATEMENTS = (
    """
    INSERT INTO {contact} (
        uuid, external_key, email, email_normalised, email_domain, email_hash, phone, phone_e164, phone_reversed,
        phone_hash, phone_country, first_name, last_name, first_name_folded, last_name_folded, language, time_zone,
        country, region, region_folded, city, city_folded, attributes, source, created_at, updated_at,
        host_deleted_at
    )
    SELECT
        gen_random_uuid(), 'many-' || n, mail, mail, domain, hashed(mail),
        phone, phone, reverse(substr(phone, 2)), hashed(phone), CASE WHEN phone = '' THEN '' ELSE 'US' END,
        initcap(first), initcap(last), first, last, 'en', '',
        (%(countries)s::text[])[1 + (n::bigint * 7919 %% 15)::int], '', '', '', '', '{{}}',
        CASE WHEN n %% 20 = 0 THEN 'api' WHEN n %% 7 = 0 THEN 'import' ELSE 'sync' END,
        now() - (n::bigint * 7919 %% 1826) * interval '1 day' - n * interval '1 second', now(),
        CASE WHEN n %% 101 = 0 THEN now() END
    FROM (
        SELECT n, domain, 'person.' || n || '@' || domain AS mail,
            (ARRAY['anna','ben','carla','david','eva','finn','greta','hugo','ida','jan'])[1 + n %% 10]
                || chr(97 + (n / 10) %% 26) AS first,
            (ARRAY['ash','birch','cedar','dogwood','elm','fir','gorse','hazel','ivy','juniper'])[1 + (n / 7) %% 10]
                || chr(97 + (n / 70) %% 26) || chr(97 + (n / 1820) %% 26) AS last,
            CASE WHEN n %% 10 < 7 THEN '+1' || (2010000000 + (n::bigint * 104729) %% 700000000) ELSE '' END AS phone
        FROM (
            SELECT n, CASE WHEN n %% 3 = 0 THEN 'mail.example' ELSE 'shop' || n %% 2003 || '.example' END AS domain
            FROM generate_series(1, %(count)s) AS n
        ) AS numbers
    ) AS people
    """,
    """
    INSERT INTO {state} (contact_id, channel, state, strength, source, address_hash, changed_at)
    SELECT id, channel,
        CASE WHEN id %% 10 < 7 THEN 'subscribed' WHEN id %% 10 = 7 THEN 'pending' ELSE 'unsubscribed' END,
        2, 'form', CASE channel WHEN 'email' THEN email_hash ELSE phone_hash END, now()
    FROM {contact} CROSS JOIN (VALUES ('email', 4), ('sms', 1)) AS channels(channel, share)
    WHERE id %% 5 < share AND NOT (channel = 'sms' AND phone = '')
    """,
    """
    INSERT INTO {suppression} (channel, address_hash, reason, created_at)
    SELECT 'email', email_hash, 'bounce', now() FROM {contact} WHERE id %% 211 = 0
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO {totals} (contact_id, order_count, total_base, max_base, first_order_at, last_order_at)
    SELECT id, 1 + id %% 40, (1 + id %% 40) * (500 + id %% 9000), 500 + id %% 9000, created_at,
        now() - (id * 104729 %% 1095) * interval '1 day' - id * interval '1 second'
    FROM {contact} WHERE id %% 10 < 7
    """,
)


def fill_contacts(count: int) -> None:
    """Add ``count`` made-up contacts with what hangs on them. Raises ``NotImplementedError`` elsewhere."""
    if connection.vendor != "postgresql":
        raise NotImplementedError("fill_contacts() speaks PostgreSQL.")
    quote = connection.ops.quote_name
    tables = {
        "contact": Contact,
        "state": ConsentState,
        "suppression": Suppression,
        "totals": ContactTotals,
    }
    names = {name: quote(model._meta.db_table) for name, model in tables.items()}
    through = Contact.tags.through
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION pg_temp.hashed(text) RETURNS text LANGUAGE sql IMMUTABLE AS "
            "$$ SELECT CASE WHEN $1 = '' THEN '' ELSE md5($1) || md5('2' || $1) END $$"
        )
        for statement in _STATEMENTS:
            cursor.execute(
                statement.format(**names).replace("hashed(", "pg_temp.hashed("),
                {"count": count, "countries": list(COUNTRIES)},
            )
        for slug, share in TAGS.items():
            tag, _created = Tag.objects.get_or_create(slug=slug, defaults={"name": slug})
            cursor.execute(
                f"INSERT INTO {quote(through._meta.db_table)} (contact_id, tag_id) "  # noqa: S608
                f"SELECT id, %s FROM {names['contact']} WHERE id %% %s = 1 ON CONFLICT DO NOTHING",
                [tag.pk, share],
            )
        for name, share in LISTS.items():
            contact_list, _created = ContactList.objects.get_or_create(name=name, defaults={"created_at": clock.now()})
            cursor.execute(
                f"INSERT INTO {quote(ListMembership._meta.db_table)} "  # noqa: S608
                "(contact_list_id, contact_id, added_at, source) "
                f"SELECT %s, id, now(), 'file' FROM {names['contact']} WHERE id %% %s = 1 ON CONFLICT DO NOTHING",
                [contact_list.pk, share],
            )
            recount(contact_list=contact_list)
    analyse()


def analyse() -> None:
    """Tell the planner what is there, as autovacuum would within minutes."""
    with connection.cursor() as cursor:
        for model in (Contact, ConsentState, Suppression, ContactTotals, Contact.tags.through, ListMembership):
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
