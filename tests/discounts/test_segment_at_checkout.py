"""A discount with a segment as its condition is right in the second of the checkout, however old its members are."""

import pytest

from wagtail_marketing.contacts import services as contacts
from wagtail_marketing.discounts import services
from wagtail_marketing.discounts.models import Redemption
from wagtail_marketing.segments import services as segments
from wagtail_marketing.segments.models import Membership

from .conftest import NOW, cart


@pytest.fixture
def ann(db):
    return contacts.create_contact(source="sync", external_key="c-1", email="ann@example.com")


def quote(**who):
    return services.quote(cart=cart((1, "100.00")), codes=["SAVE"], now=NOW, **who).discount_total


@pytest.mark.parametrize("nested", [False, True])
def test_who_is_on_the_list_now_pays_less_now(ann, live_discount, nested):
    vips = contacts.create_list(name="VIPs")
    on_it = {"match": "all", "rules": [{"kind": "list", "params": {"id": vips.pk}}]}
    segment = segments.create_segment(name="VIPs", rules=on_it)
    if nested:
        within = {"match": "any", "rules": [{"kind": "segment", "params": {"id": segment.pk}}]}
        segment = segments.create_segment(name="Those", rules=within)
    live_discount(conditions={"match": "all", "rules": [{"kind": "segment", "params": {"any_of": [str(segment.pk)]}}]})
    assert quote(customer_key="c-1") == 0
    contacts.add_to_list(contact_list=vips, contacts=[ann.pk])
    assert quote(customer_key="c-1") == quote(email="ANN@example.com") == 1000
    assert quote() == quote(customer_key="c-2") == 0
    services.commit(order_ref="o-1", cart=cart((1, "100.00")), codes=["SAVE"], customer_key="c-1", now=NOW)
    assert Redemption.objects.get().amount_minor == 1000
    contacts.remove_from_list(contact_list=vips, contacts=[ann.pk])
    assert quote(customer_key="c-1") == 0
    # Nobody refreshed anything.
    assert not Membership.objects.filter(contact=ann).exists()
