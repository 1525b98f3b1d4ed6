"""The sync: what it writes, that it repeats itself harmlessly, resumes, and finds what is gone."""

import importlib
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command

from wagtail_marketing.activity.models import Activity
from wagtail_marketing.commerce import services
from wagtail_marketing.commerce.errors import SyncBusy
from wagtail_marketing.commerce.models import (
    Cart,
    ContactTotals,
    Order,
    OrderCode,
    OrderLine,
    Product,
    Refund,
    SyncState,
)
from wagtail_marketing.contacts import selectors
from wagtail_marketing.contacts.models import ConsentEvent, Contact, ContactAttribute, FactRange
from wagtail_marketing.core import clock

from .conftest import NOW, cart, customer, order, refund

#: ``services.sync`` is the function; its module holds what these tests replace.
sync_module = importlib.import_module("wagtail_marketing.commerce.services.sync")
pytestmark = pytest.mark.django_db


def tables() -> dict[str, list]:
    models = (
        Contact,
        ContactAttribute,
        Product,
        Order,
        OrderLine,
        OrderCode,
        Refund,
        Cart,
        ContactTotals,
        ConsentEvent,
    )
    return {model.__name__: list(model.objects.order_by("pk").values_list()) for model in models}


def run(shop, **options):
    return services.sync(adapter=shop, **options)


def counts(report, kind):
    found = report.kinds[kind]
    return found.read, found.created, found.updated, found.unchanged, found.deleted


def test_the_first_sync_writes_everything(shop):
    shop.add(
        order(1, codes=(" ten ", "TEN"), refunds=(refund("r-1", "1.20", "1"), refund("r-2", "0.30"))),
        order(2, cancelled_at=NOW),
        order(3, to=2, currency="USD"),
        cart(1),
    )
    report = run(shop)
    assert report.errors == []
    assert counts(report, "customers") == (3, 3, 0, 0, 0)
    assert counts(report, "products") == (2, 2, 0, 0, 0)
    assert counts(report, "orders") == (3, 3, 0, 0, 0)
    assert counts(report, "carts") == (1, 1, 0, 0, 0)
    ann = Contact.objects.get(external_key="c-1")
    assert (ann.email_normalised, ann.email_domain, ann.first_name_folded) == ("c1@example.com", "example.com", "ann")
    assert ann.created_at == NOW - timedelta(days=400)
    assert ann.attributes == {"age": "19-24", "visits": 1, "since": "2020-01-02", "vip": True}
    rows = {row.name: row for row in ann.attribute_values.all()}
    assert (rows["age"].folded, rows["vip"].folded) == ("19-24", "true")
    assert (rows["visits"].number, rows["since"].date) == (Decimal(1), date(2020, 1, 2))
    assert [row.external_key for row in selectors.deliverable("email").order_by("pk")] == ["c-1", "c-3"]
    milk = Product.objects.get(ref="milk")
    assert (milk.price_minor, milk.stock, milk.active) == (120, 5, True)
    assert sorted(milk.categories.values_list("name", "folded")) == [("DAIRY", "dairy"), ("Milk", "milk")]
    first = Order.objects.get(ref="o-001")
    assert (first.contact, first.total_minor, first.total_base, first.refunded_minor) == (ann, 440, 440, 150)
    assert [row.code for row in first.codes.all()] == ["TEN"]
    lines = list(
        first.lines.order_by("ref").values_list("sku", "product__ref", "quantity", "total_base", "refunded_base")
    )
    assert lines == [("milk", "milk", 2, 240, 120), ("bread", "bread", 1, 200, 0)]
    assert list(first.refunds.order_by("ref").values_list("ref", "line__ref", "amount_base")) == [
        ("r-1", "1", 120),
        ("r-2", None, 30),
    ]
    totals = ContactTotals.objects.get(contact=ann)
    assert (totals.order_count, totals.total_base, totals.max_base) == (1, 290, 290)
    assert totals.first_order_at == totals.last_order_at == NOW - timedelta(days=1)
    assert ContactTotals.objects.count() == 2
    assert Cart.objects.get().lines == [{"sku": "milk", "product_ref": "milk", "quantity": 2, "total_minor": 240}]


def test_a_second_sync_changes_nothing(shop):
    shop.add(order(1, refunds=(refund("r-1", "1.20", "1"),), codes=("TEN",)), order(2, to=2), cart(1))
    run(shop)
    before = tables()
    for full in (False, True):
        report = run(shop, full=full)
        assert report.changed == 0
        assert tables() == before


def test_later_syncs_read_only_what_changed(shop):
    shop.add(*(order(number) for number in range(1, 6)))
    run(shop)
    started = SyncState.objects.get(kind="orders").covered_until
    shop.add(order(3, lines=((1, "milk", 1, "1.20"),), updated_at=clock.now()))
    shop.reads.clear()
    report = run(shop, kinds=["orders"])
    assert shop.reads == [("orders", "", started - sync_module.OVERLAP)]
    assert counts(report, "orders") == (1, 0, 1, 0, 0)
    third = Order.objects.get(ref="o-003")
    assert [row.sku for row in third.lines.all()] == ["milk"]
    assert ContactTotals.objects.get(contact__external_key="c-1").total_base == 4 * 440 + 120


def test_an_order_that_changes_hands_moves_the_totals(shop):
    shop.add(order(1), order(2))
    run(shop)
    shop.add(order(2, to=2, updated_at=clock.now()))
    run(shop)
    totals = dict(ContactTotals.objects.values_list("contact__external_key", "order_count"))
    assert totals == {"c-1": 1, "c-2": 1}
    shop.add(order(2, to=2, updated_at=clock.now(), cancelled_at=NOW))
    run(shop)
    assert dict(ContactTotals.objects.values_list("contact__external_key", "order_count")) == {"c-1": 1}


def test_a_kill_loses_at_most_one_batch(shop, monkeypatch):
    shop.add(*(order(number) for number in range(1, 8)))
    whole = services.mirror_orders

    def killed(*, orders, **options):
        if orders[0].ref == "o-005":
            raise KeyboardInterrupt
        return whole(orders=orders, **options)

    monkeypatch.setattr(sync_module, "mirror_orders", killed)
    with pytest.raises(KeyboardInterrupt):
        run(shop, batch=2)
    assert Order.objects.count() == 4
    state = SyncState.objects.get(kind="orders")
    assert (state.after, state.completed_at) == ("o-004", None)
    monkeypatch.setattr(sync_module, "mirror_orders", whole)
    shop.reads.clear()
    report = run(shop, batch=2)
    assert ("orders", "o-004", None) in shop.reads
    assert (report.kinds["orders"].resumed, counts(report, "orders")) == (True, (3, 3, 0, 0, 0))
    assert ContactTotals.objects.get(contact__external_key="c-1").order_count == 7
    assert SyncState.objects.get(kind="orders").started_at is None


def test_a_batch_that_fails_leaves_no_half_of_it(shop, monkeypatch):
    shop.add(order(1), order(2))

    def broken(*args, **options):
        raise RuntimeError("power cut")

    monkeypatch.setattr("wagtail_marketing.commerce.services.orders._write_lines", broken)
    with pytest.raises(RuntimeError):
        run(shop)
    assert (Order.objects.count(), SyncState.objects.get(kind="orders").after) == (0, "")


def test_what_is_gone_in_the_shop_is_found(shop):
    shop.add(order(1, refunds=(refund("r-1", "1.20", "1"),)), order(2), cart(1))
    run(shop)
    call_command("marketing_sync", verbosity=0)
    assert Activity.objects.filter(type__startswith="order.").count() == 3
    shop.remove("orders", "o-001")
    shop.remove("customers", "c-3")
    shop.remove("products", "bread")
    shop.remove("carts", "k-1")
    report = run(shop)
    assert {kind: found.deleted for kind, found in report.kinds.items()} == dict.fromkeys(report.kinds, 1)
    assert [row.ref for row in Order.objects.all()] == ["o-002"]
    assert OrderLine.objects.count() == 2
    assert Contact.objects.get(external_key="c-3").host_deleted_at is not None
    assert Product.objects.get(ref="bread").active is False
    assert Cart.objects.count() == 0
    assert ContactTotals.objects.get(contact__external_key="c-1").order_count == 1
    call_command("marketing_sync", verbosity=0)
    assert list(Activity.objects.filter(type__startswith="order.").values_list("type", "subject")) == [
        ("order.placed", "002")
    ]


def test_a_shop_that_seems_empty_is_not_believed(shop):
    shop.add(*(order(number) for number in range(1, 121)))
    run(shop)
    shop.rows["orders"].clear()
    report = run(shop)
    assert Order.objects.count() == 120
    assert report.warnings == [
        "The shop lacks 120 of 120 orders that it had. Look at the adapter's filter; if it is so, sync with "
        "--allow-deletions."
    ]
    run(shop, allow_deletions=True)
    assert Order.objects.count() == 0


def test_an_order_that_cannot_be_read_is_left_out_and_named(shop):
    shop.add(order(1), order(2, currency="EUR"), order(3, total=Decimal("9" * 30)))
    report = run(shop)
    assert [row.ref for row in Order.objects.all()] == ["o-001"]
    assert [(error.kind, error.key) for error in report.errors] == [("orders", "o-002"), ("orders", "o-003")]
    assert "no rate from EUR to USD" in str(report.errors[0])
    assert report.kinds["orders"].skipped == 2
    # Put right without being touched in the shop: the next sync reads it all the same.
    shop.rows["orders"]["o-002"] = order(2, updated_at=NOW - timedelta(days=9))
    report = run(shop)
    assert (report.faults_repaired, report.kinds["orders"].skipped) == (1, 1)
    assert [row.ref for row in Order.objects.order_by("ref")] == ["o-001", "o-002"]


def test_another_currency_by_the_shops_own_rate(shop, monkeypatch):
    monkeypatch.setattr(shop, "to_base", lambda amount, currency, at: amount * 2, raising=False)
    shop.add(order(1, currency="EUR", refunds=(refund("r-1", "1.20", "1"),)))
    run(shop)
    row = Order.objects.get()
    assert (row.currency, row.total_minor, row.total_base, row.refunded_minor, row.refunded_base) == (
        "EUR",
        440,
        880,
        120,
        240,
    )
    assert ContactTotals.objects.get().total_base == 640


def test_a_guest_becomes_a_contact_by_address_and_an_abandoned_cart_does_not(shop):
    shop.add(
        order(1, to=0, email="Guest@Example.com"),
        order(2, to=0, email="guest@example.com"),
        order(3, to=0, email="C2@example.com"),
        order(4, to=0),
        cart(1, customer_key="", email="other@example.com"),
    )
    run(shop)
    guest = Contact.objects.get(external_key=None)
    assert (guest.email, guest.source, guest.orders.count()) == ("Guest@Example.com", "order", 2)
    assert Order.objects.get(ref="o-003").contact.external_key == "c-2"
    assert Order.objects.get(ref="o-004").contact is None
    assert Cart.objects.get().contact is None
    assert not selectors.deliverable("email").filter(pk=guest.pk).exists()


def test_a_customer_who_signed_up_meanwhile_is_read_with_the_order(shop):
    run(shop, kinds=["customers"])
    shop.add(customer(9), order(1, to=9))
    run(shop, kinds=["orders"])
    assert Order.objects.get().contact.external_key == "c-9"


def test_the_shops_no_takes_back_the_shops_yes_and_nothing_else(shop):
    from wagtail_marketing.contacts.services import record_consent

    run(shop)
    second = Contact.objects.get(external_key="c-2")
    record_consent(contact=second, channel="email", state="subscribed", strength=2, source="form")
    shop.add(customer(1, consent={}), customer(2, first_name="Bo", consent={}))
    report = run(shop, full=True)
    assert report.consent_changed == 1
    assert [row.external_key for row in selectors.deliverable("email").order_by("pk")] == ["c-2", "c-3"]


def test_a_second_run_takes_over_from_the_first(shop):
    shop.add(order(1), order(2))
    before = sync_module.mirror_orders

    def overtaken(**options):
        SyncState.objects.filter(kind="orders").update(holder=99)
        return before(**options)

    sync_module.mirror_orders = overtaken
    try:
        with pytest.raises(SyncBusy):
            run(shop, batch=1)
    finally:
        sync_module.mirror_orders = before


def test_text_that_databases_refuse_is_made_plain(shop):
    shop.add(customer(1, first_name="A\x00nn", city="x" * 300), order(1, channel="a\ud800b\x00" + "c" * 100))
    run(shop)
    ann = Contact.objects.get(external_key="c-1")
    assert (ann.first_name, len(ann.city)) == ("Ann", 100)
    assert Order.objects.get().channel == "ab" + "c" * 58


def test_products_move_between_categories(shop):
    run(shop)
    milk = shop.rows["products"]["milk"]
    shop.add(replace(milk, categories=("DRINKS", "DAIRY"), price=Decimal("1.30"), updated_at=clock.now()))
    report = run(shop, kinds=["products"])
    row = Product.objects.get(ref="milk")
    assert sorted(row.categories.values_list("name", flat=True)) == ["DAIRY", "DRINKS"]
    assert (row.price_minor, report.kinds["products"].updated) == (130, 1)


def test_the_command_reports_as_json_and_fills_the_log(shop, capsys):
    shop.add(order(1, cancelled_at=NOW, refunds=(refund("r-1", "1.20"),)), order(2, currency="EUR"))
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("marketing_sync", "--json", stdout=out, stderr=err)
    assert ended.value.code == 1
    report = json.loads(out.getvalue())
    assert (report["orders"]["created"], report["orders"]["skipped"], report["error_count"]) == (1, 1, 1)
    assert (report["consent_changed"], report["activities"]) == (2, 5)
    assert "orders: 2 / 2" in err.getvalue()
    assert FactRange.objects.count() == 0
    call_command("marketing_sync", "--full", "--json", "--kind", "customers", stdout=io.StringIO(), stderr=err)


def test_a_batch_costs_a_fixed_number_of_statements(shop, django_assert_max_num_queries):
    shop.add(*(order(number, to=number % 3 + 1) for number in range(1, 51)))
    run(shop, kinds=["customers", "products"])
    with django_assert_max_num_queries(45):
        run(shop, kinds=["orders"])
    assert Order.objects.count() == 50
