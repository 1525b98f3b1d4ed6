"""What a person may ask for: everything we know, and to be forgotten."""

from typing import Any

from django.db import transaction

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import (
    ConsentEvidence,
    ConsentState,
    Contact,
    ContactAlias,
    ContactAttribute,
    ContactMerge,
    SuppressionReason,
)
from wagtail_marketing.contacts.registry import channels, erasers, exporters
from wagtail_marketing.core import clock

from . import locks, scrub
from .fields import PERSON_FIELDS, person_values
from .suppression import suppress, suppress_many


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
    scrub.forget_everywhere(contact)
    for channel in channels:
        suppress(
            channel=channel.channel,
            address=getattr(contact, channel.address_field),
            reason=SuppressionReason.ERASED,
        )
    _forget_merges(contact)
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
    facts.touch(facts.EVERYTHING, [contact.pk], at=contact.updated_at)


def _forget_merges(contact: Contact) -> None:
    """Whom the person was before a merge: the addresses are suppressed too, the undo data goes."""
    aliases = ContactAlias.objects.filter(contact=contact)
    for channel in channels:
        hashes = [getattr(alias, channel.hash_field, "") for alias in aliases]
        suppress_many(channel=channel.channel, hashes=hashes, reason=SuppressionReason.ERASED)
    aliases.update(external_key=None, email_hash="", phone_hash="")
    ContactMerge.objects.filter(keep=contact).update(undo={})
