#!/usr/bin/env python
"""Segments against SQL written by hand for the same answer, in the same process, under the same settings.

    DATABASE_URL=postgres://root@127.0.0.1:5432/wm benchmarks/segments.py --contacts 1000000 --orders 5000000 --check

It makes a database of its own (``<name>_bench_segments``, or ``--database``), fills it set-based
(``segments_world.py``) and drops it afterwards, unless ``--keep``; a database that was kept with as many contacts
and orders is used as it is. Without options it is a quick run over 50,000 contacts and 250,000 orders.

Measured, each as the best of ``--rounds`` in turn, with equal answers asserted:

- the preview of five rule trees: how many, how many addresses each channel reaches, three of the people;
- the refresh of a segment of which three tenths of the contacts come or go;
- whether one contact is in (median and 95th percentile), against a statement that asks only for the contact.
"""

import os
import random
import statistics
import sys
import time
from datetime import datetime
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
from django.db import connection, transaction
from segments_sql import TREES, preview_sql, recheck_sql, refresh_sql
from segments_world import CONTACTS, NOW, ORDERS, fill

AT = datetime.fromisoformat(NOW)


def add_arguments(parser) -> None:
    parser.add_argument("--contacts", type=int, default=50_000)
    parser.add_argument("--orders", type=int, default=250_000)
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    parser.add_argument("--database", default="", help="name of the database to make (or to use again)")
    parser.add_argument("--keep", action="store_true", help="leave the database standing")
    parser.add_argument("--explain", action="store_true", help="print the plans of what we run, too")


def make(report: Report, name: str) -> None:
    """The database ``name``, filled; one that was kept and fits is used again."""
    use("postgres")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        known = bool(cursor.fetchall())
    if known:
        use(name)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT (SELECT max(id) FROM {CONTACTS}), (SELECT max(id) FROM {ORDERS})")
            if cursor.fetchone() == (report.options.contacts, report.options.orders):
                call_command("migrate", verbosity=0)
                return
    administer(f'DROP DATABASE IF EXISTS "{name}"')
    administer(f'CREATE DATABASE "{name}"')
    use(name)
    call_command("migrate", verbosity=0)
    report.figure("fill_seconds", fill(report.options.contacts, report.options.orders))


def best(rounds: int, *runs) -> list[float]:
    """The seconds of each of ``runs``, the best of ``rounds``; they take turns."""
    seconds = [[] for _run in runs]
    for _round in range(rounds):
        for place, run in enumerate(runs):
            started = time.perf_counter()
            run()
            seconds[place].append(time.perf_counter() - started)
    return [min(each) for each in seconds]


def preview(report: Report) -> None:
    from wagtail_marketing.segments import selectors
    from wagtail_marketing.segments.limits import guarded

    worst = 0.0
    for name, tree in TREES.items():
        answers = {}

        def by_hand(tree=tree, answers=answers):
            with guarded(timeout=False), connection.cursor() as cursor:
                cursor.execute(preview_sql(tree["where"]), {"now": AT})
                count, email, sms, people = cursor.fetchone()
            answers["hand"] = (count, {"email": email, "sms": sms}, [(one[0], one[1]) for one in people])

        def by_us(tree=tree, answers=answers):
            with connection.execute_wrapper(_counting(tables := [])):
                found = selectors.preview(tree["rules"], now=AT)
            answers["ours"] = (found.count, found.reachable, [(one.id, one.key) for one in found.sample])
            answers["tables"] = " ".join(tables)

        hand, ours = best(report.options.rounds, by_hand, by_us)
        assert answers["hand"] == answers["ours"], (name, answers["hand"], answers["ours"])
        if tree["totals"]:
            # Where the totals row can answer, it does: no order is looked at.
            assert ORDERS not in answers["tables"], name
        sys.stderr.write(f"preview of {name}: {ours:.2f} s, by hand {hand:.2f} s\n")
        report.figure(f"preview_{name}_people", answers["ours"][0])
        report.figure(f"preview_{name}_seconds", ours)
        report.figure(f"preview_{name}_by_hand_seconds", hand)
        worst = max(worst, report.ratio(f"preview_{name}_against_hand", ours / hand))
    report.goal("preview_against_hand_worst", worst, at_most=1.2)


def _counting(seen: list):
    def wrapper(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    return wrapper


def refresh(report: Report) -> None:
    """Members are put as they were before three tenths of the contacts came or went, then brought up to date."""
    from wagtail_marketing.segments import services
    from wagtail_marketing.segments.limits import guarded
    from wagtail_marketing.segments.models import Membership, Segment

    tree = TREES["refreshed"]
    Segment.objects.filter(name="Benchmark").delete()
    segment = services.create_segment(name="Benchmark", rules=tree["rules"])
    table = Membership._meta.db_table
    half = report.options.contacts * 3 // 20
    long_ago = "%(now)s::timestamptz - interval '9 days'"

    inside = f"c.host_deleted_at IS NULL AND {tree['where']}"
    with guarded(timeout=False), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_chosen")
        cursor.execute(
            f"CREATE UNLOGGED TABLE bench_chosen AS SELECT c.id FROM {CONTACTS} c WHERE {inside}", {"now": AT}
        )

    def before() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table}")
            # Everybody who is in, less the first half of the changes; and as many who are not.
            add = f"INSERT INTO {table} (segment_id, contact_id, entered_at) SELECT {segment.pk}, c.id, {long_ago}"
            cursor.execute(f"{add} FROM bench_chosen c ORDER BY c.id OFFSET {half}", {"now": AT})
            others = f"{CONTACTS} c LEFT JOIN bench_chosen USING (id) WHERE bench_chosen.id IS NULL"
            cursor.execute(f"{add} FROM {others} ORDER BY c.id LIMIT {half}", {"now": AT})
            cursor.execute(f"VACUUM ANALYZE {table}")
            cursor.execute("CHECKPOINT")

    def state() -> tuple:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*), count(left_at), sum(contact_id), sum(contact_id) FILTER (WHERE left_at IS NULL),"
                f" max(left_at), max(entered_at) FROM {table}"
            )
            return cursor.fetchone()

    seconds: dict[str, list[float]] = {"hand": [], "ours": []}
    after = {}
    for _round in range(report.options.rounds):
        before()
        started = time.perf_counter()
        with guarded(timeout=False), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(refresh_sql(tree["where"], segment.pk), {"now": AT})
            changed = cursor.fetchone()
        seconds["hand"].append(time.perf_counter() - started)
        after["hand"] = (*changed, *state())
        before()
        started = time.perf_counter()
        with guarded(timeout=False):
            size = services.refresh_segment(segment=segment, now=AT)
        seconds["ours"].append(time.perf_counter() - started)
        after["ours"] = (size.entered, size.left, size.size, *state())
        assert after["hand"] == after["ours"], after
        sys.stderr.write(f"refresh: {seconds['ours'][-1]:.2f} s, by hand {seconds['hand'][-1]:.2f} s\n")
    report.figure("refresh_changes", size.entered + size.left)
    report.figure("refresh_members", size.size)
    report.figure("refresh_seconds", min(seconds["ours"]))
    report.figure("refresh_by_hand_seconds", min(seconds["hand"]))
    ratio = report.ratio("refresh_against_hand", min(seconds["ours"]) / min(seconds["hand"]))
    report.goal("refresh_against_hand", ratio, at_most=1.3)


def recheck(report: Report) -> None:
    from wagtail_marketing.contacts.models import Contact
    from wagtail_marketing.segments import selectors, services
    from wagtail_marketing.segments.limits import guarded
    from wagtail_marketing.segments.models import Segment

    chance = random.Random(1)  # noqa: S311  the same people each time
    ids = chance.sample(range(1, report.options.contacts + 1), 200)
    people = list(Contact.objects.filter(pk__in=ids))
    worst = 0.0
    segments = []
    for name, tree in TREES.items():
        Segment.objects.filter(name=name).delete()
        segments.append(services.create_segment(name=name, rules=tree["rules"]))
    for (name, tree), segment in zip(TREES.items(), segments, strict=True):
        ours, bare = [], []
        with guarded(timeout=False), connection.cursor() as cursor:
            cursor.execute(recheck_sql(tree["where"]), {"now": AT, "ids": ids})
            held = {row[0] for row in cursor.fetchall()}
        for contact in people:
            started = time.perf_counter()
            inside = selectors.is_in(segment, contact, now=AT)
            ours.append(time.perf_counter() - started)
            with connection.cursor() as cursor:
                started = time.perf_counter()
                cursor.execute(f"SELECT 1 FROM {CONTACTS} WHERE id = %s", [contact.pk])
                cursor.fetchall()
                bare.append(time.perf_counter() - started)
            assert inside == (contact.pk in held), (name, contact.pk)
        for word, seconds in (("", ours), ("_bare", bare)):
            report.figure(f"recheck_{name}{word}_median_ms", 1000 * statistics.median(seconds))
            report.figure(f"recheck_{name}{word}_p95_ms", 1000 * statistics.quantiles(seconds, n=20)[-1])
        worst = max(worst, 1000 * statistics.median(ours))
    together = []
    for contact in people:
        started = time.perf_counter()
        selectors.memberships_of([contact.pk], segments, now=AT)
        together.append(time.perf_counter() - started)
    report.figure("recheck_all_segments_together_median_ms", 1000 * statistics.median(together))
    report.goal("recheck_median_ms_worst", worst, at_most=20)


def main() -> int:
    report = Report("segments", "Segments against SQL written by hand for the same answer", add_arguments)
    if connection.vendor != "postgresql":
        sys.stderr.write("benchmarks/segments.py wants PostgreSQL: set DATABASE_URL=postgres://...\n")
        return 2
    before = settings.DATABASES["default"]["NAME"]
    # Both sides may take as long as they take.
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SEGMENT_STATEMENT_TIMEOUT_MS": 0}
    name = report.options.database or f"{before}_bench_segments"
    try:
        make(report, name)
        report.figure("contacts", report.options.contacts)
        report.figure("orders", report.options.orders)
        preview(report)
        recheck(report)
        refresh(report)
        status = report.finish()
    finally:
        use(before)
        if not report.options.keep:
            administer(f'DROP DATABASE IF EXISTS "{name}"')
            use(before)
    return status


if __name__ == "__main__":
    sys.exit(main())
