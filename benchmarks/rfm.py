"""RFM over many contacts against the same quintiles as bare SQL, on PostgreSQL.

Makes its rows in a transaction that is rolled back; run it on a database without contacts. The first run writes a
row with two indexes for each contact, a run without changes writes none; the answers are compared by their sum.
"""

import os
import sys
import time

from report import Report

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

BARE = """
SELECT SUM(r + f + m) FROM (
  SELECT 1 + (5 * (RANK() OVER (ORDER BY last_order_at) - 1)) / n.people AS r,
         1 + (5 * (RANK() OVER (ORDER BY order_count) - 1)) / n.people AS f,
         1 + (5 * (RANK() OVER (ORDER BY total_base) - 1)) / n.people AS m
    FROM wagtail_marketing_commerce_contacttotals
         CROSS JOIN (SELECT COUNT(*) AS people FROM wagtail_marketing_commerce_contacttotals) n) q
"""
CONTACTS = """
INSERT INTO wagtail_marketing_contacts_contact (uuid, email, email_normalised, email_domain, email_hash, phone,
       phone_e164, phone_hash, phone_country, first_name, last_name, first_name_folded, last_name_folded, language,
       time_zone, country, region, region_folded, city, city_folded, phone_reversed,
       attributes, source, created_at, updated_at)
SELECT gen_random_uuid(), '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '{}',
       'benchmark', now(), now()
  FROM generate_series(1, %s)
"""
TOTALS = """
INSERT INTO wagtail_marketing_commerce_contacttotals (contact_id, order_count, total_base, max_base, first_order_at,
       last_order_at)
SELECT id, 1 + (random() * random() * 30)::int, (random() * 100000)::int, 1, now() - interval '3 years',
       now() - random() * interval '3 years'
  FROM wagtail_marketing_contacts_contact WHERE source = 'benchmark'
"""


def timed(work) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def main() -> int:
    import django

    django.setup()
    from django.db import connection, transaction

    from wagtail_marketing.insights.models import RfmScore
    from wagtail_marketing.insights.scores import WORK_MEM, compute_rfm

    report = Report(
        "rfm",
        "Score every contact by recency, frequency and money on PostgreSQL",
        lambda parser: parser.add_argument("--contacts", type=int, default=1_000_000),
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('work_mem', %s, true)", [WORK_MEM])
        cursor.execute(CONTACTS, [report.options.contacts])
        cursor.execute(TOTALS)
        cursor.execute("ANALYZE wagtail_marketing_contacts_contact, wagtail_marketing_commerce_contacttotals")
        bare = min(timed(lambda: (cursor.execute(BARE), cursor.fetchone())) for _round in range(2))
        first = timed(compute_rfm)
        cursor.execute(BARE)
        wanted = cursor.fetchone()[0]
        scores = RfmScore.objects.values_list("recency", "frequency", "monetary")
        found = sum(map(sum, scores.iterator()))
        cursor.execute("ANALYZE wagtail_marketing_insights_rfmscore")
        again = timed(compute_rfm)
        transaction.set_rollback(True)
    if wanted != found:
        raise SystemExit(f"The answers differ: {wanted} and {found}.")
    report.figure("contacts", report.options.contacts)
    report.figure("bare_quintiles_seconds", bare)
    report.figure("first_run_seconds", first)
    report.figure("run_without_changes_seconds", again)
    report.ratio("first_run_against_bare_quintiles", first / bare)
    report.goal("without_changes_against_bare_quintiles", report.ratio("again_against_bare", again / bare), at_most=3)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
