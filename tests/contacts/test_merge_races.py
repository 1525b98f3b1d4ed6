"""A merge and something else about the same person at once, on PostgreSQL: nothing is lost."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction

from wagtail_marketing.commerce import services as commerce
from wagtail_marketing.commerce.models import ContactTotals, Order
from wagtail_marketing.commerce.services import people
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import ConsentState, Contact, LeftAddress
from wagtail_marketing.contacts.services import locks
from wagtail_marketing.host.types import HostOrder, HostOrderLine
from wagtail_marketing.testing.memory_host import MemoryHost

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def race(something: Callable[[Contact], None]) -> tuple[Contact, int]:
    """``something`` about the lost contact begins while the merge is written but not committed."""
    keep = services.create_contact(source="api", email="ann@example.com")
    gone = services.create_contact(source="order", email="ash@example.com")
    merged, errors = threading.Event(), []

    def meanwhile():
        merged.wait(5)
        try:
            something(gone)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=meanwhile)
    thread.start()
    with transaction.atomic():
        services.merge_contacts(keep=keep, gone=gone)
        merged.set()
        # Long enough for the other to have looked, unless it waits for our lock.
        thread.join(0.7)
    thread.join(10)
    return keep, len(errors)


def an_order_arrives(gone: Contact) -> None:
    lines = (HostOrderLine("1", "milk", 1, Decimal("10.00")),)
    order = HostOrder("o-1", NOW, "USD", Decimal("10.00"), "", email=gone.email, lines=lines)
    with MemoryHost(order).active() as host, transaction.atomic():
        mirrored = commerce.mirror_orders(orders=[order], adapter=host, now=NOW)
        commerce.refresh_totals(contacts=mirrored.contacts)


def test_an_order_that_arrives_meanwhile_is_the_survivors():
    keep, errors = race(an_order_arrives)
    assert (Order.objects.get().contact_id, errors) == (keep.pk, 0)
    assert ContactTotals.objects.get().contact_id == keep.pk
    assert Contact.objects.count() == 1


def test_without_the_lock_the_order_is_refused(monkeypatch):
    monkeypatch.setattr(people, "_lock_contacts", False)
    _keep, errors = race(an_order_arrives)
    assert (Order.objects.count(), errors) == (0, 1)


def somebody_leaves(gone: Contact) -> None:
    services.unsubscribe(contact=gone, channel="email")


def test_who_leaves_meanwhile_has_left_as_the_survivor():
    keep, errors = race(somebody_leaves)
    state = ConsentState.objects.get()
    assert (state.contact_id, state.state, errors) == (keep.pk, "unsubscribed", 0)
    assert LeftAddress.objects.get().address_hash != state.address_hash


def test_without_the_lock_the_click_is_lost(monkeypatch):
    monkeypatch.setattr(locks, "_lock_contacts", False)
    _keep, errors = race(somebody_leaves)
    assert (ConsentState.objects.count(), errors) == (0, 1)


def test_two_merges_the_other_way_round_do_not_hang():
    def the_other_way(gone: Contact) -> None:
        keep = Contact.objects.exclude(pk=gone.pk).get()
        services.merge_contacts(keep=gone, gone=keep)

    keep, errors = race(the_other_way)
    assert (Contact.objects.get(), errors) == (keep, 1)
