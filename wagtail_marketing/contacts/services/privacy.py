"""What a person may ask for: everything we know, and to be forgotten."""

from typing import Any

from django.db import transaction

from wagtail_marketing.contacts.models import (
    ConsentEvidence,
    ConsentState,
    Contact,
    ContactAlias,
    ContactAttribute,
    SuppressionReason,
)
from wagtail_marketing.contacts.registry import channels, erasers, exporters
from wagtail_marketing.core import clock

from . import locks
from .fields import PERSON_FIELDS, person_values
from .suppression import suppress


def export_person(*, contact: Contact) -> dict[str, Any]:
    """Everything known of the person, one key per room that registered an exporter; JSON-serialisable."""
    return {room: export(contact) for room, export in exporters.items()}


@transaction.atomic
def erase_person(*, contact: Contact) -> None:
    """Forget the person: every room erases its own, then the contact becomes an empty pseudonym.

    The row and its uuid stay, so that orders and the ledger still add up; its addresses go on the
    suppression list by hash, so that a later import does not write to them. A merged contact's evidence
    goes too.
    """
    contact = locks.lock_everyone_with(contact)
    for erase in erasers:
        erase(contact)
    for channel in channels:
        suppress(
            channel=channel.channel,
            address=getattr(contact, channel.address_field),
            reason=SuppressionReason.ERASED,
        )
    uuids = [contact.uuid, *ContactAlias.objects.filter(contact=contact).values_list("uuid", flat=True)]
    ConsentEvidence.objects.filter(event__contact_uuid__in=uuids).delete()
    ConsentState.objects.filter(contact=contact).delete()
    ContactAttribute.objects.filter(contact=contact).delete()
    contact.tags.clear()
    values = person_values({name: None if name == "birthday" else "" for name in PERSON_FIELDS})
    for name, value in values.items():
        setattr(contact, name, value)
    contact.external_key = None
    contact.attributes = {}
    contact.source = "erased"
    contact.updated_at = clock.now()
    contact.save()
