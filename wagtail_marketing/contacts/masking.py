"""People for whom may not see personal data: enough to tell rows apart, too little to know or write to."""

from typing import Any

from django.utils.translation import gettext as _

from .models import Contact

#: Sees names, addresses and attributes in the clear.
PERMISSION = "wagtail_marketing_contacts.view_personal_data"


def may_see_people(user: Any) -> bool:
    """Whether ``user`` sees personal data."""
    return bool(user and user.is_active and user.has_perm(PERMISSION))


def mask(address: str) -> str:
    """``a…@example.com``, ``…456``; empty stays empty."""
    if not address:
        return ""
    local, at, domain = address.partition("@")
    return f"{local[:1]}…{at}{domain}" if at else f"…{address[-3:]}"


def shown_name(contact: Contact, *, plain: bool) -> str:
    """The name, or which row it is."""
    return str(contact) if plain else _("Contact %(id)s") % {"id": contact.pk}


def shown_address(address: str, *, plain: bool) -> str:
    """The address, or its mask."""
    return address if plain else mask(address)
