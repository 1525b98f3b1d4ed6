"""Field maps over the sandbox's tables."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Q
from shop import models as shop

from wagtail_marketing.host import (
    Attribute,
    CartMap,
    Constant,
    CustomerMap,
    LineMap,
    ModelHostAdapter,
    OrderMap,
    ProductMap,
    RefundMap,
)
from wagtail_marketing.host import model_adapter as module
from wagtail_marketing.host.checks import check_maps
from wagtail_marketing.host.errors import NoSuchRow, RowError
from wagtail_marketing.host.types import AttributeSpec, HostCartLine, HostOrderLine, HostRefund
from wagtail_marketing.host.users import UserAdapter

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Adapter(ModelHostAdapter):
    customers = CustomerMap(
        model="shop.Customer",
        key="key",
        filter=~Q(key=""),
        email="email",
        phone="phone",
        first_name="first_name",
        language=Constant("en"),
        created_at="joined",
        updated_at="updated_at",
        attributes={"age": Attribute("age", label="Age", choices=(("19-24", "19 to 24"),)), "news": "news_by_email"},
        consent={"email": ("news_by_email", "news_by_email_at")},
    )
    products = ProductMap(
        model="shop.Product",
        key="sku",
        sku="sku",
        name="name",
        price="price",
        stock="stock",
        url="get_absolute_url",
        categories="categories__name",
        active="active",
        updated_at="updated_at",
        attributes={"brand": "brand"},
    )
    orders = OrderMap(
        model="shop.Order",
        key="number",
        placed_at="placed_at",
        total="total",
        currency="currency",
        customer_key="customer__key",
        email="email",
        number="number",
        channel="channel",
        codes="discount_codes",
        cancelled_at="cancelled_at",
        updated_at=("updated_at", "refunds__updated_at"),
        lines=LineMap(
            related="lines", ref="position", sku="sku", quantity="quantity", total="amount", product_ref="product__sku"
        ),
        refunds=RefundMap(
            related="refunds",
            ref="ref",
            amount="amount",
            refunded_at="at",
            line_ref="line__position",
            quantity="quantity",
        ),
    )
    carts = CartMap(
        model="shop.Cart",
        key="key",
        filter={"order": None},
        changed_at="updated_at",
        customer_key="customer__key",
        lines=LineMap(related="lines", sku="product__sku", quantity="quantity", total="amount"),
    )


@pytest.fixture
def order():
    ann = shop.Customer.objects.create(
        key="c-1", email="ann@example.com", first_name="Ann", age="19-24", news_by_email=True, news_by_email_at=NOW
    )
    shop.Customer.objects.create(key="c-2", email="bob@example.com")
    milk = shop.Product.objects.create(sku="milk", name="Milk", price="1.20", stock=3, brand="National")
    for name in ("DAIRY", "FLUID MILK"):
        milk.categories.add(shop.Category.objects.create(name=name))
    bread = shop.Product.objects.create(sku="bread", name="Bread", price="2.00", active=False)
    order = shop.Order.objects.create(
        number="o-1", customer=ann, total="4.40", channel="web", discount_codes=["TEN"], placed_at=NOW
    )
    first = order.lines.create(position=1, product=milk, sku="milk", name="Milk", quantity=2, amount="2.40")
    order.lines.create(position=2, product=bread, sku="bread", name="Bread", quantity=1, amount="2.00")
    order.refunds.create(ref="r-1", line=first, quantity=1, amount="1.20", at=NOW)
    return order


def test_customers_are_read_by_columns(order, django_assert_num_queries):
    with django_assert_num_queries(1):
        ann, bob = Adapter().customers()
    assert (ann.key, ann.email, ann.first_name, ann.language) == ("c-1", "ann@example.com", "Ann", "en")
    assert ann.attributes == {"age": "19-24", "news": True}
    assert ann.consent == {"email": NOW}
    assert bob.consent == {}


def test_products_bring_their_categories_and_a_method_of_the_model(order, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(shop.Product, "get_absolute_url", lambda self: f"/p/{self.sku}/")
    with django_assert_num_queries(2):
        bread, milk = Adapter().products()
    assert (milk.ref, milk.price, milk.stock, milk.currency) == ("milk", Decimal("1.20"), 3, "USD")
    assert milk.categories == ("DAIRY", "FLUID MILK")
    assert milk.url == "/p/milk/"
    assert (milk.active, bread.active, bread.categories) == (True, False, ())
    assert milk.attributes == {"brand": "National"}


def test_orders_bring_lines_and_refunds_in_three_statements(order, django_assert_num_queries):
    with django_assert_num_queries(3):
        (read,) = Adapter().orders()
    assert (read.ref, read.customer_key, read.total, read.codes) == ("o-1", "c-1", Decimal("4.40"), ("TEN",))
    assert read.lines == (
        HostOrderLine("1", "milk", 2, Decimal("2.40"), "milk"),
        HostOrderLine("2", "bread", 1, Decimal("2.00"), "bread"),
    )
    assert read.refunds == (HostRefund("r-1", Decimal("1.20"), NOW, "1", 1),)
    assert Adapter().order(order) == read


def test_a_cart_that_became_an_order_is_let_through_no_more(order):
    cart = shop.Cart.objects.create()
    cart.lines.create(product=shop.Product.objects.get(sku="milk"), quantity=2)
    read = Adapter().cart(cart)
    assert read.lines == (HostCartLine("milk", 2, Decimal("2.40")),)
    cart.order = order
    cart.save()
    with pytest.raises(NoSuchRow):
        Adapter().cart(cart)


def test_pages_go_by_key_and_resume_after_one(order, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(module, "PAGE", 2)
    for number in range(3, 8):
        shop.Customer.objects.create(key=f"c-{number}")
    with django_assert_num_queries(4):
        assert [row.key for row in Adapter().customers()] == [f"c-{number}" for number in range(1, 8)]
    assert [row.key for row in Adapter().customers(after="c-5")] == ["c-6", "c-7"]
    assert [row.key for row in Adapter().customers(keys=["c-2", "c-9"])] == ["c-2"]
    assert list(Adapter().keys("customers")) == [f"c-{number}" for number in range(1, 8)]
    assert Adapter().count("customers") == 7


def test_what_changed_since_includes_what_only_a_refund_touched(order):
    shop.Order.objects.update(updated_at=NOW)
    shop.Refund.objects.update(updated_at=NOW + timedelta(days=2))
    assert [row.ref for row in Adapter().orders(updated_since=NOW + timedelta(days=1))] == ["o-1"]
    assert list(Adapter().orders(updated_since=NOW + timedelta(days=3))) == []


def test_attributes_tell_type_label_and_choices():
    assert Adapter().attributes() == (
        AttributeSpec("age", "text", "Age", (("19-24", "19 to 24"),)),
        AttributeSpec("news", "boolean", "wants news by e-mail"),
    )
    assert Adapter().consent_channels() == ("email",)


def test_a_callable_reads_objects(order):
    class ByObject(Adapter):
        orders = OrderMap(
            model="shop.Order",
            key="number",
            placed_at="placed_at",
            total=lambda row: row.total - row.shipping,
            customer_key="customer__key",
            lines=LineMap(related="lines", sku="sku", quantity="quantity", total=lambda row: row.amount * 2),
        )

    (read,) = ByObject().orders()
    assert (read.customer_key, read.total) == ("c-1", Decimal("4.40"))
    assert [line.total for line in read.lines] == [Decimal("4.80"), Decimal("4.00")]


def test_a_row_that_cannot_be_read_is_named_and_left_out_on_request(order):
    class Wrong(Adapter):
        orders = OrderMap(
            model="shop.Order",
            key="number",
            placed_at="number",
            total="total",
            lines=LineMap(related="lines", sku="sku", quantity="quantity", total="amount"),
        )

    with pytest.raises(RowError, match="orders o-1, placed_at"):
        list(Wrong().orders())
    adapter = Wrong()
    with adapter.collecting() as errors:
        assert list(adapter.orders()) == []
    assert [(error.kind, error.key, error.field) for error in errors] == [("orders", "o-1", "placed_at")]


def lines(**changes):
    return LineMap(**{"related": "lines", "sku": "sku", "quantity": "quantity", "total": "amount", **changes})


@pytest.mark.parametrize(
    ("kind", "mapped", "number", "words"),
    [
        ("customers", CustomerMap(model="shop.Nobody"), "E103", "no model “shop.Nobody”"),
        ("customers", CustomerMap(model="shop.Customer", email="mail"), "E103", "no field “mail”"),
        (
            "customers",
            CustomerMap(model="shop.Customer", email="email__x"),
            "E103",
            "“email” of Customer is no relation",
        ),
        ("customers", CustomerMap(model="shop.Customer", city="orders__channel"), "E103", "several values"),
        ("customers", CustomerMap(model="shop.Customer", attributes={"a": "b"}), "E103", "no field “b”"),
        ("customers", CustomerMap(model="shop.Customer", key="email"), "W104", "is not unique"),
        ("orders", CustomerMap(model="shop.Customer"), "E102", "is a CustomerMap"),
        ("orders", OrderMap(model="shop.Order", placed_at="", total="total", lines=lines()), "E103", "must be mapped"),
        (
            "orders",
            OrderMap(model="shop.Order", placed_at="placed_at", total="total", lines=lines(related="items")),
            "E103",
            "no field “items”",
        ),
        (
            "orders",
            OrderMap(model="shop.Order", placed_at="placed_at", total="total", lines=lines(related="customer")),
            "E103",
            "no relation to many",
        ),
        (
            "orders",
            OrderMap(model="shop.Order", placed_at="placed_at", total="total", lines=lines(sku="article")),
            "E103",
            "no field “article”",
        ),
    ],
)
def test_checks_name_the_fault_and_its_remedy(kind, mapped, number, words):
    wrong = type("Wrong", (Adapter,), {kind: mapped})
    (message,) = check_maps(wrong())
    assert message.id == f"wagtail_marketing.{number}"
    assert words in message.msg
    assert message.hint


def test_the_maps_of_the_tests_and_of_the_default_fit():
    assert check_maps(Adapter()) == []
    assert check_maps(UserAdapter()) == []


def test_users_are_customers_by_default(django_user_model):
    user = django_user_model.objects.create_user("ann", "ann@example.com", first_name="Ann")
    django_user_model.objects.create_user("gone", "gone@example.com", is_active=False)
    (ann,) = UserAdapter().customers()
    assert (ann.key, ann.email, ann.first_name) == (str(user.pk), "ann@example.com", "Ann")
    assert list(UserAdapter().orders()) == []
    assert UserAdapter().count("orders") == 0
