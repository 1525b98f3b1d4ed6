"""One contact, written by hand or by the API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.errors import ContactExists
from wagtail_marketing.contacts.events import ContactCreated
from wagtail_marketing.contacts.models import Contact, ContactAttribute
from wagtail_marketing.core import clock, events
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.identity import normalise_email, normalise_phone
from wagtail_marketing.host import get_adapter

from .fields import PERSON_FIELDS, attribute_rows, person_values, plain_attribute


def create_contact(
    *,
    source: str,
    external_key: str = "",
    attributes: Mapping[str, Any] | None = None,
    user: Any = None,
    now: datetime | None = None,
    **fields: Any,
) -> Contact:
    """A new contact. ``fields`` are any of ``PERSON_FIELDS``; it gives no consent. ``user`` did it (history).

    Raises ``InvalidInput`` (an address that is none, an unknown field, nothing to know the person by) and
    ``ContactExists`` for a customer key that another contact has.
    """
    _check(fields)
    if not (external_key or fields.get("email") or fields.get("phone")):
        raise InvalidInput(
            _("A contact needs an e-mail address, a phone number or a customer key."),
            field="email",
            remedy=_("Give at least one of them."),
        )
    now = now or clock.now()
    plain = _plain(attributes or {})
    try:
        with transaction.atomic():
            contact = Contact.objects.create(
                external_key=external_key or None,
                source=source,
                attributes=plain,
                created_at=now,
                updated_at=now,
                **person_values(fields),
            )
            ContactAttribute.objects.bulk_create(attribute_rows(contact.pk, plain, declared_types()))
            _note(contact, "create", user)
            facts.touch(facts.EVERYTHING, [contact.pk], at=now)
            events.publish(ContactCreated(contact.pk, source))
    except IntegrityError as error:
        if external_key and Contact.objects.filter(external_key=external_key).exists():
            raise ContactExists(
                _("Another contact has the customer key “%(key)s”.") % {"key": external_key}, field="external_key"
            ) from error
        raise
    return contact


@transaction.atomic
def update_contact(
    *,
    contact: Contact,
    attributes: Mapping[str, Any] | None = None,
    user: Any = None,
    now: datetime | None = None,
    **fields: Any,
) -> Contact:
    """Change some of a contact's ``PERSON_FIELDS`` and attributes (given ones replace, None removes).

    What the shop's adapter declares comes back with the next sync of this customer: the shop is its source.
    """
    _check(fields)
    contact = Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=contact.pk)
    values: dict[str, Any] = person_values(fields)
    if attributes is not None:
        plain = {**contact.attributes, **{name: plain_attribute(value) for name, value in attributes.items()}}
        values["attributes"] = {name: value for name, value in plain.items() if value is not None}
        ContactAttribute.objects.filter(contact=contact, name__in=list(attributes)).delete()
        ContactAttribute.objects.bulk_create(attribute_rows(contact.pk, _plain(attributes), declared_types()))
    changed = [name for name in (*fields, "attributes") if name in values and getattr(contact, name) != values[name]]
    for name, value in values.items():
        setattr(contact, name, value)
    if changed:
        _note(contact, "edit", user, fields=changed)
    contact.updated_at = now or clock.now()
    contact.save(update_fields=[*values, "updated_at"])
    facts.touch("contact", [contact.pk], at=contact.updated_at)
    if attributes is not None:
        facts.touch("attributes", [contact.pk], at=contact.updated_at)
    return contact


def shop_fields(contact: Contact) -> frozenset[str]:
    """The fields of ``contact`` that are the shop's to say; ``attributes.<name>`` for those that it declares.

    None of a guest's, nor of a customer whom the shop has deleted.
    """
    if contact.external_key is None or contact.host_deleted_at is not None:
        return frozenset()
    adapter = get_adapter()
    return adapter.customer_fields() | {f"attributes.{spec.name}" for spec in adapter.attributes()}


def declared_types() -> dict[str, str]:
    """Name -> type of every attribute that the shop's adapter declares."""
    return {spec.name: spec.type for spec in get_adapter().attributes()}


def _note(contact: Contact, action: str, user: Any, **data: Any) -> None:
    """Keep who did it and which fields, never what stood there: a history that holds nothing of the person."""
    if user is not None:
        title = _("Contact %(id)s") % {"id": contact.pk}
        log(contact, f"wagtail_marketing.contact.{action}", user=user, title=title, data=data)


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: plain_attribute(value) for name, value in attributes.items()}
    return {name: value for name, value in plain.items() if value is not None}


def _check(fields: Mapping[str, Any]) -> None:
    for name in fields:
        if name not in PERSON_FIELDS:
            raise InvalidInput(_("“%(name)s” is not a field of a contact.") % {"name": name}, field=name)
    if fields.get("email") and not normalise_email(fields["email"]):
        raise InvalidInput(
            _("“%(value)s” is not an e-mail address.") % {"value": fields["email"]},
            field="email",
            remedy=_("Write it as name@example.com."),
        )
    if fields.get("phone") and not normalise_phone(fields["phone"]):
        raise InvalidInput(
            _("“%(value)s” is not a phone number.") % {"value": fields["phone"]},
            field="phone",
            remedy=_("Write it with its country code, such as +4930123456."),
        )
