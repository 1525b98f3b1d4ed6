"""What the shop reports in its own transaction: as committed as the shop's change, and never in its way."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from wagtail_marketing import host
from wagtail_marketing.activity.models import Activity
from wagtail_marketing.activity.services import fill
from wagtail_marketing.commerce import handlers as ours
from wagtail_marketing.commerce import services
from wagtail_marketing.commerce.models import Cart, ContactTotals, Order, Product, SyncFault
from wagtail_marketing.contacts.models import Contact, FactRange
from wagtail_marketing.host import handlers

from .conftest import NOW, cart, customer, order, refund

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def filled(shop):
    services.sync(adapter=shop)


def test_an_order_is_in_the_mirror_when_it_is_in_the_shop(shop):
    host.order_placed(order(1, codes=("TEN",)))
    row = Order.objects.get()
    assert (row.ref, row.contact.external_key, row.lines.count()) == ("o-001", "c-1", 2)
    assert ContactTotals.objects.get().total_base == 440
    assert fill() == 3
    assert list(Activity.objects.filter(type="order.placed").values_list("ref", "subject", "data")) == [
        (f"order:{row.pk}", "001", {"total_minor": 440, "currency": "USD"})
    ]


def test_repeating_an_event_changes_nothing(shop):
    host.order_placed(order(1))
    host.order_refunded(order(1, refunds=(refund("r-1", "1.20", "1"),)))
    last = order(1, refunds=(refund("r-1", "1.20", "1"),), cancelled_at=NOW)
    host.order_cancelled(last)
    fill()
    before = Order.objects.values_list().get()
    host.order_cancelled(last)
    assert FactRange.objects.count() == 0
    assert Order.objects.values_list().get() == before
    assert (ContactTotals.objects.count(), Order.objects.get().refunded_minor) == (0, 120)
    assert sorted(Activity.objects.filter(type__startswith="order").values_list("type", flat=True)) == [
        "order.cancelled",
        "order.placed",
        "order.refunded",
    ]


def test_the_whole_rolls_back_with_the_shop(shop):
    with pytest.raises(RuntimeError), transaction.atomic():
        host.order_placed(order(1))
        host.customer_changed(customer(9))
        raise RuntimeError("payment failed")
    assert (Order.objects.count(), Contact.objects.filter(external_key="c-9").count()) == (0, 0)
    assert (FactRange.objects.filter(source="order").count(), ContactTotals.objects.count()) == (0, 0)


def test_a_fault_of_the_mirror_lets_the_order_through_and_the_next_sync_repairs_it(shop, monkeypatch, caplog):
    def broken(**options):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nonsense FROM nowhere")

    monkeypatch.setattr(ours, "mirror_orders", broken)
    shop.add(order(1))
    with transaction.atomic():
        host.order_placed(order(1))
        # The shop's own transaction is whole.
        assert Contact.objects.count() == 3
    assert (Order.objects.count(), SyncFault.objects.values_list("event", "ref").get()) == (
        0,
        ("order_placed", "o-001"),
    )
    assert "the next sync repeats it" in caplog.text
    monkeypatch.undo()
    report = services.sync(adapter=shop)
    assert (report.faults_repaired, Order.objects.get().ref, SyncFault.objects.count()) == (1, "o-001", 0)
    assert ContactTotals.objects.get().order_count == 1


def test_without_the_fence_the_fault_rejects_the_order(shop, monkeypatch):
    def broken(**options):
        raise RuntimeError("mirror")

    monkeypatch.setattr(ours, "mirror_orders", broken)
    unfenced = [replace(one, fenced=False) for one in handlers._handlers["order_placed"]]
    monkeypatch.setitem(handlers._handlers, "order_placed", unfenced)
    with pytest.raises(RuntimeError, match="mirror"):
        host.order_placed(order(1))


def test_an_object_that_the_adapter_cannot_read_is_a_fault_too(shop, monkeypatch, caplog):
    class ShopOrder:
        pk = "o-001"

    def unreadable(thing):
        raise ValueError("no such field")

    monkeypatch.setattr(shop, "order", unreadable, raising=False)
    host.order_placed(ShopOrder())
    assert SyncFault.objects.values_list("event", "ref").get() == ("order_placed", "o-001")
    services.sync(adapter=shop)
    assert SyncFault.objects.count() == 0


def test_a_fault_that_cannot_be_repaired_waits(shop):
    from wagtail_marketing.commerce.services import faults

    shop.add(order(1, currency="EUR"))
    faults.note("order_placed", "o-001")
    faults.note("order_placed", "o-001")
    report = services.sync(adapter=shop)
    assert (report.faults_repaired, Order.objects.count()) == (0, 0)
    # The one that the shop's call left, and the one that the sync leaves for what it cannot read.
    assert sorted(SyncFault.objects.values_list("event", flat=True)) == ["order_changed", "order_placed"]
    assert len(report.errors) == 1


def test_what_is_gone_since_the_fault_is_taken_out(shop):
    from wagtail_marketing.commerce.services import faults

    host.order_placed(order(1))
    faults.note("order_changed", "o-001")
    services.sync(adapter=shop, kinds=["orders"])
    assert (Order.objects.count(), SyncFault.objects.count()) == (0, 0)


def test_carts_customers_and_products(shop):
    host.cart_changed(cart(1))
    assert Cart.objects.get().total_base == 240
    host.cart_changed(cart(1, lines=()))
    assert Cart.objects.count() == 0
    host.customer_changed(customer(1, first_name="Anna"))
    assert Contact.objects.get(external_key="c-1").first_name == "Anna"
    host.customer_deleted("c-1")
    assert Contact.objects.get(external_key="c-1").host_deleted_at is not None
    host.product_changed(replace(shop.rows["products"]["milk"], price=Decimal("9.99"), stock=0))
    assert Product.objects.values_list("price_minor", "stock").get(ref="milk") == (999, 0)


def test_a_customer_who_closed_the_account_is_marked(shop, monkeypatch):
    from wagtail_marketing.host.errors import NoSuchRow

    class Closed:
        pk = "c-2"

    def not_let_through(thing):
        raise NoSuchRow("closed")

    monkeypatch.setattr(shop, "customer", not_let_through, raising=False)
    host.customer_changed(Closed())
    assert Contact.objects.get(external_key="c-2").host_deleted_at is not None


def test_a_checkout_costs_a_fixed_number_of_statements(shop, django_assert_max_num_queries):
    host.order_placed(order(1))
    with django_assert_max_num_queries(30):
        host.order_placed(order(2))


def test_the_storefronts_own_objects(db):
    from shop import models as storefront

    ann = storefront.Customer.objects.create(key="s-1", email="ann@example.com")
    milk = storefront.Product.objects.create(sku="milk", name="Milk", price="1.20")
    placed = storefront.Order.objects.create(number="s-1", customer=ann, total="2.40", placed_at=NOW)
    placed.lines.create(position=1, product=milk, sku="milk", name="Milk", quantity=2, amount="2.40")
    adapter = host._site_adapter()
    with host.adapter_replaced(adapter):
        host.order_placed(placed)
    row = Order.objects.get(ref="s-1")
    assert (row.total_minor, row.contact.email, row.lines.get().sku) == (240, "ann@example.com", "milk")


def test_the_command_runs_after_the_handlers(shop):
    shop.add(order(1))
    host.order_placed(order(1))
    call_command("marketing_sync", verbosity=0)
    assert Order.objects.count() == 1
