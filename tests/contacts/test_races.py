"""Two at once, on PostgreSQL: SQLite lets one writer in at a time."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, connections, transaction

from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import ConsentState, Contact, Strength
from wagtail_marketing.contacts.services import consent as guard

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def race_of_an_import_against_a_click() -> str:
    """The shop's word is judged while an unsubscribe is written but not committed; returns the end state."""
    ann = services.create_contact(source="sync", external_key="c-1", email="ann@example.com")
    left, errors = threading.Event(), []

    def shop_says_yes():
        try:
            left.wait(5)
            services.apply_host_consent(given={"c-1": {"email": NOW}}, channels=("email",))
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=shop_says_yes)
    thread.start()
    with transaction.atomic():
        services.unsubscribe(contact=ann, channel="email")
        left.set()
        # Long enough for the other to have looked, unless it waits for our lock.
        thread.join(0.7)
    thread.join(10)
    assert Contact.objects.count() == 1
    return f"{ConsentState.objects.get().state} {len(errors)}"


def test_an_import_does_not_undo_a_click_of_the_same_moment():
    assert race_of_an_import_against_a_click() == "unsubscribed 0"


def test_without_the_lock_the_import_trips_over_the_click(monkeypatch):
    monkeypatch.setattr(guard, "_lock_contacts", False)
    # The unique constraint is the second guard: the import fails instead of waiting and judging anew.
    assert race_of_an_import_against_a_click() == "unsubscribed 1"


def race_of_two_acts() -> str:
    """Somebody who is subscribed by the shop's word leaves while an old import says yes again."""
    ann = services.create_contact(source="sync", external_key="c-1", email="ann@example.com")
    services.record_consent(
        contact=ann, channel="email", state="pending", strength=Strength.WEAK, source="api", occurred_at=NOW
    )
    left = threading.Event()

    def shop_says_yes():
        try:
            left.wait(5)
            services.apply_host_consent(given={"c-1": {"email": NOW}}, channels=("email",))
        finally:
            connections.close_all()

    thread = threading.Thread(target=shop_says_yes)
    thread.start()
    with transaction.atomic():
        services.unsubscribe(contact=ann, channel="email")
        left.set()
        thread.join(0.7)
    thread.join(10)
    return ConsentState.objects.get().state


def test_a_yes_that_was_judged_before_the_click_does_not_win():
    assert race_of_two_acts() == "unsubscribed"


def test_without_the_lock_the_yes_wins(monkeypatch):
    monkeypatch.setattr(guard, "_lock_contacts", False)
    assert race_of_two_acts() == "subscribed"
