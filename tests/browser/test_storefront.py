"""The sandbox's storefront in a browser: bought with and without JavaScript, read in light, dark and narrow."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import expect
from shop.mailstore import MailStore
from shop.models import Category, Order, Product

from wagtail_marketing.discounts import services as discounts

MAIL = (
    b"From: Corner Grocery <news@example.com>\r\nTo: ada@example.com\r\nSubject: Fresh bread\r\n"
    b"Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b'<html><body><p>Hello Ada</p><script>parent.document.title = "broken in"</script>'
    b'<p><a href="BASE/products/?code=BREAD20">Choose your bread</a></p></body></html>\r\n'
)


@pytest.fixture
def shop(live_server):
    """A front page, a few loaves, and 20 per cent off them with the code BREAD20."""
    call_command("setup_sandbox", stdout=StringIO())
    pastry = Category.objects.create(name="PASTRY")
    for number in range(1, 6):
        product = Product.objects.create(
            sku=f"1{number}", name=f"Rye bread no. {number}", brand="Private", price=Decimal("2.50"), stock=50
        )
        product.categories.add(pastry)
    discount = discounts.create_discount(
        name="Bread week",
        needs_code=True,
        benefit={"kind": "percentage", "params": {"value": "20", "products": {"categories": ["PASTRY"]}}},
    )
    discounts.activate(discount=discount)
    discounts.create_code(discount=discount, code="BREAD20", limits={"per_contact": 1})


def buy(page) -> Order:
    page.goto("/products/?q=no. 3")
    page.get_by_role("link", name="Rye bread no. 3").click()
    page.get_by_label("Pieces").fill("4")
    page.get_by_role("button", name="Put in the cart").click()
    page.get_by_role("link", name="To the checkout").click()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Name", exact=True).fill("Ada Stone")
    page.get_by_label("Discount code").fill("bread20")
    page.get_by_role("button", name="Use code").click()
    expect(page.get_by_role("row", name="Total")).to_contain_text("$8.00")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ada Stone")
    page.get_by_role("button", name="Order and pay").click()
    expect(page.get_by_role("heading", name="Thank you for your order")).to_be_visible()
    return Order.objects.get()


def test_a_purchase_with_a_code_and_the_looks_of_each_page(shop, page, look):
    page.goto("/")
    look(page, "shop-home")
    page.goto("/products/")
    look(page, "shop-products")
    page.goto("/products/13/")
    look(page, "shop-product")
    order = buy(page)
    assert (order.total, order.discount, order.discount_codes) == (Decimal("8.00"), Decimal("2.00"), ["BREAD20"])
    look(page, "shop-thanks")
    page.goto("/products/11/")
    page.get_by_role("button", name="Put in the cart").click()
    look(page, "shop-cart")
    page.get_by_role("link", name="To the checkout").click()
    page.get_by_label("Discount code").fill("NOPE")
    page.get_by_role("button", name="Use code").click()
    expect(page.get_by_text("The code NOPE does not count: it is not valid.")).to_be_visible()
    look(page, "shop-checkout")


def test_a_purchase_without_javascript(shop, open_page):
    order = buy(open_page(javascript=False, width=390))
    assert order.total == Decimal("8.00")


def test_enter_in_the_code_box_uses_the_code_and_orders_nothing(shop, page):
    page.goto("/products/11/")
    page.get_by_role("button", name="Put in the cart").click()
    page.get_by_role("link", name="To the checkout").click()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Name", exact=True).fill("Ada Stone")
    page.get_by_label("Discount code").fill("BREAD20")
    page.get_by_label("Discount code").press("Enter")
    expect(page.get_by_role("row", name="Total")).to_contain_text("$2.00")
    assert not Order.objects.exists()


def test_a_mail_is_shown_harmlessly_and_its_link_leads_to_the_shop(
    shop, open_page, admin_user, settings, tmp_path, live_server, look
):
    settings.SANDBOX_MAIL = tmp_path
    MailStore().add("news@example.com", ["ada@example.com"], MAIL.replace(b"BASE", live_server.url.encode()))
    page = open_page(user=admin_user)
    # The browser says that it did not run the mail's script.
    page.guard.allow("Blocked script execution")
    page.goto("/mailbox/")
    look(page, "shop-mailbox")
    page.get_by_role("link", name="Fresh bread").click()
    expect(page.frame_locator("iframe").get_by_text("Hello Ada")).to_be_visible()
    look(page, "shop-mail")
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Choose your bread").click()
    landed = opened.value
    expect(landed.get_by_text("The code BREAD20 is kept for your checkout.")).to_be_visible()
    assert "broken in" not in page.title()
