"""Customers of the shop: their contacts and the shop's word on consent, in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from wagtail_marketing.contacts.services import apply_host_consent, upsert_contacts
from wagtail_marketing.host.adapter import HostAdapter
from wagtail_marketing.host.types import HostCustomer

from .values import Mirrored


@transaction.atomic
def mirror_customers(*, customers: Sequence[HostCustomer], adapter: HostAdapter, now: datetime) -> Mirrored:
    """Make contacts of a batch of customers and apply the consent that the shop reports."""
    types = {spec.name: spec.type for spec in adapter.attributes()}
    result = upsert_contacts(customers=customers, attribute_types=types, fields=adapter.customer_fields(), now=now)
    changed = apply_host_consent(
        given={customer.key: customer.consent for customer in customers}, channels=adapter.consent_channels()
    )
    return Mirrored(len(customers), result.created, result.updated, result.unchanged, consent=changed)
