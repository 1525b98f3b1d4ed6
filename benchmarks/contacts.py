#!/usr/bin/env python
"""Pages of the contact list against the bare SQL that shows the same rows, at a million contacts.

    DATABASE_URL=postgres://root@127.0.0.1:5432/wm benchmarks/contacts.py --check

It makes a database of its own (``<name>_bench_contacts``), fills it with ``--contacts N`` people who do not exist
and drops it afterwards. A page of ours is all that the view asks of the database: the rows with every registered
column, and the count up to 10,000; building the queries is counted. The baseline is hand-written: one statement for
the same rows, one that counts them to 10,000. Both are the median of ``--rounds``, taken in turns. Beside them stands
what a full count takes, which Wagtail's own paginator makes for every page.
"""

import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "sandbox"), str(ROOT / "benchmarks")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DEBUG", "0")

import django
from report import Report
from scratch import administer, use

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory

SIZE = 50
C, S = "wagtail_marketing_contacts_contact", "wagtail_marketing_contacts_consentstate"
T, G = "wagtail_marketing_commerce_contacttotals", "wagtail_marketing_contacts_contact_tags"
NEWEST = "ORDER BY c.id DESC"

#: What is asked of the list -> the condition and order of the bare statement.
CASES: dict[str, tuple[dict[str, str], str, str]] = {
    "all": ({}, "TRUE", NEWEST),
    "email": ({"q": "person.4711"}, "c.email_normalised LIKE 'person.4711%'", NEWEST),
    "domain": ({"q": "@shop12.example"}, "c.email_domain LIKE 'shop12.example%'", NEWEST),
    "name": (
        {"q": "carlab"},
        "(c.last_name_folded LIKE 'carlab%' OR c.first_name_folded LIKE 'carlab%' OR c.external_key = 'carlab'"
        " OR c.email_normalised LIKE 'carlab%')",
        NEWEST,
    ),
    "phone end": ({"q": "83 54 729"}, "c.phone_reversed LIKE '9274538%'", NEWEST),
    "tag common": (
        {"tag": "everybody-else"},
        f"c.id IN (SELECT contact_id FROM {G} WHERE tag_id = (SELECT id FROM wagtail_marketing_contacts_tag"
        " WHERE slug = 'everybody-else'))",
        NEWEST,
    ),
    "subscribed": (
        {"consent_email": "subscribed"},
        f"EXISTS (SELECT 1 FROM {S} s WHERE s.contact_id = c.id AND s.channel = 'email' AND s.topic_id IS NULL"
        " AND s.state = 'subscribed')",
        NEWEST,
    ),
    "country and source": ({"country": "IS", "source": "api"}, "c.country = 'IS' AND c.source = 'api'", NEWEST),
    "gone": ({"gone": "yes"}, "c.host_deleted_at IS NOT NULL", NEWEST),
    "never ordered": ({"ordered": "no"}, f"NOT EXISTS (SELECT 1 FROM {T} t WHERE t.contact_id = c.id)", NEWEST),
    "by name": ({"ordering": "name"}, "TRUE", "ORDER BY c.last_name_folded, c.first_name_folded, c.id"),
    "by last order": (
        {"ordering": "-last_order"},
        "totals.last_order_at IS NOT NULL",
        "ORDER BY totals.last_order_at DESC, c.id DESC",
    ),
}


def add_arguments(parser) -> None:
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--depth", type=int, default=20, help="pages that are turned, to see whether they grow slower")
    parser.add_argument("--keep", action="store_true", help="leave the database standing")


def our_page(asked: dict[str, str], place: str = ""):
    """The rows and the count of one page, by the view of the admin."""
    from django.contrib.auth.models import User

    from wagtail_marketing.contacts.admin.viewsets import ContactViewSet

    request = RequestFactory().get("/", {**asked, "p": place} if place else asked)
    request.user = our_page.user = getattr(our_page, "user", None) or User.objects.create_superuser("bench")
    viewset = our_page.viewset = getattr(our_page, "viewset", None) or ContactViewSet()
    view = viewset.index_view_class(
        model=viewset.model,
        list_display=viewset.list_display,
        index_url_name="marketing_contacts:index",
        index_results_url_name="marketing_contacts:index_results",
        search_fields=viewset.search_fields,
    )
    view.setup(request)
    page = view.paginate_queryset(view.get_queryset(), SIZE)[1]
    return page, page.paginator.count


def bare_page(condition: str, order: str) -> list[int]:
    statement = (
        f"SELECT c.id, c.email, c.first_name, c.last_name, c.source, c.created_at, totals.order_count,"
        f" totals.total_base, totals.last_order_at FROM {C} c LEFT JOIN {T} totals ON totals.contact_id = c.id"
        f" WHERE {condition} {order} LIMIT {SIZE + 1}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        ids = [row[0] for row in cursor.fetchall()][:SIZE]
        join = f"LEFT JOIN {T} totals ON totals.contact_id = c.id" if "totals" in condition else ""
        cursor.execute(f"SELECT COUNT(*) FROM (SELECT 1 FROM {C} c {join} WHERE {condition} LIMIT 10001) x")
        return ids


def full_count(condition: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {C} c LEFT JOIN {T} totals ON totals.contact_id = c.id WHERE {condition}")


def clocked(function, *arguments):
    started = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - started, result


def measure(report: Report) -> None:
    ours_total = bare_total = whole_total = slowest = 0.0
    for name, (asked, condition, order) in CASES.items():
        ours, bare = [], []
        for _round in range(report.options.rounds):
            seconds, (page, count) = clocked(our_page, asked)
            ours.append(seconds)
            seconds, ids = clocked(bare_page, condition, order)
            bare.append(seconds)
        if [row.pk for row in page] != ids:
            raise AssertionError(f"{name}: the list and the bare statement show different rows")
        ours_ms, bare_ms = 1000 * statistics.median(ours), 1000 * statistics.median(bare)
        report.figure(f"{name}: page_ms", ours_ms)
        report.figure(f"{name}: bare_ms", bare_ms)
        report.figure(f"{name}: counted", count)
        whole_total += 1000 * clocked(full_count, condition)[0]
        ours_total, bare_total, slowest = ours_total + ours_ms, bare_total + bare_ms, max(slowest, ours_ms)
    report.figure("slowest_page_ms", slowest)
    report.figure("all_pages_ms", ours_total)
    report.figure("all_full_counts_ms", whole_total)
    ratio = report.ratio("pages_against_bare_pages", ours_total / bare_total)
    report.goal("pages_against_bare_pages", ratio, at_most=2.0)


def turn(report: Report) -> None:
    """Pages far from the start cost what those at the start do."""
    page, _count = our_page({})
    times = []
    for _turn in range(report.options.depth):
        seconds, (page, _count) = clocked(our_page, {}, page.next)
        times.append(seconds)
    from wagtail_marketing.admin.keyset import Place

    middle = Place(False, 0, (report.options.contacts // 2,), report.options.contacts // 2).dump()
    deep = [clocked(our_page, {}, middle)[0] for _round in range(report.options.depth)]
    report.figure("near_page_ms", 1000 * statistics.median(times))
    report.figure("page_in_the_middle_ms", 1000 * statistics.median(deep))
    ratio = report.ratio("page_in_the_middle_against_near_pages", statistics.median(deep) / statistics.median(times))
    report.goal("page_in_the_middle_against_near_pages", ratio, at_most=2.0)


def main() -> int:
    report = Report("contacts", "Pages of the contact list against bare SQL for the same rows", add_arguments)
    if connection.vendor != "postgresql":
        sys.stderr.write("benchmarks/contacts.py wants PostgreSQL: set DATABASE_URL=postgres://...\n")
        return 2
    from wagtail_marketing.testing.many_contacts import fill_contacts

    before = settings.DATABASES["default"]["NAME"]
    scratch = f"{before}_bench_contacts"
    administer(f'DROP DATABASE IF EXISTS "{scratch}"')
    administer(f'CREATE DATABASE "{scratch}"')
    try:
        use(scratch)
        call_command("migrate", verbosity=0)
        report.figure("fill_seconds", clocked(fill_contacts, report.options.contacts)[0])
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        measure(report)
        turn(report)
        report.figure("contacts", report.options.contacts)
    finally:
        use(before)
        if not report.options.keep:
            administer(f'DROP DATABASE IF EXISTS "{scratch}"')
            use(before)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
