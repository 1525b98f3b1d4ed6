#!/usr/bin/env python
"""A file of new people through the import against plain ``bulk_create`` of the same rows in the same process.

    DATABASE_URL=postgres://root@127.0.0.1:5432/wm benchmarks/import_contacts.py --rows 100000 --check

It works in a scratch database (``<name>_bench_import``) and drops it afterwards. The file has addresses, names,
phone numbers, places, a tag and a dated consent for every second row; one row in a hundred
is at fault. Measured are the check (the dry run) and the run, jobs and all, reading the file included. The baseline
is only the ``bulk_create`` calls for the same rows of the same tables, from ready-made objects in chunks of 2,000.
Peak memory is that of the whole process after check and run, before the baseline reads its objects.
"""

import io
import os
import resource
import sys
import tempfile
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
from django.core.files.base import File
from django.core.management import call_command
from django.db import connection

CHUNK = 2000


def add_arguments(parser) -> None:
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true", help="print where the run's time goes")


def write_file(rows: int) -> io.BufferedRandom:
    target = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
    target.write(b"email,first name,last name,phone,country,city,tags,newsletter,optin date\r\n")
    for n in range(rows):
        address = f"person{n}@example.com" if n % 100 else "not an address"
        agreed = "yes,2023-04-05" if n % 2 else ","
        line = f"{address},Änne{n % 977},Größl{n % 1511},+4930{n:08d},DE,Köln,import {n % 7},{agreed}\r\n"
        target.write(line.encode())
    target.seek(0)
    return target


def work(source, start) -> float:
    from wagtail_marketing.contacts.models import ContactImport
    from wagtail_marketing.jobs.services import run_job

    started = time.perf_counter()
    start(source=source)
    job = ContactImport.objects.select_related("job").get(pk=source.pk).job
    while job.is_open:
        job = run_job(job=job)
    seconds = time.perf_counter() - started
    if job.state != "done":
        raise SystemExit(f"The job {job.state}: {job.errors}")
    source.refresh_from_db()
    return seconds


def time_bulk_create() -> tuple[float, int]:
    """The rows that the run wrote, written again by ``bulk_create`` into the emptied tables."""
    from wagtail_marketing.contacts import ledger
    from wagtail_marketing.contacts.models import (
        ConsentEvent,
        ConsentEvidence,
        ConsentState,
        Contact,
        ImportedContact,
        ImportFault,
    )

    models = [Contact, Contact.tags.through, ConsentEvent, ConsentEvidence, ConsentState, ImportedContact, ImportFault]
    ledger.remove()
    held = {model: list(model._default_manager.order_by("pk")) for model in models}
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        cursor.execute("CHECKPOINT")
    seconds = 0.0
    for model, objects in held.items():
        for start in range(0, len(objects), CHUNK):
            begun = time.perf_counter()
            model._default_manager.bulk_create(objects[start : start + CHUNK])
            seconds += time.perf_counter() - begun
    return seconds, sum(map(len, held.values()))


def main() -> int:
    report = Report("import_contacts", "A file of new people against bulk_create of the same rows", add_arguments)
    if connection.vendor != "postgresql":
        sys.stderr.write("benchmarks/import_contacts.py wants PostgreSQL: set DATABASE_URL=postgres://...\n")
        return 2
    from wagtail_marketing.contacts.services import imports

    before = settings.DATABASES["default"]["NAME"]
    scratch = f"{before}_bench_import"
    administer(f'DROP DATABASE IF EXISTS "{scratch}"')
    administer(f'CREATE DATABASE "{scratch}"')
    try:
        use(scratch)
        call_command("migrate", verbosity=0)
        rows = report.options.rows
        report.figure("peak_memory_before_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        with write_file(rows) as file:
            source = imports.create_import(file=File(file, name="people.csv"), file_name="people.csv")
        imports.set_plan(source=source, columns=source.columns, options={"agreed_by": "The old shop's form"})
        report.figure("check_seconds", work(source, imports.start_check))
        if report.options.profile:
            import cProfile
            import pstats

            profile = cProfile.Profile()
            seconds = profile.runcall(work, source, imports.start_import)
            pstats.Stats(profile, stream=sys.stderr).sort_stats("cumulative").print_stats(70)
        else:
            seconds = work(source, imports.start_import)
        report.figure("import_seconds", seconds)
        report.figure("import_rows_per_second", rows / seconds)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        report.figure("peak_memory_mb", memory)
        report.figure("counts", {name: count for name, count in source.counts.items() if count})
        bulk, written = time_bulk_create()
        report.figure("rows_written", written)
        report.figure("bulk_create_seconds", bulk)
        ratio = report.ratio("import_against_bulk_create", bulk / seconds)
        report.goal("peak_memory_mb", memory, at_most=300)
        report.goal("import_against_bulk_create", ratio, at_least=0.2)
        report.goal("rows_of_fault", source.counts["invalid"], at_most=-(-rows // 100))
        report.goal("rows_new", source.counts["new"], at_least=rows - -(-rows // 100))
        imports.forget_file(source)
    finally:
        administer(f'DROP DATABASE IF EXISTS "{scratch}"')
        use(before)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
