"""The shop's own lists lead to the marketing profile."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from shop import models as shop

from wagtail_marketing.commerce import services
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.host import get_adapter

pytestmark = pytest.mark.django_db
CUSTOMERS, ORDERS = "/admin/shop/customer/", "/admin/shop/order/"


@pytest.fixture
def ann():
    ann = shop.Customer.objects.create(key="c-1", email="ann@example.com", first_name="Ann")
    order = shop.Order.objects.create(number="o-1", customer=ann, total=Decimal("2.40"))
    order.lines.create(position=1, sku="milk", name="Milk", amount=Decimal("2.40"))
    services.sync(adapter=get_adapter())
    shop.Customer.objects.create(key="c-2", first_name="Not synced yet")
    return Contact.objects.get(external_key="c-1")


def enter(client, *codenames):
    user = User.objects.create_user("staff", password="x")
    names = ["access_admin", "view_customer", "change_customer", "view_order", *codenames]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)


def test_customers_and_orders_lead_to_the_profile(client, ann):
    enter(client, "view_contact")
    url = f"/admin/marketing/contacts/{ann.pk}/"
    html = client.get(CUSTOMERS).content.decode()
    assert html.count("Marketing profile of") == 1
    assert url in html and "$2.40" in html
    assert url in client.get(ORDERS).content.decode()
    assert url in client.get(f"{CUSTOMERS}inspect/{shop.Customer.objects.get(key='c-1').pk}/").content.decode()
    with CaptureQueriesContext(connection) as few:
        client.get(CUSTOMERS)
    for number in range(3, 30):
        shop.Customer.objects.create(key=f"c-{number}")
    with CaptureQueriesContext(connection) as many:
        client.get(CUSTOMERS)
    assert len(many) == len(few)


def test_who_may_not_see_contacts_sees_nothing_of_them(client, ann):
    enter(client)
    html = client.get(CUSTOMERS).content.decode()
    assert "Ann" in html
    assert "Marketing profile" not in html and "$2.40" not in html
