"""The storefront as a visitor uses it: without JavaScript, every change a POST."""

from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse
from shop import services
from shop.models import Cart, Category, Order, Product, Refund

from wagtail_marketing.discounts import services as discounts

from .conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def code(db):
    """Ten per cent off everything in PASTRY, with the code BREAD10, ten uses."""
    discount = discounts.create_discount(
        name="Bread week",
        needs_code=True,
        benefit={"kind": "percentage", "params": {"value": "10", "products": {"categories": ["PASTRY"]}}},
    )
    discounts.activate(discount=discount)
    return discounts.create_code(discount=discount, code="BREAD10", limits={"total": 10})


def staff(*codenames):
    user = get_user_model().objects.create_user("staff", password="staff")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames, content_type__app_label="shop"))
    return user


def checkout(client, action="place", **data):
    given = {
        "action": action,
        "email": "household-1@example.com",
        "name": "Ada Stone",
        "shipping_method": "pickup",
        "expected_total": "11.99",
    }
    return client.post("/checkout/", {**given, **data})


@pytest.fixture
def shopper(client, bread, soup):
    """A visitor with four breads and a soup in the cart: 11.99."""
    client.post(reverse("shop:cart-add", args=["11"]), {"quantity": 4})
    client.post(reverse("shop:cart-add", args=["12"]))
    return client


def test_the_front_page_is_wagtails(client, bread):
    call_command("setup_sandbox", stdout=__import__("io").StringIO())
    page = client.get("/")
    assert page.status_code == 200
    assert b"Collect today" in page.content


def test_search_filter_and_paging(client, bread, soup):
    Product.objects.bulk_create(Product(sku=f"p{n}", name=f"Pie {n:02}", price=1, stock=1) for n in range(30))
    assert client.get("/products/").context["page"].paginator.count == 32
    assert [p.sku for p in client.get("/products/?q=BREAD private").context["page"]] == ["11"]
    assert [p.sku for p in client.get("/products/?q=tomato").context["page"]] == ["12"]
    pastry = Category.objects.get(name="BREAD")
    assert [p.sku for p in client.get(f"/products/?category={pastry.pk}").context["page"]] == ["11"]
    assert [p.sku for p in client.get("/products/?q=pie&page=2").context["page"]] == [f"p{n}" for n in range(24, 30)]
    assert client.get("/products/?category=x&page=999&q=zzz").context["page"].paginator.count == 0


def test_a_list_of_products_takes_the_same_statements_whatever_its_length(client, bread, django_assert_num_queries):
    client.get("/products/")
    with django_assert_num_queries(4):
        client.get("/products/")
    Product.objects.bulk_create(Product(sku=f"p{n}", name=f"Pie {n:02}", price=1, stock=1) for n in range(20))
    with django_assert_num_queries(4):
        client.get("/products/")


def test_a_visitor_buys(shopper):
    cart = shopper.get("/cart/")
    assert cart.context["subtotal"] == Decimal("11.99")
    answer = checkout(shopper)
    order = Order.objects.get()
    assert answer.status_code == 302
    assert answer.url == f"/orders/thanks/{order.access_key}/"
    assert order.number.encode() in shopper.get(answer.url).content
    assert (order.total, order.name, order.customer) == (Decimal("11.99"), "Ada Stone", None)
    assert b"Your cart is empty" in shopper.get("/cart/").content


def test_a_logged_in_customers_order_is_theirs(shopper, customer):
    shopper.post("/account/log-in/", {"email": "HOUSEHOLD-1@example.com"})
    checkout(shopper)
    order = Order.objects.get()
    assert order.customer == customer
    page = shopper.get("/account/")
    assert [row.number for row in page.context["page"]] == [order.number]
    assert shopper.get(f"/orders/{order.number}/").status_code == 200


def test_a_code_is_priced_and_redeemed(shopper, code):
    shopper.post("/checkout/", {"action": "add-code", "code": " bread10 "})
    page = shopper.get("/checkout/")
    assert page.context["price"].total == Decimal("10.99")
    assert [(saving.code, saving.amount) for saving in page.context["price"].applied] == [("BREAD10", Decimal("1.00"))]
    assert checkout(shopper, expected_total="10.99").status_code == 302
    order = Order.objects.get()
    assert (order.total, order.discount, order.discount_codes) == (Decimal("10.99"), Decimal("1.00"), ["BREAD10"])
    assert list(order.lines.values_list("discount", "amount")) == [
        (Decimal("1.00"), Decimal("9.00")),
        (Decimal("0.00"), Decimal("1.99")),
    ]


def test_a_link_with_a_code_puts_it_into_the_cart_and_holds_nothing(client, bread, code):
    client.get("/products/11/?code=BREAD10")
    assert not Cart.objects.exists()
    client.post("/cart/add/11/")
    assert Cart.objects.get().codes == ["BREAD10"]
    client.get("/products/?code=BREAD10&code=x")
    client.get("/products/?code=%3Cscript%3E")
    assert Cart.objects.get().codes == ["BREAD10", "x"]


def test_an_unknown_code_says_only_that_it_is_not_valid_and_can_be_removed(shopper):
    shopper.post("/checkout/", {"action": "add-code", "code": "NOPE"})
    assert shopper.get("/checkout/").context["price"].refused == [("NOPE", "it is not valid")]
    shopper.post("/checkout/", {"remove": "NOPE"})
    assert shopper.get("/checkout/").context["price"].refused == []
    assert Cart.objects.get().codes == []


def test_what_was_typed_survives_a_code(shopper, code):
    checkout(shopper, "add-code", code="BREAD10", name="Somebody Else", shipping_method="delivery")
    page = shopper.get("/checkout/")
    assert page.context["form"].initial["name"] == "Somebody Else"
    assert page.context["price"].total == Decimal("15.89")


def test_a_total_that_moved_is_shown_and_not_charged(shopper, bread):
    Product.objects.filter(pk=bread.pk).update(price=Decimal("3.00"))
    answer = checkout(shopper)
    assert answer.status_code == 409
    assert b"$13.99; nothing has been charged" in answer.content
    assert b'name="expected_total" value="13.99"' in answer.content
    assert not Order.objects.exists()
    assert checkout(shopper, expected_total="13.99").status_code == 302


def test_a_code_that_ran_out_meanwhile_is_shown_and_not_charged(shopper, code):
    shopper.post("/checkout/", {"action": "add-code", "code": "BREAD10"})
    discounts.set_limits(discount=code.discount, code=code, limits={"total": 1})
    other = Cart.objects.create(codes=["BREAD10"])
    services.add_to_cart(cart=other, product=Product.objects.get(sku="11"))
    services.place_order(cart=other, email="x@example.org", expected_total=Decimal("2.25"))
    answer = checkout(shopper, expected_total="10.99")
    assert answer.status_code == 409
    assert b"The code BREAD10 just ran out. The new total is $11.99; nothing has been charged." in answer.content
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"email": "nobody"}, {"name": ""}, {"shipping_method": "drone"}, {"expected_total": "x"}]
)
def test_wrong_details_are_refused(shopper, wrong):
    assert checkout(shopper, **wrong).status_code == 422
    assert not Order.objects.exists()


@pytest.mark.parametrize("path", ["/cart/add/11/", "/cart/set/11/", "/account/log-in/", "/account/log-out/"])
def test_changes_are_posts(client, bread, path):
    assert client.get(path).status_code == 405
    assert not Cart.objects.exists()


def test_forms_are_guarded_against_other_sites(bread):
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post("/cart/add/11/").status_code == 403


@pytest.fixture
def order(cart, customer):
    return services.place_order(
        cart=cart, email=customer.email, customer=customer, expected_total=Decimal("11.99"), now=NOW
    )


def test_another_customers_order_is_not_there(client, order):
    assert client.get(f"/orders/{order.number}/").status_code == 404
    assert client.get("/orders/W0000000000/").status_code == 404


def test_a_customer_cannot_cancel_or_refund(client, order, customer):
    client.post("/account/log-in/", {"email": customer.email})
    page = client.get(f"/orders/{order.number}/")
    assert b"Cancel the order" not in page.content
    assert client.post(f"/orders/{order.number}/cancel/").status_code == 403
    line = order.lines.get(position=1)
    assert client.post(f"/orders/{order.number}/lines/{line.pk}/refund/", {"quantity": 1}).status_code == 403
    order.refresh_from_db()
    assert order.cancelled_at is None
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("may", "cancels", "refunds"),
    [(["view_order"], 403, 403), (["change_order"], 302, 403), (["add_refund"], 403, 302)],
)
def test_staff_do_what_they_may(client, order, may, cancels, refunds):
    client.force_login(staff(*may))
    line = order.lines.get(position=1)
    refunded = client.post(f"/orders/{order.number}/lines/{line.pk}/refund/", {"quantity": 1, "ref": "a"})
    assert refunded.status_code == refunds
    assert Refund.objects.count() == (refunds == 302)
    assert client.post(f"/orders/{order.number}/cancel/").status_code == cancels
    order.refresh_from_db()
    assert (order.cancelled_at is not None) == (cancels == 302)


def test_a_refund_form_sent_twice_gives_back_once(client, order):
    client.force_login(staff("add_refund"))
    line = order.lines.get(position=1)
    for _ in range(2):
        client.post(f"/orders/{order.number}/lines/{line.pk}/refund/", {"quantity": 1, "ref": "a"})
    assert list(Refund.objects.values_list("amount", flat=True)) == [Decimal("2.50")]


def test_the_way_back_after_an_action_stays_on_this_site(client, order):
    client.force_login(staff("change_order"))
    answer = client.post(f"/orders/{order.number}/cancel/", {"next": "https://evil.example/"})
    assert answer.url == f"/orders/{order.number}/"
