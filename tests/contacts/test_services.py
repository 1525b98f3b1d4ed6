"""One contact by hand: made, changed, tagged, exported, erased."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.apps import apps

from wagtail_marketing.activity.services import fill, record_note
from wagtail_marketing.commerce import services as commerce
from wagtail_marketing.commerce.models import Cart, Order
from wagtail_marketing.contacts import selectors, services
from wagtail_marketing.contacts.errors import ContactExists
from wagtail_marketing.contacts.models import ConsentEvent, ConsentEvidence, Contact, Tag
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.host.types import HostCart, HostCartLine, HostCustomer, HostOrder, HostOrderLine
from wagtail_marketing.testing.memory_host import MemoryHost

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_contact_needs_something_to_know_it_by():
    for fields in ({}, {"first_name": "Ann"}, {"email": "nonsense"}, {"phone": "1"}, {"nickname": "A"}):
        with pytest.raises(InvalidInput):
            services.create_contact(source="api", **fields)
    assert Contact.objects.count() == 0


def test_a_customer_key_is_taken_once():
    services.create_contact(source="api", external_key="c-1", email="a@example.com")
    with pytest.raises(ContactExists):
        services.create_contact(source="api", external_key="c-1", email="b@example.com")
    assert Contact.objects.count() == 1


def test_what_is_compared_is_derived_from_what_is_written():
    ann = services.create_contact(source="api", email=" Ann@BÜCHER.example ", first_name="Straße", country="de")
    assert (ann.email_normalised, ann.email_domain) == ("ann@xn--bcher-kva.example", "xn--bcher-kva.example")
    assert (ann.first_name_folded, ann.country, len(ann.email_hash)) == ("strasse", "DE", 64)
    services.update_contact(contact=ann, email="")
    ann.refresh_from_db()
    assert (ann.email_normalised, ann.email_domain, ann.email_hash) == ("", "", "")


def test_tags_are_one_word_whatever_the_case():
    ann = services.create_contact(source="api", email="a@example.com")
    for name in ("VIP", "vip ", " Vip"):
        services.add_tag(contact=ann, name=name)
    assert [tag.name for tag in ann.tags.all()] == ["VIP"]
    for name in ("", "  ", "x" * 81):
        with pytest.raises(InvalidInput):
            services.add_tag(contact=ann, name=name)
    assert Tag.objects.count() == 1


@pytest.fixture
def ann():
    line = HostOrderLine("1", "milk", 1, Decimal("1.20"), name="Milk")
    host = MemoryHost(
        HostCustomer("c-1", "canary@example.com", first_name="Canary", attributes={"age": "canary"}),
        HostOrder("o-1", NOW, "USD", Decimal("1.20"), "c-1", lines=(line,), codes=("TEN",)),
        HostCart("k-1", "USD", NOW, "c-1", lines=(HostCartLine("milk", 1, Decimal("1.20")),)),
    )
    with host.active():
        commerce.sync(adapter=host)
        ann = Contact.objects.get()
        services.add_tag(contact=ann, name="VIP")
        services.record_consent(
            contact=ann,
            channel="email",
            state="subscribed",
            strength=2,
            source="form",
            evidence=services.Evidence(text="Yes, canary", ip="192.0.2.7"),
        )
        record_note(contact=ann, text="A canary sings", user_id="1")
        fill()
        yield ann


def test_export_tells_what_every_room_knows(ann):
    told = services.export_person(contact=ann)
    assert {"contacts", "commerce", "activity"} <= set(told)
    assert (told["contacts"]["email"], told["contacts"]["tags"]) == ("canary@example.com", ["VIP"])
    assert told["contacts"]["consent"][0]["ip"] == "192.0.2.7"
    assert told["commerce"]["orders"][0]["lines"][0]["total"] == "1.20"
    assert told["commerce"]["orders"][0]["codes"] == ["TEN"]
    assert sorted(row["type"] for row in told["activity"]) == ["consent.subscribed", "note.added", "order.placed"]


def test_erasure_leaves_a_pseudonym_and_a_closed_address(ann):
    uuid = ann.uuid
    services.erase_person(contact=ann)
    left = Contact.objects.get()
    assert (left.uuid, left.external_key, str(left), left.attributes) == (uuid, None, str(uuid), {})
    assert (ConsentEvidence.objects.count(), ConsentEvent.objects.count(), Cart.objects.count()) == (0, 1, 0)
    assert Order.objects.get().contact == left
    rows = [
        str(row)
        for config in apps.get_app_configs()
        if config.label.startswith("wagtail_marketing")
        for model in config.get_models()
        for row in model._base_manager.values_list()
    ]
    assert [row for row in rows if "canary" in row.lower() or "192.0.2.7" in row] == []
    again = services.create_contact(source="import", email="Canary@example.com")
    services.record_consent(contact=again, channel="email", state="subscribed", strength=1, source="import")
    assert not selectors.deliverable("email").exists()
