"""Whose order it is: the contact of a customer key, else of the e-mail address that a guest left."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import Min

from wagtail_marketing.contacts.models import Contact, ContactAlias
from wagtail_marketing.contacts.services import create_contact
from wagtail_marketing.core.identity import address_hash, normalise_email
from wagtail_marketing.host.adapter import HostAdapter
from wagtail_marketing.host.types import HostCart, HostOrder

from .customers import mirror_customers

#: The lock that lets a merge of two contacts wait for their orders. Off only in the twin test.
_lock_contacts = True


class People:
    """Contacts for the orders of a batch: a fixed number of statements, and one read of unknown customers.

    They are locked until the transaction ends: who is merged meanwhile is looked for again, by the survivor's
    keys and aliases, so that no order hangs on a contact that is gone.
    """

    def __init__(self, orders: Iterable[HostOrder | HostCart], adapter: HostAdapter, now: datetime):
        orders = list(orders)
        for _attempt in range(3):
            self._find(orders, adapter, now)
            if self._hold():
                break

    def _hold(self) -> bool:
        if connection.vendor != "postgresql" or not _lock_contacts:
            return True
        wanted = {*self._by_key.values(), *self._by_email.values()}
        rows = Contact.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
        return wanted == set(rows.values_list("pk", flat=True))

    def _find(self, orders: list[HostOrder | HostCart], adapter: HostAdapter, now: datetime) -> None:
        keys = {order.customer_key for order in orders if order.customer_key}
        self._by_key = self._known(keys)
        missing = keys - self._by_key.keys()
        if missing:
            # A customer who signed up since the sync read the customers, or with this very order.
            found = [customer for customer in adapter.customers(keys=sorted(missing)) if customer.key in missing]
            if found:
                mirror_customers(customers=found, adapter=adapter, now=now)
                self._by_key |= self._known(missing)
            aliases = ContactAlias.objects.filter(external_key__in=missing - self._by_key.keys())
            self._by_key |= dict(aliases.values_list("external_key", "contact_id"))  # type: ignore[arg-type]
        self._by_email: dict[str, int] = {}
        guests = {
            normalise_email(order.email): order
            for order in reversed(orders)
            if order.email and order.customer_key not in self._by_key
        }
        guests.pop("", None)
        if guests:
            self._by_email = dict(
                Contact.objects.filter(email_normalised__in=list(guests))
                .order_by()
                .values_list("email_normalised")
                .annotate(first=Min("pk"))
            )
            hashes = {address_hash(email): email for email in guests if email not in self._by_email}
            aliases = ContactAlias.objects.filter(email_hash__in=hashes).order_by("-pk")
            for digest, contact in aliases.values_list("email_hash", "contact_id") if hashes else ():
                self._by_email[hashes[digest]] = contact
            for email, order in guests.items():
                if email not in self._by_email and isinstance(order, HostOrder):
                    # Only an order makes a guest a contact: an abandoned cart is no reason to keep somebody.
                    guest = create_contact(source="order", email=order.email, now=order.placed_at)
                    self._by_email[email] = guest.pk

    @staticmethod
    def _known(keys: Iterable[str]) -> dict[str, int]:
        found = Contact.objects.filter(external_key__in=list(keys)).values_list("external_key", "pk")
        return dict(found)  # type: ignore[arg-type]

    def of(self, order: HostOrder | HostCart) -> int | None:
        """The contact's id; None where the shop does not say who it was."""
        if order.customer_key in self._by_key:
            return self._by_key[order.customer_key]
        return self._by_email.get(normalise_email(order.email)) if order.email else None
