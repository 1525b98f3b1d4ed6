"""A worker that is killed in the middle of a chunk: nothing is lost, nothing is done twice."""

import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection

from tests.contacts.imports.kit import LONG_AGO, check, counts, faults, upload, work
from wagtail_marketing.contacts import tasks
from wagtail_marketing.contacts.imports.plan import Plan
from wagtail_marketing.contacts.imports.rows import Row
from wagtail_marketing.contacts.models import ConsentEvent, Contact, ContactImport, ImportedContact, ImportState
from wagtail_marketing.contacts.services import imports
from wagtail_marketing.core import clock
from wagtail_marketing.jobs.models import Job
from wagtail_marketing.jobs.progress import LeaseLost
from wagtail_marketing.jobs.services import reclaim_jobs

ROOT = Path(__file__).resolve().parents[3]
WORKER = """
    import os, signal, sys
    import django
    django.setup()
    from django.conf import settings
    from django.core.files.storage import FileSystemStorage
    from django.db import connection
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = sys.argv[1]
    from wagtail_marketing.contacts import tasks
    from wagtail_marketing.contacts.imports import chunk
    from wagtail_marketing.contacts.models import ContactImport
    from wagtail_marketing.jobs.models import Job
    from wagtail_marketing.jobs.services import run_job
    ContactImport._meta.get_field("file").storage = FileSystemStorage(location=sys.argv[2])
    tasks.CHUNK = 3
    link, chunks = chunk._Writing._link, []

    def die_in_the_third(self, added):
        link(self, added)
        chunks.append(1)
        if len(chunks) == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    chunk._Writing._link = die_in_the_third
    run_job(job=Job.objects.get(pk=sys.argv[3]))
"""


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_and_gone_on_with(tmp_path, monkeypatch):
    field = ContactImport._meta.get_field("file")
    monkeypatch.setattr(field, "storage", FileSystemStorage(location=tmp_path))
    rows = [f"p{n}@x.example,N{n},t{n % 2}\n" for n in range(9)] + ["bad,B,\n", "p1@x.example,Again,\n"]
    source = check(
        upload("email,first name,tags\n" + "".join(rows)), status="subscribed", agreed_by="form", agreed_at=LONG_AGO
    )
    source = imports.start_import(source=source)
    worker = subprocess.run(  # noqa: S603
        [sys.executable, "-c", textwrap.dedent(WORKER), connection.settings_dict["NAME"], tmp_path, str(source.job_id)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": f"{ROOT}:{ROOT / 'sandbox'}"},
        capture_output=True,
        timeout=120,
    )
    assert worker.returncode == -signal.SIGKILL, worker.stderr.decode()[-2000:]
    source.refresh_from_db()
    assert (source.state, source.position, Contact.objects.count()) == (ImportState.RUNNING, 6, 6)
    # Its lease runs out; another worker takes over.
    Job.objects.filter(pk=source.job_id).update(lease_until=clock.database_now() - timedelta(minutes=1))
    assert reclaim_jobs() == 1
    done = work(source)
    assert counts(done) == {"rows": 11, "new": 9, "repeated": 1, "invalid": 1, "agreed": 9, "agreed_before": 1}
    assert (Contact.objects.count(), ImportedContact.objects.count(), ConsentEvent.objects.count()) == (9, 9, 9)
    assert Contact.tags.through.objects.count() == 9
    assert Contact.objects.get(email="p1@x.example").first_name == "Again"
    assert faults(done) == [(11, {"0": "email"})]


@pytest.mark.django_db
def test_a_worker_that_lost_its_place_writes_nothing():
    """The condition on the place in the file is what keeps two workers apart: without it the rows are done twice."""
    source = imports.start_import(source=check(upload("email\na@x.example\nb@x.example\n")))
    rows, late = [Row(2, ["a@x.example"])], ContactImport.objects.get(pk=source.pk)
    tasks._chunk(source, Plan.of(source), rows, set(), clock.now(), False)
    with pytest.raises(LeaseLost):
        tasks._chunk(late, Plan.of(late), rows, set(), clock.now(), False)
    late.refresh_from_db()
    assert (late.position, late.counts["new"], late.counts.get("repeated", 0)) == (1, 1, 0)
