"""A checkout while a sync recounts, on PostgreSQL: SQLite lets one writer in at a time."""

import threading

import pytest
from django.db import connection, connections, transaction

from wagtail_marketing import host
from wagtail_marketing.commerce import services
from wagtail_marketing.commerce.models import ContactTotals
from wagtail_marketing.commerce.services import totals

from .conftest import order

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def checkout_while_everybody_is_recounted(shop) -> int:
    """Returns the orders that the totals know at the end; two were placed."""
    services.sync(adapter=shop)
    host.order_placed(order(1))
    placed, errors = threading.Event(), []

    def recount():
        try:
            placed.wait(5)
            services.refresh_totals()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=recount)
    thread.start()
    with transaction.atomic():
        host.order_placed(order(2))
        placed.set()
        # Long enough for the other to have counted, unless it waits for our lock.
        thread.join(0.7)
    thread.join(10)
    assert errors == []
    return ContactTotals.objects.get().order_count


def test_a_recount_waits_for_the_checkout_and_counts_it(shop):
    assert checkout_while_everybody_is_recounted(shop) == 2


def test_without_the_lock_the_recount_forgets_it(shop, monkeypatch):
    monkeypatch.setattr(totals, "_lock_contacts", False)
    assert checkout_while_everybody_is_recounted(shop) == 1
