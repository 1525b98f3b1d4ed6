"""Two at once, on PostgreSQL: SQLite lets one writer in at a time."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, connections, transaction

from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import ConsentState, Contact, Strength, Suppression
from wagtail_marketing.contacts.services import locks as guard

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


def race_of_a_newcomer_against_a_click() -> str:
    """An import makes a second contact of an address, and reports its yes, while the address is leaving."""
    services.create_contact(source="sync", external_key="c-1", email="ann@example.com")
    made, left = threading.Event(), threading.Event()

    def imported():
        try:
            with transaction.atomic():
                twin = services.create_contact(source="import", email="ann@example.com")
                services.record_consents(
                    channel="email", source="import", reports=[services.Report(twin.pk, "subscribed", NOW)]
                )
                made.set()
                left.wait(0.7)
        finally:
            connections.close_all()

    thread = threading.Thread(target=imported)
    thread.start()
    made.wait(5)
    services.unsubscribe(contact=Contact.objects.get(), channel="email")
    left.set()
    thread.join(10)
    return " ".join(ConsentState.objects.order_by("contact_id").values_list("state", flat=True))


def test_who_is_being_made_while_the_address_leaves_has_left_too():
    assert race_of_a_newcomer_against_a_click() == "unsubscribed unsubscribed"


def test_without_the_lock_of_the_address_the_newcomer_would_be_written_to(monkeypatch):
    monkeypatch.setattr(guard, "_lock_contacts", False)
    assert race_of_a_newcomer_against_a_click() == "unsubscribed subscribed"


def suppressed_during_a_last_look() -> bool:
    """Whether a suppression is written while a worker holds the person for its last look."""
    ann = services.create_contact(source="sync", email="ann@example.com")

    def suppress():
        try:
            services.suppress(channel="email", address="ann@example.com", reason="complaint")
        finally:
            connections.close_all()

    thread = threading.Thread(target=suppress)
    with transaction.atomic(), connection.cursor() as cursor:
        # What ``messaging`` does before each message: see its ``intents``.
        cursor.execute(f"SELECT 1 FROM {Contact._meta.db_table} WHERE id = %s FOR SHARE", [ann.pk])  # noqa: S608
        thread.start()
        thread.join(0.7)
        seen = Suppression.objects.exists()
    thread.join(10)
    assert Suppression.objects.count() == 1
    return seen


def test_a_suppression_waits_for_the_last_look_that_came_before():
    assert suppressed_during_a_last_look() is False


def test_without_the_lock_a_message_would_leave_after_the_suppression(monkeypatch):
    monkeypatch.setattr(guard, "_lock_contacts", False)
    assert suppressed_during_a_last_look() is True
