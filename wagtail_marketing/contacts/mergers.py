"""What of this room changes its owner when two contacts become one."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from .merging import Merger, Moved
from .models import (
    Contact,
    ContactAlias,
    ContactList,
    ContactMerge,
    ContactPreference,
    ImportedContact,
    ListMembership,
    SignUp,
)
from .registry import mergers
from .services.lists import recount


class MovedList(Moved):
    """Memberships of lists, which keep their size."""

    def merge(self, keep: Contact, gone: Contact) -> dict[str, Any]:
        data = super().merge(keep, gone)
        self._recount(data)
        return data

    def undo(self, keep: Contact, gone: Contact, data: dict[str, Any]) -> None:
        super().undo(keep, gone, data)
        self._recount(data)

    def _recount(self, data: dict[str, Any]) -> None:
        lists = {row["fields"]["contact_list"] for row in data["dropped"]}
        for contact_list in ContactList.objects.filter(pk__in=lists).order_by("pk"):
            recount(contact_list=contact_list)


MERGER = Merger(
    MovedList(ListMembership, unique=("contact_list",), label=_("lists")),
    Moved(Contact.tags.through, unique=("tag",), label=_("tags")),
    Moved(ContactPreference),
    Moved(SignUp),
    Moved(ContactAlias),
    Moved(ImportedContact, unique=("source",)),
    Moved(ContactMerge, "keep"),
)


def register() -> None:
    mergers.register("contacts", MERGER)
