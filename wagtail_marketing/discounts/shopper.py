"""Who is buying: the contact, what is known of them, and the keys under which limits count them."""

from dataclasses import dataclass
from datetime import datetime

from wagtail_marketing.commerce.models import Order
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core.clock import shop_zone
from wagtail_marketing.core.identity import address_hash, normalise_email, normalise_phone

from . import engine
from .registry import fact_providers


@dataclass(frozen=True)
class Shopper:
    """``keys`` name the person three ways (customer, e-mail, phone): a guest who signs up later shares
    at least one of them with the account, and no address stands in them."""

    contact: Contact | None
    email: str
    keys: tuple[str, ...]


def find_shopper(*, customer_key: str | None, email: str = "", phone: str = "") -> Shopper:
    """The person behind a customer key, else behind an e-mail address (of several the lowest id)."""
    address = normalise_email(email)
    contact = None
    if customer_key:
        contact = Contact.objects.filter(external_key=customer_key).first()
    if contact is None and address:
        # A guest, or a customer whom the mirror does not know yet and who may have ordered as a guest.
        contact = Contact.objects.filter(email_normalised=address).order_by("pk").first()
    emails = {address, contact.email_normalised if contact else ""} - {""}
    phones = {normalise_phone(phone), contact.phone_e164 if contact else ""} - {""}
    customers = {customer_key, contact.external_key if contact else None} - {None, ""}
    keys = sorted(
        {f"c:{address_hash(f'customer {key}')}" for key in customers}
        | {f"e:{address_hash(found)}" for found in emails}
        | {f"p:{address_hash(found)}" for found in phones}
    )
    return Shopper(contact, address or (contact.email_normalised if contact else ""), tuple(keys))


def facts_of(
    shopper: Shopper, wanted: dict[str, frozenset[str]], *, now: datetime, order_ref: str = ""
) -> engine.Facts:
    """The facts that the conditions at hand read, and no others. ``order_ref`` is the order being placed,
    which may stand in the mirror already and does not count as an earlier one."""
    contact = shopper.contact
    if contact is None:
        return engine.Facts(time_zone=shop_zone())
    return engine.Facts(
        contact=str(contact.uuid),
        order_count=_order_count(shopper, order_ref) if "order_count" in wanted else 0,
        segments=_provided("segments", contact, wanted, now),
        tags=frozenset(contact.tags.values_list("slug", flat=True)) if "tags" in wanted else frozenset(),
        tier=next(iter(sorted(_provided("tier", contact, wanted, now))), None),
        birthday=contact.birthday,
        time_zone=shop_zone(),
    )


def _provided(name: str, contact: Contact, wanted: dict[str, frozenset[str]], now: datetime) -> frozenset[str]:
    provider = fact_providers.get(name)
    values = wanted.get(name)
    if provider is None or not values:
        return frozenset()
    return frozenset(provider(contact, values, now))


def _order_count(shopper: Shopper, order_ref: str) -> int:
    """Earlier orders of everybody with this person's address: a second account is no second first order."""
    people = Contact.objects.filter(pk=shopper.contact.pk) if shopper.contact else Contact.objects.none()
    if shopper.email:
        people = Contact.objects.filter(email_normalised=shopper.email) | people
    return Order.objects.filter(contact__in=people, cancelled_at__isnull=True).exclude(ref=order_ref).count()
