"""A worker killed at each named point: nobody gets two, nobody is forgotten, and ``unknown`` is the honest rest.

Real processes, a real SMTP server, the database of the test run (a file for SQLite). The whole of it, with random
kills every 250 ms, stands in ``make faults``.
"""

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.messaging.models import Message, SendBatch
from wagtail_marketing.messaging.selectors import send_counts
from wagtail_marketing.messaging.services import create_send, launch

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 7


@pytest.fixture
def running(sink, brand, person, template, settings, tmp_path):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SEND_BATCH_SIZE": 4, "SEND_IN_FLIGHT": 2}
    for index in range(PEOPLE):
        person(f"p{index}@example.com", first_name=f"P{index}")
    send = create_send(template=template(), audience=Contact.objects.all(), source_ref="campaign:1")
    launch(send)
    send.database = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        send.database = str(tmp_path / "copy.sqlite3")
    return send


def run_worker(send, port, point="none", wanted=1):
    """Run one worker to its end, or to its death; the state of an in-memory database goes there and back."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "sandbox")]),
        "WM_TEST_DATABASE": str(send.database),
        "WM_TEST_SMTP_PORT": str(port),
    }
    in_memory = connection.vendor == "sqlite" and connection.is_in_memory_db()
    if in_memory:
        copy_database(to=send.database)
    result = subprocess.run(  # noqa: S603  our own interpreter and module
        [sys.executable, "-W", "ignore", "-m", "tests.messaging.worker", point, str(wanted)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=False,
    )
    if in_memory:
        copy_database(back_from=send.database)
    return result


def copy_database(*, to=None, back_from=None):
    import sqlite3

    connection.ensure_connection()
    memory = connection.connection
    with sqlite3.connect(to or back_from) as file:
        if to:
            memory.backup(file)
        else:
            file.backup(memory)
    file.close()


def expire_leases():
    SendBatch.objects.filter(state="claimed").update(lease_until=timezone.now() - timedelta(seconds=1))


def states(send):
    counts = send_counts(send).as_dict()
    assert counts.pop("audience") == sum(counts.values()) == PEOPLE
    return {state: count for state, count in counts.items() if count}


@pytest.mark.parametrize(
    ("point", "wanted", "dead", "accepted", "end"),
    [
        # after claim: nothing has begun
        ("claim", 1, {"claimed": 4, "pending": 3}, 0, {"sent": 7}),
        # after intent: two were about to leave
        ("intent", 1, {"sending": 2, "claimed": 2, "pending": 3}, 0, {"unknown": 2, "sent": 5}),
        ("smtp.mail", 2, {"sending": 2, "claimed": 2, "pending": 3}, 1, {"unknown": 2, "sent": 5}),
        ("smtp.body", 1, {"sending": 2, "claimed": 2, "pending": 3}, 0, {"unknown": 2, "sent": 5}),
        # after the final dot: accepted, and nobody here knows
        ("smtp.final-dot", 1, {"sending": 2, "claimed": 2, "pending": 3}, 1, {"unknown": 2, "sent": 5}),
        ("smtp.reply", 2, {"sending": 2, "claimed": 2, "pending": 3}, 2, {"unknown": 2, "sent": 5}),
        ("sent", 1, {"sending": 2, "claimed": 2, "pending": 3}, 2, {"unknown": 2, "sent": 5}),
        # after outcome: two are settled, the rest has not begun
        ("outcome", 1, {"sent": 2, "claimed": 2, "pending": 3}, 2, {"sent": 7}),
        ("outcome", 3, {"sent": 6, "claimed": 1}, 6, {"sent": 7}),
    ],
)
def test_a_worker_that_dies(running, sink, point, wanted, dead, accepted, end):
    result = run_worker(running, sink.port, point, wanted)
    assert result.returncode == 9, result.stderr.decode()
    assert states(running) == dead
    assert len(sink.messages) == accepted

    # Before its lease is over nobody touches what it held.
    held = set(Message.objects.filter(state="sending").values_list("pk", flat=True))
    expire_leases()
    result = run_worker(running, sink.port)
    assert result.returncode == 0, result.stderr.decode()
    assert states(running) == end
    running.refresh_from_db()
    assert running.state == "done"

    copies = Counter(message.recipients[0] for message in sink.messages)
    assert max(copies.values()) == 1
    sent = set(Message.objects.filter(state="sent").values_list("address", flat=True))
    unknown = set(Message.objects.filter(state="unknown").values_list("address", flat=True))
    assert sent <= set(copies) <= sent | unknown
    assert held == set(Message.objects.filter(state="unknown").values_list("pk", flat=True))


def test_two_workers_share_the_work_and_nobody_gets_two(running, sink):
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("Two processes need a database that both can open.")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "sandbox")]),
        "WM_TEST_DATABASE": str(running.database),
        "WM_TEST_SMTP_PORT": str(sink.port),
    }
    command = [sys.executable, "-W", "ignore", "-m", "tests.messaging.worker", "none", "1"]
    workers = [
        subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE)  # noqa: S603
        for _worker in range(2)
    ]
    for worker in workers:
        _out, error = worker.communicate(timeout=120)
        assert worker.returncode == 0, error.decode()
    assert states(running) == {"sent": PEOPLE}
    assert sorted(message.recipients[0] for message in sink.messages) == [f"p{i}@example.com" for i in range(PEOPLE)]
