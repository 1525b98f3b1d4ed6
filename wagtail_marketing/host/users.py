"""The default: a site with users and no shop."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.contrib.auth import get_user_model

from .adapter import HostAdapter
from .types import HostCustomer


class UserAdapter(HostAdapter):
    """Every active user with an e-mail address is a customer; nothing was bought."""

    def customers(
        self, *, after: str = "", updated_since: datetime | None = None, keys: Sequence[str] | None = None
    ) -> Iterator[HostCustomer]:
        users = get_user_model()._default_manager.filter(is_active=True).order_by("pk")
        if after:
            users = users.filter(pk__gt=after)
        if keys is not None:
            users = users.filter(pk__in=keys)
        for user in users.iterator(chunk_size=2000):
            yield self.customer(user)

    def customer(self, customer) -> HostCustomer:
        email_field = get_user_model().get_email_field_name()
        return HostCustomer(
            key=str(customer.pk),
            email=getattr(customer, email_field, "") or "",
            first_name=getattr(customer, "first_name", ""),
            last_name=getattr(customer, "last_name", ""),
            created_at=getattr(customer, "date_joined", None),
        )

    def count(self, kind: str) -> int | None:
        return get_user_model()._default_manager.filter(is_active=True).count() if kind == "customers" else 0

    def keys(self, kind: str) -> Iterator[str]:
        if kind == "customers":
            users = get_user_model()._default_manager.filter(is_active=True).order_by("pk")
            yield from (str(pk) for pk in users.values_list("pk", flat=True).iterator())
