import pytest
from django.db import transaction

from wagtail_marketing.commerce.models import Order
from wagtail_marketing.contacts import services as contacts
from wagtail_marketing.contacts.models import Tag
from wagtail_marketing.contacts.registry import erasers, exporters
from wagtail_marketing.discounts import registry, services
from wagtail_marketing.discounts.errors import LimitExhausted
from wagtail_marketing.discounts.models import Redemption

from .conftest import NOW, cart, percent


@pytest.fixture
def ann(db):
    return contacts.create_contact(source="sync", external_key="c-1", email="ann@example.com")


def rule(kind, **params):
    return {"match": "all", "rules": [{"kind": kind, "params": params}]}


def quote(**who):
    return services.quote(cart=cart((1, "100.00")), codes=["SAVE"], now=NOW, **who).discount_total


def test_tags_are_facts(ann, live_discount):
    live_discount(conditions=rule("tag", any_of=["vip"]))
    assert quote(customer_key="c-1") == 0
    ann.tags.add(Tag.objects.create(name="VIP", slug="vip"))
    assert quote(customer_key="c-1") == quote(email="ANN@example.com") == 1000
    assert quote() == 0


def test_a_higher_room_says_who_is_in_a_segment(ann, live_discount):
    live_discount(conditions=rule("segment", any_of=["7", "8"]))
    asked = []

    def members(contact, values, now):
        asked.append((contact, values, now))
        return {"8"}

    known = registry.fact_providers.get("segments")
    registry.fact_providers.unregister("segments")
    try:
        assert quote(customer_key="c-1") == 0
        registry.fact_providers.register("segments", members)
        assert quote(customer_key="c-1") == 1000
    finally:
        registry.fact_providers.unregister("segments")
        if known:
            registry.fact_providers.register("segments", known)
    assert asked == [(ann, frozenset({"7", "8"}), NOW)]


def test_a_code_bound_to_a_person_is_unknown_to_others(ann, live_discount):
    discount = live_discount(code=None, needs_code=True)
    services.create_code(discount=discount, code="SAVE", contact=ann, now=NOW)
    assert quote(customer_key="c-1") == 1000
    assert quote(customer_key="c-2") == quote() == 0


def test_a_new_account_with_a_known_address_is_no_new_customer(ann, live_discount):
    live_discount(conditions=rule("first_order"))
    assert quote(customer_key="c-9", email="ann@example.com") == 1000
    order = {"contact": ann, "currency": "USD", "total_minor": 1, "total_base": 1, "placed_at": NOW, "updated_at": NOW}
    Order.objects.create(ref="earlier", **order)
    assert quote(customer_key="c-1") == 0
    assert quote(customer_key="c-9", email="Ann@example.com") == 0
    assert quote(customer_key="c-9") == 1000


def test_export_and_erasure(ann, live_discount):
    live_discount(limits={"per_contact": 1}, benefit=percent("10"))
    services.commit(order_ref="o1", cart=cart((1, "100.00")), codes=["SAVE"], customer_key="c-1", now=NOW)
    assert exporters["discounts"](ann) == {
        "redemptions": [
            {
                "order": "o1",
                "discount": "Save",
                "code": "SAVE",
                "amount": "10.00",
                "currency": "USD",
                "state": "applied",
                "redeemed_at": NOW.isoformat(),
            }
        ],
        "codes": [],
    }
    erasers["discounts"](ann)
    assert Redemption.objects.get().contact is None
    with pytest.raises(LimitExhausted), transaction.atomic():
        services.commit(order_ref="o2", cart=cart((1, "100.00")), codes=["SAVE"], email="ann@example.com", now=NOW)
