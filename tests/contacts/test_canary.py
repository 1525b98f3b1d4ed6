"""Erasure forgets everything: a canary in every column that can hold something of a person, then a dump.

Tables are found, not listed: whatever leads to a contact by foreign keys is filled in every text and JSON
column, and whatever does not must be named here as one that is not about people, or as a loose table that
erasure looks through. So a new table or column without an eraser fails.
"""

import itertools
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection, models
from django.db.models import Sum

from wagtail_marketing.commerce.models import Order
from wagtail_marketing.contacts import selectors, services
from wagtail_marketing.contacts.models import Channel, ConsentEvent, Contact
from wagtail_marketing.contacts.registry import erasers, loose_tables
from wagtail_marketing.host.types import HostCustomer
from wagtail_marketing.testing.memory_host import MemoryHost

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CANARY = "kanarie@example.com"
PHONE = "+4930123456"
IP = "192.0.2.77"
NEEDLES = ("kanarie", "30123456", IP)

#: Tables of ours that are not about people, and why.
NOT_ABOUT_PEOPLE = {
    "wagtail_marketing.marketingsettings": "the shop's own identity",
    "wagtail_marketing.rolegrant": "groups and permissions",
    "wagtail_marketing.sender": "the shop's own addresses",
    "wagtail_marketing_api.apitoken": "keys of programs",
    "wagtail_marketing_campaigns.campaign": "written by staff for many",
    "wagtail_marketing_campaigns.campaigncost": "written by staff for many",
    "wagtail_marketing_campaigns.campaigndiscount": "relation",
    "wagtail_marketing_campaigns.campaignmessage": "relation",
    "wagtail_marketing_campaigns.campaignsegment": "relation",
    "wagtail_marketing_campaigns.campaignstate": "figures",
    "wagtail_marketing_commerce.category": "the shop's products",
    "wagtail_marketing_commerce.product": "the shop's products",
    "wagtail_marketing_commerce.product_categories": "the shop's products",
    "wagtail_marketing_commerce.syncfault": "keys of the shop's rows, until the next sync",
    "wagtail_marketing_commerce.syncstate": "how far the sync is; its last key, until it ends",
    "wagtail_marketing_contacts.contactchange": "ids, until a worker has looked",
    "wagtail_marketing_contacts.consentevent": "the ledger: uuid and keyed hash only",
    "wagtail_marketing_contacts.confirmationsent": "keyed hash of an address, and when it was asked",
    "wagtail_marketing_contacts.topictext": "written by staff for many",
    "wagtail_marketing_contacts.contactlist": "written by staff for many",
    "wagtail_marketing_contacts.factrange": "ranges of ids",
    "wagtail_marketing_contacts.leftaddress": "keyed hashes: they keep the person unsubscribed",
    "wagtail_marketing_contacts.suppression": "keyed hashes: they keep the person suppressed",
    "wagtail_marketing_contacts.tag": "words for many",
    "wagtail_marketing_contacts.topic": "words for many",
    "wagtail_marketing_discounts.codebatch": "written by staff for many",
    "wagtail_marketing_discounts.discount": "written by staff for many",
    "wagtail_marketing_discounts.discountversion": "written by staff for many",
    "wagtail_marketing_discounts.orderpricing": "an order's figures, by the shop's order number",
    "wagtail_marketing_discounts.returnedunits": "an order's figures, by the shop's order number",
    "wagtail_marketing_discounts.rulesversion": "a counter",
    "wagtail_marketing_insights.attributioncursor": "a cursor",
    "wagtail_marketing_messaging.emailtemplate": "written by staff for many",
    "wagtail_marketing_messaging.link": "a template's links, the same for everybody",
    "wagtail_marketing_messaging.send": "written by staff for many",
    "wagtail_marketing_messaging.sendbatch": "ranges of ids",
    "wagtail_marketing_segments.refreshstate": "figures",
    "wagtail_marketing_segments.segment": "rules for many",
    "wagtail_marketing_segments.segmentreach": "figures",
    "wagtail_marketing_segments.segmentsize": "figures",
    "wagtail_marketing_segments.segmentstate": "a switch",
    "wagtail_marketing_segments.segmentversion": "rules for many",
}

#: Columns of linked tables that stay after erasure, and why. Anything else that is found fails.
KEPT = {
    "commerce_order": "the shop's order, under a pseudonym: number, reference, currency, channel",
    "commerce_ordercode": "which code the order used",
    "commerce_orderline": "what was bought: the product's words",
    "commerce_refund": "the refund's reference in the shop",
    "discounts_code": "the code itself, made inactive",
    "discounts_redemption": "the order's reference, currency",
    "discounts_redemptionunit": "the order's line",
    "discounts_limitcounter": "keyed hash: erasure is no way to use a discount twice",
    "insights_attribution": "the campaign that the order is credited to",
    "api_idempotencykey.request_hash": "a hash",
    "contacts_contactimport.asked_by": "the name of a token",
    "contacts_contactimport.checked_counts": "figures",
    "contacts_contactimport.columns": "which column is which field",
    "contacts_contactimport.counts": "figures",
    "contacts_contactimport.preset": "a word of ours",
    "contacts_contactmerge.moved": "tables of ours and figures",
    "django_admin_log.object_id": "a key",
    "jobs_job.kind": "a word of ours",
    "wagtailcore_modellogentry.action": "a word of ours",
    "wagtailcore_modellogentry.object_id": "a key",
    "wagtailcore_pagelogentry.action": "a word of ours",
    "wagtailcore_revision.object_id": "a key",
    "messaging_messageevent.rule": "which rule took it for a machine",
    "messaging_message.reason": "a word of ours",
}

#: Columns with a form of their own, which no word of a person can take.
FORMED = {
    "wagtail_marketing_contacts.contactimport.layout": {"kind": "csv"},
    "wagtail_marketing_contacts.contactalias.email_hash": "0" * 64,
    "wagtail_marketing_contacts.contactalias.phone_hash": "1" * 64,
}

counter = itertools.count(1)


def ours() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label.startswith("wagtail_marketing") and not model._meta.proxy
    ]


def links(model: type[models.Model]) -> list[models.Field]:
    """The foreign keys of ``model`` that lead to a contact, at once or over other tables."""

    def leads(field: models.Field, seen: tuple = ()) -> bool:
        if not (field.many_to_one or field.one_to_one) or not field.concrete:
            return False
        target = field.related_model
        if target is Contact:
            return True
        if target in seen or not target._meta.app_label.startswith("wagtail_marketing"):
            return False
        return any(leads(one, (*seen, target)) for one in target._meta.concrete_fields if one.is_relation)

    return [field for field in model._meta.concrete_fields if field.is_relation and leads(field, (model,))]


def linked() -> list[type[models.Model]]:
    evidence = apps.get_model("wagtail_marketing_contacts.ConsentEvidence")
    return [model for model in ours() if model is not Contact and (links(model) or model is evidence)]


def test_every_table_is_about_people_or_known_not_to_be():
    known = {model._meta.label_lower for model in linked()} | NOT_ABOUT_PEOPLE.keys()
    known |= {table.model.lower() for table in loose_tables} | {Contact._meta.label_lower}
    unknown = sorted({model._meta.label_lower for model in ours()} - known)
    assert unknown == [], "name them in NOT_ABOUT_PEOPLE with a reason, or register a loose table or an eraser"


class Planter:
    """Rows with the canary in every column that takes text."""

    def __init__(self, contact: Contact):
        self.made: dict[type[models.Model], models.Model] = {Contact: contact}
        self.about_people = {*linked(), *(apps.get_model(table.model) for table in loose_tables)}
        event = ConsentEvent.objects.filter(contact_uuid=contact.uuid).first()
        if event:
            self.made[ConsentEvent] = event

    def row(self, model: type[models.Model]) -> models.Model:
        if model not in self.made:
            values = {field.attname: self.value(model, field) for field in model._meta.concrete_fields}
            values = {name: value for name, value in values.items() if value is not ...}
            self.made[model] = model._base_manager.bulk_create([model(**values)])[0]
        return self.made[model]

    def value(self, model: type[models.Model], field: models.Field) -> Any:
        if isinstance(field, models.AutoField):
            return ...
        if (place := f"{model._meta.label_lower}.{field.name}") in FORMED:
            return FORMED[place]
        if field.is_relation:
            if field.related_model in self.made or field in links(model):
                return self.row(field.related_model).pk
            if field.null:
                return None
            found = field.related_model._base_manager.first()
            return (found or self.row(field.related_model)).pk
        if field.choices:
            return field.default if field.has_default() else field.choices[0][0]
        self.sings = model in self.about_people
        return self.plain(field)

    def plain(self, field: models.Field) -> Any:
        if isinstance(field, models.JSONField):
            word = CANARY if self.sings else "x"
            return [word] if field.default is list else {"who": word, word: [word]}
        if isinstance(field, models.GenericIPAddressField):
            return IP
        if isinstance(field, models.UUIDField):
            return uuid.uuid4()
        if isinstance(field, models.FileField):
            return field.storage.save(f"{next(counter)}.csv", ContentFile(f"a,b\n1,{CANARY}\n".encode()))
        if isinstance(field, models.CharField | models.TextField):
            length = field.max_length or 200
            text = f"{next(counter)}{CANARY if self.sings else ''}"
            return (
                text if len(text) <= length else CANARY[:length] if length >= 7 and self.sings else "x" * min(length, 2)
            )
        for kind, value in (
            (models.BooleanField, True),
            (models.DurationField, timedelta(days=1)),
            (models.DecimalField, Decimal(1)),
            (models.FloatField, 1.0),
            (models.IntegerField, 1),
            (models.DateTimeField, NOW),
            (models.DateField, date(2026, 3, 1)),
            (models.TimeField, NOW.time()),
        ):
            if isinstance(field, kind):
                # What is empty until something ends is left empty.
                return None if field.null and isinstance(field, models.DateTimeField) else value
        return field.get_default() if field.has_default() else ...


def dump() -> Iterator[tuple[str, str]]:
    """``(table.column, text)`` of everything in the database that names the person."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  a table's name
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    text = (
                        bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else str(value)
                    )
                    if any(needle in text.lower() for needle in NEEDLES):
                        yield f"{table.removeprefix('wagtail_marketing_')}.{name}", text


def named_after_erasure() -> list[str]:
    return sorted(
        {
            place
            for place, _text in dump()
            if place not in KEPT and place.partition(".")[0] not in KEPT and not place.startswith("contacts_tag.")
        }
    )


@pytest.fixture
def person(db, django_capture_on_commit_callbacks):
    contact = services.create_contact(
        source="sync",
        external_key="kanarie-1",
        email=CANARY,
        phone=PHONE,
        **dict.fromkeys(("first_name", "last_name", "region", "city", "time_zone"), CANARY),
        language="kanarie",
        attributes={CANARY: CANARY},
    )
    services.record_consent(
        contact=contact,
        channel="email",
        state="subscribed",
        strength=2,
        source="form",
        occurred_at=NOW,
        evidence=services.Evidence(text=CANARY, ip=IP, detail={"x": CANARY}),
    )
    other = services.create_contact(source="order", email=f"2{CANARY}", phone="+49301234567")
    services.merge_contacts(keep=contact, gone=other)
    contact.refresh_from_db()
    planter = Planter(contact)
    planter.made.pop(ConsentEvent, None)
    for model in linked():
        if model._meta.model_name not in ("consentevidence", "consentstate", "contacttotals"):
            planter.row(model)
    yield contact


def plant_loose(contact: Contact) -> None:
    from django_q.models import OrmQ, Task
    from django_q.signing import SignedPackage

    planter = Planter(contact)
    for table in loose_tables:
        model = apps.get_model(table.model)
        planter.made.pop(model, None)
        planter.row(model)
    log = apps.get_model("wagtailcore.ModelLogEntry")
    log.objects.create(
        content_type=ContentType.objects.get_for_model(Contact),
        object_id=str(contact.pk),
        label="kanarie",
        action="wagtail.edit",
        timestamp=NOW,
        data={"name": "kanarie"},
        deleted=False,
        content_changed=True,
    )
    job = apps.get_model("wagtail_marketing_jobs.Job").objects.first()
    job.result_file.save("again.csv", ContentFile(f"E-Mail\n{CANARY.upper()}\n".encode()), save=True)
    OrmQ.objects.create(key="q", payload=SignedPackage.dumps({"id": "1", "args": (CANARY,)}), lock=NOW)
    Task.objects.create(id="1" * 32, name="t", func="f", args=(1,), result=CANARY, started=NOW, stopped=NOW)


def test_the_canary_sits_everywhere(person):
    """Counter-proof: without erasure the dump finds every linked table that has a text column."""
    plant_loose(person)
    found = {place.partition(".")[0] for place, _text in dump()}
    for name in (
        "contacts_contact",
        "activity_activity",
        "messaging_message",
        "commerce_cart",
        "jobs_job",
        "api_idempotencykey",
        "contacts_contactmerge",
        "contacts_consentevidence",
        "wagtailcore_modellogentry",
        "wagtailcore_revision",
        "contacts_contactattribute",
    ):
        assert name in found, name


def test_nothing_names_the_person_after_erasure(person, django_capture_on_commit_callbacks):
    plant_loose(person)
    job = apps.get_model("wagtail_marketing_jobs.Job").objects.first()
    file, storage = job.result_file.name, job.result_file.storage
    orders = Order.objects.aggregate(sum=Sum("total_base"), count=models.Count("pk"))
    ledger = ConsentEvent.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        services.erase_person(contact=person)
    named = named_after_erasure()
    assert named == [], "\n".join(named)
    assert not storage.exists(file)
    assert not apps.get_model("django_q.Task").objects.exists()
    assert CANARY not in repr([row.task for row in apps.get_model("django_q.OrmQ").objects.all()])
    assert Order.objects.aggregate(sum=Sum("total_base"), count=models.Count("pk")) == orders
    assert ConsentEvent.objects.count() == ledger
    person.refresh_from_db()
    assert (person.source, str(person)) == ("erased", str(person.uuid))


@pytest.mark.parametrize("room", ["activity", "messages", "commerce"])
def test_without_its_eraser_a_room_still_names_the_person(person, room):
    kept = erasers[room]
    erasers.unregister(room)
    try:
        services.erase_person(contact=person)
    finally:
        erasers.register(room, kept)
    assert named_after_erasure() != []


@pytest.mark.parametrize("name", ["jobs", "idempotency keys", "log", "revisions"])
def test_a_loose_table_that_nobody_looks_through_still_names_the_person(person, name):
    plant_loose(person)
    kept = loose_tables[name]
    loose_tables.unregister(name)
    try:
        services.erase_person(contact=person)
    finally:
        loose_tables.register(name, kept)
    assert named_after_erasure() != []


def test_the_address_stays_suppressed_whatever_brings_it_back(person):
    services.erase_person(contact=person)
    host = MemoryHost(HostCustomer("kanarie-1", CANARY, PHONE, consent={"email": NOW}))
    from wagtail_marketing.commerce import services as commerce

    with host.active():
        commerce.sync(adapter=host)
    again = services.create_contact(source="import", email=CANARY.upper())
    services.record_consents(channel="email", source="import", reports=[services.Report(again.pk, "subscribed", NOW)])
    for channel in Channel.values:
        assert selectors.deliverable(channel).count() == 0
    assert selectors.is_suppressed(channel="email", address=CANARY)
    assert selectors.is_suppressed(channel="email", address=f"2{CANARY}")
    assert selectors.is_suppressed(channel="sms", address=PHONE)
