"""Customers and orders in Wagtail's admin, the setup command, and the mailbox."""

from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from shop import services
from shop.mailstore import MailStore
from shop.models import HomePage
from wagtail.models import Page, Site

from wagtail_marketing.site_settings import for_site

from .conftest import NOW

pytestmark = pytest.mark.django_db

MAIL = (
    b"From: Corner Grocery <news@example.com>\r\nTo: a@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b'<p>Hello</p><script>alert(1)</script><img src="https://example.com/open.gif">\r\n'
)


@pytest.fixture
def order(cart, customer):
    return services.place_order(
        cart=cart, email=customer.email, customer=customer, expected_total=Decimal("11.99"), now=NOW
    )


@pytest.fixture
def mails(settings, tmp_path):
    settings.SANDBOX_MAIL = tmp_path
    return MailStore()


def member(*codenames):
    user = get_user_model().objects.create_user("member", password="member")
    user.user_permissions.set(Permission.objects.filter(codename__in=("access_admin", *codenames)))
    return user


def test_setup_makes_the_site_once():
    for _ in range(2):
        call_command("setup_sandbox", stdout=StringIO())
    assert HomePage.objects.count() == 1
    assert Site.objects.get(is_default_site=True).root_page.specific == HomePage.objects.get()
    assert list(Page.objects.filter(depth=2).values_list("title", flat=True)) == ["Corner Grocery"]
    admin = get_user_model().objects.get(username="admin")
    assert admin.is_superuser and admin.check_password("admin")
    assert Group.objects.filter(name="Shop staff").count() == 1


def test_setup_makes_one_person_for_each_role_and_says_who_writes():
    for _ in range(2):
        call_command("setup_sandbox", stdout=StringIO())
    users = get_user_model().objects
    assert {name: users.get(username=name).groups.count() for name in ("manager", "editor", "analyst")} == {
        "manager": 1,
        "editor": 1,
        "analyst": 1,
    }
    site = for_site(None)
    assert site.configured
    assert site.sender().formatted == "Corner Grocery <news@example.com>"
    assert "1 Main Street" in site.postal_address


def test_setup_keeps_a_changed_password():
    call_command("setup_sandbox", stdout=StringIO())
    admin = get_user_model().objects.get(username="admin")
    admin.set_password("another")
    admin.save()
    call_command("setup_sandbox", stdout=StringIO())
    admin.refresh_from_db()
    assert admin.check_password("another")


@pytest.mark.parametrize("path", ["/admin/shop/order/", "/admin/shop/customer/", "/admin/shop/product/"])
def test_staff_see_the_lists_and_others_do_not(client, order, path):
    client.force_login(member())
    assert client.get(path).status_code == 302
    get_user_model().objects.all().delete()
    client.force_login(member("view_order", "view_customer", "view_product"))
    assert client.get(path).status_code == 200


def test_orders_are_found_filtered_and_inspected(client, order):
    client.force_login(member("view_order"))
    assert order.number.encode() in client.get(f"/admin/shop/order/?q={order.number}").content
    assert order.number.encode() not in client.get("/admin/shop/order/?channel__exact=store").content
    page = client.get(f"/admin/shop/order/inspect/{order.pk}/")
    assert page.status_code == 200
    # Whoever has the key sees the thank-you page.
    assert str(order.access_key).encode() not in page.content


def test_nobody_edits_orders_by_hand(client, order):
    client.force_login(get_user_model().objects.create_superuser("root", password="root"))
    for path in ("create/", f"edit/{order.pk}/", f"delete/{order.pk}/"):
        assert client.get(f"/admin/shop/order/{path}").status_code in (302, 403), path


def test_the_page_for_cancelling_and_refunding(client, order):
    url = f"/admin/shop-orders/{order.number}/"
    client.force_login(member("view_order"))
    assert client.get(url).status_code == 302
    get_user_model().objects.all().delete()
    client.force_login(member("view_order", "change_order", "add_refund"))
    assert b"Cancel or refund" in client.get("/admin/shop/order/").content
    page = client.get(url)
    assert page.status_code == 200
    assert page.content.count(b'name="quantity"') == 2
    line = order.lines.get(position=1)
    answer = client.post(f"/orders/{order.number}/lines/{line.pk}/refund/", {"quantity": 4, "ref": "a", "next": url})
    assert answer.url == url
    assert client.get(url).content.count(b'name="quantity"') == 1


def test_the_mailbox_is_for_staff(client, mails):
    name = mails.add("news@example.com", ["a@example.com"], MAIL)
    for path in ("/mailbox/", f"/mailbox/{name}/", f"/mailbox/{name}/html/"):
        assert client.get(path).status_code == 302
    client.force_login(get_user_model().objects.create_user("nobody", password="x"))
    assert client.get("/mailbox/").status_code == 302


def test_the_mailbox_shows_mails_without_running_or_fetching_anything(client, mails):
    name = mails.add("news@example.com", ["a@example.com"], MAIL)
    client.force_login(member())
    assert "Grüße" in client.get("/mailbox/").content.decode()
    page = client.get(f"/mailbox/{name}/").content.decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "alert(1)" not in page
    body = client.get(f"/mailbox/{name}/html/")
    policy = body["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "img-src data:" in policy and "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy and "allow-same-origin" not in policy
    assert client.get("/mailbox/no-such-mail/").status_code == 404
    assert client.get("/mailbox/0000000000000000000-1-1/").status_code == 404


def test_a_mail_keeps_its_envelope_and_its_bytes(mails):
    mails.add("bounce@example.com", ["a@example.com", "b@example.com\r\nX: y"], MAIL)
    mail = mails.get(mails.names()[0])
    assert (mail.sender, mail.recipients) == ("bounce@example.com", ("a@example.com", "b@example.comX:y"))
    assert mail.html.startswith("<p>Hello</p>")
    assert mails.get("../../secret") is None
