"""What our export writes comes back and changes nothing; into an empty database it brings the same people."""

from datetime import date
from decimal import Decimal

import pytest

from tests.contacts.imports.kit import LONG_AGO, NOW, bring, counts
from wagtail_marketing.admin.export import csv_lines
from wagtail_marketing.contacts import files, services
from wagtail_marketing.contacts.models import ConsentEvent, Contact, ContactAttribute, Suppression
from wagtail_marketing.contacts.services import Report
from wagtail_marketing.host.types import AttributeSpec, HostCustomer
from wagtail_marketing.testing.memory_host import MemoryHost

pytestmark = pytest.mark.django_db
ATTRIBUTES = (AttributeSpec("size", "number"), AttributeSpec("vip", "boolean"), AttributeSpec("since", "date"),
              AttributeSpec("colour"))  # fmt: skip


def exported() -> str:
    columns = files.columns()
    return "".join(
        csv_lines([column.key for column in columns], (row for _pk, row in files.rows(Contact.objects.all(), columns)))
    )


def fields() -> list[dict]:
    left_out = ("id", "uuid", "source", "updated_at")
    return [
        {name: value for name, value in row.items() if name not in left_out}
        for row in Contact.objects.order_by("created_at", "email").values()
    ]


def test_nothing_changes_and_an_empty_shop_gets_the_same_people():
    host = MemoryHost(attributes=ATTRIBUTES)
    with host.active():
        services.upsert_contacts(
            customers=[
                HostCustomer("K-1", "Ann@Example.com", "+49 30 123456", "=Ann", "O'Ash, Dr.", language="de",
                             country="DE", region="Berlin", city="Berlin\nMitte", birthday=date(1990, 2, 28),
                             attributes={"size": Decimal("43.50"), "vip": True, "since": date(2020, 1, 2),
                                         "colour": "-red"}),
                HostCustomer("K-2", "bo@example.com", "", "@Bo", "'Birch"),
            ],
            attribute_types={spec.name: spec.type for spec in ATTRIBUTES},
            now=NOW,
        )  # fmt: skip
        ann, bo = Contact.objects.order_by("pk")
        services.add_tag(contact=ann, name="VIP")
        services.add_tag(contact=ann, name="Weekly")
        services.record_consents(channel="email", source="shop", reports=[Report(ann.pk, "subscribed", LONG_AGO)])
        services.unsubscribe(contact=bo, channel="email")
        services.suppress(channel="email", address="bo@example.com", reason="complaint")
        text, before, events = exported(), fields(), ConsentEvent.objects.count()
        done = bring(text, agreed_by="our own export")
        assert counts(done) == {
            "rows": 2, "unchanged": 2, "agreed_before": 1, "stayed_suppressed": 1
        }  # fmt: skip
        assert (fields(), ConsentEvent.objects.count(), Suppression.objects.count()) == (before, events, 1)
        assert Contact.tags.through.objects.count() == 2
        # Elsewhere: the same people, their consent as reported by us.
        ContactAttribute.objects.all().delete()
        Contact.objects.all().delete()
        Suppression.objects.all().delete()
        done = bring(text, agreed_by="the other shop")
        assert counts(done) == {"rows": 2, "new": 2, "agreed": 1, "unsubscribed": 1, "suppressed": 1}
        for row in before:
            row["attributes"].pop("size", None)
        after = fields()
        assert after[0]["attributes"].pop("size") == 43.5
        assert after == before
