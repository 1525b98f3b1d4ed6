"""Two change one list at once, on PostgreSQL: SQLite lets one writer in at a time."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, connections, transaction

from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import Contact, ContactList, ListMembership
from wagtail_marketing.contacts.services import lists as guard

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def people(count: int) -> list[int]:
    made = [Contact(external_key=f"c-{number}", created_at=NOW, updated_at=NOW) for number in range(count)]
    return [contact.pk for contact in Contact.objects.bulk_create(made)]


def test_two_who_add_the_same_people_make_one_row_each():
    vips, ids = services.create_list(name="VIPs"), people(200)
    barrier, added, errors = threading.Barrier(4), [], []

    def add():
        try:
            barrier.wait(10)
            added.append(services.add_to_list(contact_list=ContactList.objects.get(pk=vips.pk), contacts=ids))
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    vips.refresh_from_db()
    assert (errors, sorted(added)) == ([], [0, 0, 0, 200])
    assert (ListMembership.objects.count(), vips.size) == (200, 200)


def race_of_two_batches_that_cross() -> list[Exception]:
    """One adds A then B, the other B then A, each in one transaction, as two imports of one file would."""
    vips, (one, two) = services.create_list(name="VIPs"), people(2)
    barrier, errors = threading.Barrier(2), []

    def add(first: int, second: int):
        try:
            with transaction.atomic():
                barrier.wait(10)
                services.add_to_list(contact_list=ContactList.objects.get(pk=vips.pk), contacts=[first])
                threading.Event().wait(0.5)
                services.add_to_list(contact_list=ContactList.objects.get(pk=vips.pk), contacts=[second])
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    vips.refresh_from_db()
    assert vips.size == ListMembership.objects.count() == 2
    return errors


def test_two_batches_that_cross_wait_for_each_other():
    assert race_of_two_batches_that_cross() == []


def test_without_the_lock_they_meet_in_a_deadlock(monkeypatch):
    monkeypatch.setattr(guard, "_lock_list", False)
    errors = race_of_two_batches_that_cross()
    assert [type(error).__name__ for error in errors] == ["OperationalError"]
