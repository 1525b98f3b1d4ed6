"""Two contacts that are one person become one, in one transaction; and apart again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core import serializers
from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.errors import CannotMerge
from wagtail_marketing.contacts.events import ContactsMerged, ContactsParted
from wagtail_marketing.contacts.merging import as_json
from wagtail_marketing.contacts.models import (
    Contact,
    ContactAlias,
    ContactAttribute,
    ContactList,
    ContactMerge,
    ListMembership,
)
from wagtail_marketing.contacts.registry import channels, mergers
from wagtail_marketing.core import clock, events
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.host import get_adapter

from . import locks
from .fields import PERSON_FIELDS, attribute_rows, person_values
from .merge_consent import join_consent, part_consent


def uncovered() -> list[str]:
    """Foreign keys to a contact of which no merger speaks: a merge would orphan their rows."""
    known = {"wagtail_marketing_contacts.consentstate.contact", "wagtail_marketing_contacts.contactattribute.contact"}
    known |= {relation for merger in mergers for relation in merger.relations}
    pointing = {
        f"{found.related_model._meta.label_lower}.{found.field.name}"
        for found in Contact._meta.get_fields(include_hidden=True)
        if found.auto_created and not found.concrete and not found.many_to_many
    }
    return sorted(pointing - known)


def why_not(first: Contact, second: Contact) -> str:
    """Why these two cannot become one, in words; empty: they can."""
    if first.pk == second.pk:
        return _("These are the same contact.")
    if "erased" in (first.source, second.source):
        return _("One of them was erased: nothing says that it is the same person.")
    keys = _live_keys(first, second)
    if len(keys) == 2:
        return _(
            "Both are customers of the shop (%(first)s and %(second)s): the next sync would bring the second back. "
            "Join the two accounts in the shop first."
        ) % {"first": keys[0], "second": keys[1]}
    if missing := uncovered():
        return _("Nothing says what becomes of: %(tables)s.") % {"tables": ", ".join(missing)}
    return ""


def suggested_values(keep: Contact, gone: Contact) -> dict[str, Any]:
    """The survivor's fields, and the other's where the survivor has none."""
    return {name: getattr(keep, name) or getattr(gone, name) for name in PERSON_FIELDS}


@transaction.atomic
def merge_contacts(
    *,
    keep: Contact,
    gone: Contact,
    values: Mapping[str, Any] | None = None,
    user: Any = None,
    now: datetime | None = None,
) -> ContactMerge:
    """Make ``gone`` part of ``keep``: everything that hangs on it moves, and its row goes.

    ``values`` gives fields (``PERSON_FIELDS``) of the survivor; the others are ``suggested_values``. Both
    rows are locked, in the order of their ids. An order or an unsubscribe that arrives meanwhile waits and
    then finds the survivor. The undo data is in the returned row. Raises ``CannotMerge`` (``why_not``),
    ``InvalidInput``.
    """
    now = now or clock.now()
    keep, gone = _locked(keep.pk, gone.pk)
    if reason := why_not(keep, gone):
        raise CannotMerge(reason)
    given = dict(values or {})
    if unknown := set(given) - set(PERSON_FIELDS):
        name = min(unknown)
        raise InvalidInput(_("“%(name)s” is not a field of a contact.") % {"name": name}, field=name)
    undo: dict[str, Any] = {"contacts": as_json([keep, gone])}
    key, spare, deleted_at = _keys(keep, gone)
    columns = person_values({**suggested_values(keep, gone), **given})
    columns["attributes"] = {**gone.attributes, **keep.attributes}
    columns |= {"created_at": min(keep.created_at, gone.created_at), "host_deleted_at": deleted_at}
    for name, value in columns.items():
        setattr(keep, name, value)
    keep.updated_at = now
    keep.save(update_fields=[*columns, "updated_at"])
    undo["after"] = as_json([keep])
    undo["consent"] = join_consent(keep, gone, now=now)
    _write_attributes(keep)
    undo["rooms"] = {room: merger.merge(keep, gone) for room, merger in mergers.items()}
    ContactAttribute.objects.filter(contact=gone).delete()
    # Not ``delete()``: what nobody moved must be refused by the database, not swept away.
    left_over = Contact.objects.filter(pk=gone.pk)
    left_over._raw_delete(left_over.db)
    keep.external_key = key
    keep.save(update_fields=["external_key"])
    ContactAlias.objects.create(
        uuid=gone.uuid,
        contact=keep,
        external_key=spare,
        email_hash=gone.email_hash,
        phone_hash=gone.phone_hash,
        merged_at=now,
    )
    facts.touch(facts.EVERYTHING, [keep.pk], at=now)
    events.publish(ContactsMerged(keep.pk, gone.pk))
    return ContactMerge.objects.create(
        keep=keep,
        gone_id=gone.pk,
        gone_uuid=gone.uuid,
        merged_at=now,
        user=user,
        moved={
            name: data["moved"] + len(data["dropped"])
            for rooms in undo["rooms"].values()
            for name, data in rooms.items()
            if data["moved"] or data["dropped"]
        },
        undo=undo,
    )


@transaction.atomic
def undo_merge(*, merge: ContactMerge, user: Any = None, now: datetime | None = None) -> Contact:
    """Part two contacts again; returns the one that comes back, with its old id and uuid.

    Back goes what was moved then and is still the survivor's; what came since stays with the survivor. The
    survivor's fields go back where nobody changed them since. Raises ``CannotMerge``.
    """
    now = now or clock.now()
    merge = ContactMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    keep = Contact.objects.select_for_update(of=("self",)).get(pk=merge.keep_id)
    if merge.undone_at or not merge.undo:
        raise CannotMerge(_("This merge was undone already, or its person was erased."))
    before, gone = (item.object for item in serializers.deserialize("python", merge.undo["contacts"]))
    if Contact.objects.filter(pk=gone.pk).exists():
        raise CannotMerge(_("The contact stands already."))
    if before.pk != keep.pk:
        raise CannotMerge(_("The survivor was merged itself since: undo that first."))
    taken = Contact.objects.exclude(pk=keep.pk).filter(external_key__in=[before.external_key, gone.external_key])
    if taken.exists():
        raise CannotMerge(_("Another contact has one of the two customer keys by now."))
    (after,) = (item.object for item in serializers.deserialize("python", merge.undo["after"]))
    same = [name for name in (*PERSON_FIELDS, "attributes") if getattr(keep, name) == getattr(after, name)]
    columns = person_values({name: getattr(before, name) for name in same if name != "attributes"})
    columns |= {"attributes": before.attributes} if "attributes" in same else {}
    for name in ("created_at", "host_deleted_at", "external_key"):
        columns[name] = getattr(before, name)
    for name, value in columns.items():
        setattr(keep, name, value)
    keep.updated_at = now
    keep.save(update_fields=[*columns, "updated_at"])
    ContactAlias.objects.filter(uuid=gone.uuid).delete()
    gone.updated_at = now
    gone.save(force_insert=True)
    _write_attributes(keep)
    _write_attributes(gone)
    part_consent(keep, gone, merge.undo["consent"], now=now)
    for room, merger in mergers.items():
        if room in merge.undo["rooms"]:
            merger.undo(keep, gone, merge.undo["rooms"][room])
    merge.undone_at, merge.undone_by, merge.undo = now, user, {}
    merge.save(update_fields=["undone_at", "undone_by", "undo"])
    facts.touch(facts.EVERYTHING, [keep.pk, gone.pk], at=now)
    events.publish(ContactsParted(keep.pk, gone.pk))
    return gone


def _locked(keep: int, gone: int) -> tuple[Contact, Contact]:
    # Lists before contacts, as everybody does who puts contacts on a list.
    lists = ListMembership.objects.filter(contact__in=[keep, gone]).values("contact_list")
    list(ContactList.objects.select_for_update(no_key=True).filter(pk__in=lists).order_by("pk").values_list("pk"))
    rows = Contact.objects.filter(pk__in=[keep, gone]).order_by("pk")
    # Stronger than ``locks.for_update``: one of them is about to go.
    found = {row.pk: row for row in (rows.select_for_update(of=("self",)) if locks._lock_contacts else rows)}
    if keep not in found or gone not in found:
        raise CannotMerge(_("One of these contacts does not exist any more."))
    hashes = {getattr(row, address.hash_field) for row in found.values() for address in channels}
    locks.hold_addresses(hashes, alone=True)
    return found[keep], found[gone]


def _live_keys(first: Contact, second: Contact) -> list[str]:
    return [one.external_key for one in (first, second) if one.external_key and one.host_deleted_at is None]


def _keys(keep: Contact, gone: Contact) -> tuple[str | None, str | None, datetime | None]:
    """The survivor's customer key, the one that stays known as an alias, and since when the shop has neither.

    Nobody who lives is kept under the key of an account that the shop deleted: its next sync would mark
    the survivor as deleted.
    """
    alive = [one for one in (keep, gone) if one.host_deleted_at is None]
    live = _live_keys(keep, gone)
    key = live[0] if live else (None if alive else keep.external_key or gone.external_key)
    spare = [one.external_key for one in (keep, gone) if one.external_key and one.external_key != key]
    deleted = None if alive else max(one.host_deleted_at for one in (keep, gone) if one.host_deleted_at)
    return key, spare[0] if spare else None, deleted


def _write_attributes(contact: Contact) -> None:
    types = {spec.name: spec.type for spec in get_adapter().attributes()}
    ContactAttribute.objects.filter(contact=contact).delete()
    ContactAttribute.objects.bulk_create(attribute_rows(contact.pk, contact.attributes, types))
