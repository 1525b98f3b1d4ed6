"""Contacts from the shop's customers, a batch at a time: a fixed number of statements per batch."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import Contact, ContactAttribute
from wagtail_marketing.core import clock
from wagtail_marketing.host.types import HostCustomer

from .fields import DERIVED_FIELDS, PERSON_FIELDS, attribute_rows, person_values, plain_attribute

WRITTEN = (*PERSON_FIELDS, *DERIVED_FIELDS, "attributes", "host_deleted_at", "updated_at")


@dataclass
class UpsertResult:
    """What a batch did; ``ids`` maps each customer key to its contact."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    ids: dict[str, int] = field(default_factory=dict)


@transaction.atomic
def upsert_contacts(
    *,
    customers: Iterable[HostCustomer],
    attribute_types: Mapping[str, str] | None = None,
    fields: Collection[str] | None = None,
    source: str = "sync",
    now: datetime | None = None,
) -> UpsertResult:
    """Make the contacts of ``customers`` what the shop says they are; the last of two with one key counts.

    Rows that are as they should be are not written. ``attribute_types`` gives the declared type of each
    attribute (``AttributeSpec.type``), ``fields`` those that the shop has (``HostAdapter.customer_fields``; None:
    all): what it has not, staff may have filled in, and that stays. Consent is another service's: see
    ``apply_host_consent``.
    """
    now = now or clock.now()
    by_key = {customer.key: customer for customer in customers if customer.key}
    # Locked in the order of their ids, as every writer of several contacts does.
    known = {
        contact.external_key: contact
        for contact in Contact.objects.select_for_update(of=("self",), no_key=True)
        .filter(external_key__in=list(by_key))
        .order_by("pk")
    }
    result = UpsertResult()
    created: list[Contact] = []
    changed: list[Contact] = []
    back: list[Contact] = []
    attributes_changed: list[str] = []
    for key, customer in by_key.items():
        values = _values(customer, fields)
        contact = known.get(key)
        if contact is None:
            contact = Contact(
                external_key=key, source=source, created_at=customer.created_at or now, updated_at=now, **values
            )
            created.append(contact)
            attributes_changed.append(key)
            continue
        different = [name for name, value in values.items() if getattr(contact, name) != value]
        if customer.created_at and contact.created_at != customer.created_at:
            contact.created_at = customer.created_at
            different.append("created_at")
        if contact.host_deleted_at is not None:
            contact.host_deleted_at = None
            back.append(contact)
            different.append("host_deleted_at")
        if not different:
            result.unchanged += 1
            continue
        for name in values:
            setattr(contact, name, values[name])
        contact.updated_at = now
        changed.append(contact)
        if "attributes" in different:
            attributes_changed.append(key)
    Contact.objects.bulk_create(
        created,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["external_key"],
        update_fields=list(WRITTEN),
    )
    Contact.objects.bulk_update(changed, [*WRITTEN, "created_at"], batch_size=500)
    result.created, result.updated = len(created), len(changed)
    result.ids = dict(Contact.objects.filter(external_key__in=list(by_key)).values_list("external_key", "pk"))
    _write_attributes([(result.ids[key], by_key[key]) for key in attributes_changed], attribute_types or {})
    fresh = {result.ids[contact.external_key or ""] for contact in (*created, *back)}
    facts.touch(facts.EVERYTHING, fresh, at=now)
    facts.touch("contact", {contact.pk for contact in changed} - fresh, at=now)
    facts.touch("attributes", {result.ids[key] for key in attributes_changed} - fresh, at=now)
    return result


@transaction.atomic
def mark_deleted(*, keys: Collection[str], now: datetime | None = None) -> int:
    """The shop deleted these customers: their contacts stay (orders, consent), marked as gone."""
    now = now or clock.now()
    gone = Contact.objects.filter(external_key__in=list(keys), host_deleted_at__isnull=True)
    facts.touch(facts.EVERYTHING, list(gone.values_list("pk", flat=True)), at=now)
    return gone.update(host_deleted_at=now, updated_at=now)


def _values(customer: HostCustomer, fields: Collection[str] | None) -> dict:
    wanted = PERSON_FIELDS if fields is None else [name for name in PERSON_FIELDS if name in fields]
    values = person_values({name: getattr(customer, name) for name in wanted})
    plain = {name: plain_attribute(value) for name, value in customer.attributes.items()}
    values["attributes"] = {name: value for name, value in plain.items() if value is not None}
    return values


def _write_attributes(people: list[tuple[int, HostCustomer]], types: Mapping[str, str]) -> None:
    if not people:
        return
    ContactAttribute.objects.filter(contact_id__in=[contact_id for contact_id, _customer in people]).delete()
    ContactAttribute.objects.bulk_create(
        [row for contact_id, customer in people for row in attribute_rows(contact_id, customer.attributes, types)],
        batch_size=1000,
    )
