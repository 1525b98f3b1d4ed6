"""Imports, syncs, API sign-ups and one-click unsubscribes at once, on real connections: who left stays gone.

PostgreSQL only: SQLite lets one writer in at a time. The twins run the same storm without a guard, and it must
show people who were brought back: else the storm proves nothing.
"""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection, connections

from wagtail_marketing.contacts import selectors, services
from wagtail_marketing.contacts.engine.consent import Verdict
from wagtail_marketing.contacts.engine.consent import judge as real_judge
from wagtail_marketing.contacts.models import ConsentChoice, ConsentState, Contact, Strength
from wagtail_marketing.contacts.services import consent, locks, opt_in, reported
from wagtail_marketing.core import clock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEOPLE, ROUNDS = 12, 6
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
    pytest.mark.usefixtures("asked"),
]


@pytest.fixture(autouse=True)
def slow_judges(monkeypatch):
    """A moment between looking and writing, so that the windows are wide enough to be hit."""

    def judge(*args, **kwargs):
        time.sleep(0.002)
        return real_judge(*args, **kwargs)

    monkeypatch.setattr(reported, "judge", judge)
    monkeypatch.setattr(consent, "judge", judge)


def people_of(number: int) -> list[Contact]:
    """People who were asked and did not answer, and a shop and files that say of each: yes."""
    people = [
        services.create_contact(source="sync", external_key=f"{number}-{one}", email=f"p{number}-{one}@example.com")
        for one in range(PEOPLE)
    ]
    services.record_consents(
        channel="email", source="api", reports=[services.Report(one.pk, "pending", NOW) for one in people], now=NOW
    )
    return people


def storm(seed: int) -> set[str]:
    """The states in which people end who left in mid-storm."""
    dice = random.Random(seed)  # noqa: S311
    ended: set[str] = set()
    for number in range(ROUNDS):
        people = people_of(number)
        keys = {one.external_key: {"email": NOW} for one in people}
        start, done = threading.Barrier(5), threading.Event()
        errors: list[Exception] = []

        def sync(keys=keys):
            services.apply_host_consent(given=keys, channels=("email",))

        def read_a_file(people=people):
            reports = [services.Report(one.pk, "subscribed", NOW + timedelta(days=1)) for one in people]
            services.record_consents(channel="email", source="import", reports=reports)

        def call_the_api(people=people, order=dice.sample(range(PEOPLE), PEOPLE)):  # noqa: B008
            for place in order:
                contact = people[place]
                services.record_consent(
                    contact=contact, channel="email", state="subscribed", strength=Strength.WEAK, source="api"
                )

        def sign_up_again(people=people, order=dice.sample(range(PEOPLE), 4)):  # noqa: B008
            for place in order:
                services.sign_up(address=people[place].email, text="Yes", source="api")
            opt_in.drain(clock.now() + timedelta(seconds=5))

        def leave(people=people, order=dice.sample(range(PEOPLE), PEOPLE)):  # noqa: B008
            for place in order:
                services.unsubscribe(contact=people[place], channel="email")

        threads = [
            threading.Thread(target=_again_and_again, args=(work, start, done, errors))
            for work in (sync, read_a_file, call_the_api, sign_up_again)
        ]
        for thread in threads:
            thread.start()
        start.wait(10)
        time.sleep(dice.random() / 50)
        leave()
        done.set()
        for thread in threads:
            thread.join(30)
        assert [error for error in errors if not isinstance(error, OperationalError)] == []
        ended |= set(
            ConsentState.objects.filter(contact__in=people, topic=None).values_list("state", flat=True).distinct()
        )
    return ended


def _again_and_again(
    work: Callable[[], None], start: threading.Barrier, done: threading.Event, errors: list[Exception]
) -> None:
    try:
        start.wait(10)
        while True:
            last = done.is_set()
            try:
                work()
            except Exception as error:
                errors.append(error)
            if last:
                return
    finally:
        connections.close_all()


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_who_left_is_brought_back(seed):
    assert storm(seed) == {ConsentChoice.UNSUBSCRIBED}
    assert not selectors.deliverable("email").exists()


def test_without_the_locks_somebody_would_be(monkeypatch):
    monkeypatch.setattr(locks, "_lock_contacts", False)
    ended = set()
    for seed in range(5):
        ended |= storm(seed)
        Contact.objects.all().delete()
        if "subscribed" in ended:
            break
    assert "subscribed" in ended


def test_without_the_judge_everybody_would_be(monkeypatch):
    monkeypatch.setattr(reported, "judge", lambda *args, **kwargs: Verdict(True, "filled"))
    assert "subscribed" in storm(1)
