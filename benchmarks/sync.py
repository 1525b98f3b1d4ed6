#!/usr/bin/env python
"""The first sync of the sandbox's shop against plain ``bulk_create`` of the same rows in the same process.

    DATABASE_URL=postgres://root@127.0.0.1:5432/wm benchmarks/sync.py --check

It works in a scratch copy (``<name>_bench_sync``) of the database that ``DATABASE_URL`` names and drops it
afterwards. Where that database holds no orders of the shop, the scratch one is loaded with
``load_complete_journey`` first (``--households N``, or everything). The sync's time is all of it: reading the
shop, writing the mirror, consent, totals, looking for deletions. The baseline's is only the ``bulk_create``
calls, a chunk of ready-made objects at a time; making the objects is not counted.
"""

import os
import resource
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

CHUNK = 20_000


def add_arguments(parser) -> None:
    parser.add_argument("--households", type=int, default=0, help="load so many where nothing is loaded (0: all)")
    parser.add_argument("--keep", action="store_true", help="leave the scratch database standing")


def models() -> list:
    from wagtail_marketing.commerce import models as commerce
    from wagtail_marketing.contacts import models as contacts

    return [
        contacts.Contact,
        contacts.ContactAttribute,
        contacts.ConsentEvent,
        contacts.ConsentState,
        commerce.Category,
        commerce.Product,
        commerce.Product.categories.through,
        commerce.Order,
        commerce.OrderLine,
        commerce.OrderCode,
        commerce.Refund,
        commerce.ContactTotals,
    ]


def clear() -> None:
    """Empty the mirror and whatever hangs on it, in the scratch database only."""
    from wagtail_marketing.commerce.models import Cart, SyncFault, SyncState
    from wagtail_marketing.contacts import ledger
    from wagtail_marketing.contacts.models import FactRange

    ledger.remove()
    tables = ", ".join(
        connection.ops.quote_name(model._meta.db_table) for model in [*models(), Cart, SyncFault, SyncState, FactRange]
    )
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    ledger.install()


def make_scratch(report: Report) -> tuple[str, str]:
    """Returns the names of the database that we came with and of the scratch one."""
    from shop.models import Order

    before = settings.DATABASES["default"]["NAME"]
    scratch = f"{before}_bench_sync"
    loaded = "shop_order" in connection.introspection.table_names() and Order.objects.exists()
    administer(f'DROP DATABASE IF EXISTS "{scratch}"')
    administer(f'CREATE DATABASE "{scratch}"' + (f' TEMPLATE "{before}"' if loaded else ""))
    use(scratch)
    call_command("migrate", verbosity=0)
    if not loaded:
        households = report.options.households
        call_command(
            "load_complete_journey", *([f"--households={households}"] if households else ["--all"]), verbosity=0
        )
    return before, scratch


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def time_sync() -> tuple[float, object]:
    from wagtail_marketing.commerce.services import sync
    from wagtail_marketing.host import get_adapter

    started = time.perf_counter()
    report = sync(adapter=get_adapter())
    return time.perf_counter() - started, report


def time_bulk_create() -> tuple[float, dict[str, int]]:
    """Write the same rows into the same, emptied tables; returns the seconds of ``bulk_create`` alone."""
    with connection.cursor() as cursor:
        for model in models():
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"CREATE UNLOGGED TABLE bench_{model._meta.model_name} AS SELECT * FROM {table}")
    clear()
    vacuum()
    seconds, rows = 0.0, {}
    for model in models():
        name, key, last = model._meta.model_name, model._meta.pk.column, 0
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE UNIQUE INDEX ON bench_{name} ({key})")
        rows[name] = 0
        while True:
            query = f"SELECT * FROM bench_{name} WHERE {key} > %s ORDER BY {key} LIMIT {CHUNK}"
            chunk = list(model._default_manager.raw(query, [last]))
            if not chunk:
                break
            last = chunk[-1].pk
            started = time.perf_counter()
            model._default_manager.bulk_create(chunk)
            seconds += time.perf_counter() - started
            rows[name] += len(chunk)
    return seconds, rows


def main() -> int:
    report = Report("sync", "First sync of the sandbox's shop against bulk_create of the same rows", add_arguments)
    if connection.vendor != "postgresql":
        sys.stderr.write("benchmarks/sync.py wants PostgreSQL: set DATABASE_URL=postgres://...\n")
        return 2
    before, scratch = make_scratch(report)
    try:
        clear()
        vacuum()
        sync_seconds, first = time_sync()
        report.figure("sync_seconds", sync_seconds)
        for kind, found in first.kinds.items():
            report.figure(f"{kind}_read", found.read)
            report.figure(f"{kind}_seconds", found.seconds)
        report.figure("peak_memory_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        again, second = time_sync()
        report.figure("second_sync_seconds", again)
        report.figure("second_sync_read", sum(found.read for found in second.kinds.values()))
        report.goal("second_sync_changes", second.changed, at_most=0)
        bulk_seconds, rows = time_bulk_create()
        total = sum(rows.values())
        report.figure("rows", rows)
        report.figure("rows_total", total)
        report.figure("bulk_create_seconds", bulk_seconds)
        report.figure("sync_rows_per_second", total / sync_seconds)
        report.figure("bulk_create_rows_per_second", total / bulk_seconds)
        ratio = report.ratio("sync_against_bulk_create", bulk_seconds / sync_seconds)
        report.goal("sync_against_bulk_create", ratio, at_least=round(1 / 3, 4))
    finally:
        use(before)
        if not report.options.keep:
            administer(f'DROP DATABASE IF EXISTS "{scratch}"')
            use(before)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
