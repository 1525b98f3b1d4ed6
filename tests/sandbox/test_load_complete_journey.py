"""Loading the data set: what is written, that it can be run again, and how times are shifted."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from shop.journey.loader import load
from shop.models import Category, Customer, Order, OrderLine, Product, Store

from .data import FIRST, LAST, SmallSource

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
SHIFT = timedelta(days=3245)


def counts():
    return [model.objects.count() for model in (Customer, Product, Category, Store, Order, OrderLine)]


def test_baskets_become_orders_of_customers():
    result = load(SmallSource(), shift=False)
    assert counts() == [2, 3, 3, 2, 4, 5]
    assert (result.new_orders, result.new_lines, result.placeholders, result.odd_lines) == (4, 5, 1, 0)
    order = Order.objects.get(number="1001")
    assert (order.customer.key, order.email, order.channel) == ("household-7", "household-7@example.com", "store")
    assert (order.total, order.discount, order.shipping) == (Decimal("3.99"), 0, 0)
    assert order.placed_at == order.paid_at == order.fulfilled_at == FIRST
    assert list(order.lines.values_list("position", "sku", "quantity", "unit_price", "amount")) == [
        (1, "11", 2, Decimal("1.50"), Decimal("3.00")),
        (2, "12", 1, Decimal("0.99"), Decimal("0.99")),
    ]


def test_demographics_become_attributes_and_their_lack_leaves_them_unset():
    load(SmallSource(), shift=False)
    known, unknown = Customer.objects.get(key="household-7"), Customer.objects.get(key="household-9")
    assert (known.age, known.income, known.home_ownership, known.marital_status) == ("45-54", "50-74K", "", "Married")
    assert (known.household_size, known.household_comp, known.kids_count) == ("2", "2 Adults No Kids", "0")
    assert (unknown.age, unknown.kids_count) == ("", "")
    assert known.joined == FIRST


def test_whoever_wants_news_has_a_date_for_it():
    load(SmallSource(), shift=False)
    for customer in Customer.objects.all():
        assert customer.news_by_email is (customer.news_by_email_at is not None)
        if customer.news_by_email:
            assert customer.joined <= customer.news_by_email_at < customer.joined + timedelta(hours=1)


def test_products_have_categories_the_last_price_and_a_placeholder_where_the_catalogue_lacks_one():
    load(SmallSource(), shift=False)
    bread = Product.objects.get(sku="11")
    assert (bread.name, bread.brand, bread.price, bread.active) == (
        "Bread: italian/french, 22 LB",
        "Private",
        Decimal("1.50"),
        True,
    )
    assert sorted(bread.categories.values_list("name", "parent__name")) == [("BREAD", "PASTRY"), ("PASTRY", None)]
    assert Product.objects.get(sku="12").price == Decimal("1.09")
    placeholder = Product.objects.get(sku="99")
    assert (placeholder.name, placeholder.categories.count()) == ("Article 99", 0)
    # Nobody bought soup, so only the whole catalogue has it, without a price and not on sale.
    assert not Product.objects.filter(sku="13").exists()
    load(SmallSource(), shift=False, whole_catalogue=True)
    assert Product.objects.values_list("active", "price").get(sku="13") == (False, 0)


def test_odd_lines_keep_the_amount_of_the_order():
    lines = [(7, 1, 1, 11, quantity, cents, FIRST) for quantity, cents in ((0, 250), (3, 100), (5000, 1290), (2, 50))]
    result = load(SmallSource(lines), shift=False)
    assert result.odd_lines == 3
    assert list(OrderLine.objects.values_list("quantity", "amount")) == [
        (1, Decimal("2.50")),
        (1, Decimal("1.00")),
        (1, Decimal("12.90")),
        (2, Decimal("0.50")),
    ]
    assert Order.objects.get().total == Decimal("16.90")


def test_times_are_shifted_by_whole_days_so_that_the_last_order_was_yesterday():
    result = load(SmallSource(), today=TODAY)
    assert result.shift_days == SHIFT.days
    assert Order.objects.get(number="1004").placed_at == LAST + SHIFT == datetime(2026, 11, 20, 4, 1, 20, tzinfo=UTC)
    assert Order.objects.get(number="1001").placed_at == FIRST + SHIFT
    assert Customer.objects.get(key="household-7").joined == FIRST + SHIFT


def test_a_second_run_changes_nothing():
    load(SmallSource(), today=TODAY)
    before, orders = counts(), list(Order.objects.order_by("pk").values())
    result = load(SmallSource(), today=TODAY)
    assert counts() == before
    assert list(Order.objects.order_by("pk").values()) == orders
    assert (result.new_customers, result.new_products, result.new_orders, result.new_lines, result.moved_days) == (
        0,
        0,
        0,
        0,
        0,
    )


def test_a_second_run_leaves_what_the_shop_changed():
    load(SmallSource(), today=TODAY)
    when = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    Order.objects.filter(number="1001").update(cancelled_at=when)
    Product.objects.filter(sku="11").update(price=Decimal("9.99"), stock=1)
    Customer.objects.filter(key="household-7").update(news_by_email=False, news_by_email_at=None, email="x@example.org")
    load(SmallSource(), today=TODAY)
    assert Order.objects.get(number="1001").cancelled_at == when
    assert Product.objects.values_list("price", "stock").get(sku="11") == (Decimal("9.99"), 1)
    assert Customer.objects.values_list("news_by_email", "email").get(key="household-7") == (False, "x@example.org")


def test_a_run_on_a_later_day_moves_all_orders_along():
    load(SmallSource(), today=TODAY)
    marks = dict(Order.objects.values_list("number", "updated_at"))
    result = load(SmallSource(), today=TODAY + timedelta(days=3))
    assert (result.moved_days, result.new_orders) == (3, 0)
    order = Order.objects.get(number="1001")
    assert order.placed_at == order.paid_at == FIRST + SHIFT + timedelta(days=3)
    # A sync that asks what changed must find them.
    assert all(order.updated_at > marks[order.number] for order in Order.objects.all())
    customer = Customer.objects.get(key="household-7")
    assert customer.joined == FIRST + SHIFT + timedelta(days=3)
    if customer.news_by_email:
        assert customer.news_by_email_at - customer.joined < timedelta(hours=1)


def test_an_order_of_the_web_shop_is_not_moved():
    load(SmallSource(), today=TODAY)
    when = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    Order.objects.create(number="W1", placed_at=when, channel=Order.Channel.WEB)
    load(SmallSource(), today=TODAY + timedelta(days=3))
    assert Order.objects.get(number="W1").placed_at == when


def test_a_smaller_load_after_a_larger_one_puts_nothing_into_the_future():
    load(SmallSource(), today=TODAY)
    # Household 7 has the last order; a load without it must not pull it past yesterday.
    only_nine = [line for line in SmallSource().lines() if line[0] == 9]
    result = load(SmallSource(only_nine), today=TODAY)
    assert (result.moved_days, result.shift_days) == (0, SHIFT.days)


def test_a_load_that_was_cut_off_is_completed():
    load(SmallSource(list(SmallSource().lines())[:3]), shift=False)
    result = load(SmallSource(), shift=False)
    assert (result.new_orders, result.new_lines) == (2, 2)
    assert counts() == [2, 3, 3, 2, 4, 5]


def test_households_takes_the_first_of_the_sample():
    out = StringIO()
    call_command("load_complete_journey", households=2, no_shift=True, stdout=out)
    told = json.loads(out.getvalue())
    assert (told["households"], told["new_customers"]) == (2, 2)
    assert Order.objects.count() == told["new_orders"]
    assert OrderLine.objects.count() == told["new_lines"]
    # Added up here: SQLite adds decimals as floats.
    assert sum(Order.objects.values_list("total", flat=True)) == sum(OrderLine.objects.values_list("amount", flat=True))


def test_no_households_are_refused():
    with pytest.raises(CommandError, match="from 1 up"):
        call_command("load_complete_journey", households=0)
