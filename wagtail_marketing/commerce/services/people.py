"""Whose order it is: the contact of a customer key, else of the e-mail address that a guest left."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Min

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.services import create_contact
from wagtail_marketing.core.identity import normalise_email
from wagtail_marketing.host.adapter import HostAdapter
from wagtail_marketing.host.types import HostCart, HostOrder

from .customers import mirror_customers


class People:
    """Contacts for the orders of a batch: a fixed number of statements, and one read of unknown customers."""

    def __init__(self, orders: Iterable[HostOrder | HostCart], adapter: HostAdapter, now: datetime):
        orders = list(orders)
        keys = {order.customer_key for order in orders if order.customer_key}
        self._by_key = self._known(keys)
        missing = keys - self._by_key.keys()
        if missing:
            # A customer who signed up since the sync read the customers, or with this very order.
            found = [customer for customer in adapter.customers(keys=sorted(missing)) if customer.key in missing]
            if found:
                mirror_customers(customers=found, adapter=adapter, now=now)
                self._by_key |= self._known(missing)
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
