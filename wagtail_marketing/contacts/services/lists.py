"""Writes of static lists: set-based, idempotent, and the size kept in the transaction of the change."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.errors import ListExists, ListGone, ListInUse
from wagtail_marketing.contacts.events import ListChanged
from wagtail_marketing.contacts.list_selectors import resolve, superfluous
from wagtail_marketing.contacts.models import Contact, ContactList, ListMembership
from wagtail_marketing.contacts.registry import list_users
from wagtail_marketing.core import clock, events
from wagtail_marketing.core.errors import InvalidInput

from .people import create_contact
from .sets import as_querysets, chosen_sql

#: Contacts that an event names one by one; more are "many".
NAMED = 1000
#: Contacts that are made of pasted addresses in one go; more are an import.
NEW_AT_ONCE = 500
CHANGEABLE = ("name", "description", "site")
#: The lock on a list's row while its members change. Off only in the twin test.
_lock_list = True


def create_list(
    *, name: str, description: str = "", site: Any = None, user: Any = None, now: datetime | None = None
) -> ContactList:
    """A new, empty list. Raises ``InvalidInput`` for no name, ``ListExists`` for one that the site has already."""
    contact_list = ContactList(name=_name(name), description=description, site=site, created_at=now or clock.now())
    _save(contact_list)
    log(contact_list, "wagtail.create", user=user)
    return contact_list


def update_list(*, contact_list: ContactList, user: Any = None, **changes: Any) -> ContactList:
    """Change ``name``, ``description`` or ``site``. Raises ``InvalidInput``, ``ListExists``."""
    for field, value in changes.items():
        if field not in CHANGEABLE:
            raise InvalidInput(_("“%(name)s” is not a field of a list.") % {"name": field}, field=field)
        setattr(contact_list, field, _name(value) if field == "name" else value)
    _save(contact_list, update_fields=list(changes))
    log(contact_list, "wagtail.edit", user=user)
    return contact_list


@transaction.atomic
def delete_list(*, contact_list: ContactList, user: Any = None) -> None:
    """Delete a list; its contacts stay. Raises ``ListInUse`` where something chooses people by it."""
    users = [str(use) for find in list_users for use in find(contact_list)]
    if users:
        raise ListInUse(
            _("“%(list)s” is used by: %(users)s.") % {"list": contact_list, "users": ", ".join(users[:5])},
            remedy=_("Take it out there first."),
        )
    log(contact_list, "wagtail.delete", user=user, deleted=True)
    ListMembership.objects.filter(contact_list=contact_list).delete()
    contact_list.delete()


@transaction.atomic
def add_to_list(
    *,
    contact_list: ContactList,
    contacts: QuerySet[Contact] | Iterable[int],
    source: str = "staff",
    user: Any = None,
    now: datetime | None = None,
) -> int:
    """Put contacts on a list; returns how many were not on it before.

    A queryset is one ``INSERT ... SELECT``; ids that are no contacts are passed over. Again is harmless.
    Raises ``ListGone``.
    """
    contacts = contacts if isinstance(contacts, QuerySet) else set(contacts)
    _claim(contact_list)
    now = now or clock.now()
    table = connection.ops.quote_name(ListMembership._meta.db_table)
    stamp = connection.ops.adapt_datetimefield_value(now)
    added = 0
    with connection.cursor() as cursor:
        for some in as_querysets(contacts):
            chosen, params = chosen_sql(some)
            cursor.execute(
                f"INSERT INTO {table} (contact_list_id, contact_id, added_at, source)"  # noqa: S608
                f" SELECT %s, chosen.id, %s, %s FROM ({chosen}) AS chosen WHERE 1 = 1 ON CONFLICT DO NOTHING",
                [contact_list.pk, stamp, source, *params],
            )
            added += max(cursor.rowcount, 0)
    _settle(contact_list, added=added, contacts=contacts, source=source, user=user, now=now)
    return added


@transaction.atomic
def remove_from_list(
    *,
    contact_list: ContactList,
    contacts: QuerySet[Contact] | Iterable[int],
    source: str = "staff",
    user: Any = None,
    now: datetime | None = None,
) -> int:
    """Take contacts off a list; returns how many were on it. Again is harmless. Raises ``ListGone``."""
    contacts = contacts if isinstance(contacts, QuerySet) else set(contacts)
    _claim(contact_list)
    removed = 0
    for some in as_querysets(contacts):
        ids = some.values("pk") if some.query.is_sliced else some.order_by().values("pk")
        removed += ListMembership.objects.filter(contact_list=contact_list, contact__in=ids).delete()[0]
    _settle(contact_list, removed=removed, contacts=contacts, source=source, user=user, now=now or clock.now())
    return removed


@transaction.atomic
def add_new_to_list(
    *, contact_list: ContactList, addresses: Iterable[str], source: str = "paste", user: Any = None
) -> int:
    """Make a contact of every address that nobody has, and put all on the list; returns how many were made.

    It gives no consent. Raises ``InvalidInput`` for what is no address, or for more than ``NEW_AT_ONCE``.
    """
    found = resolve(addresses)
    if found.unreadable:
        raise InvalidInput(_("“%(value)s” is not an e-mail address.") % {"value": found.unreadable[0]}, field="lines")
    if len(found.unknown) > NEW_AT_ONCE:
        raise InvalidInput(
            _("%(count)s new contacts are too many for one go.") % {"count": len(found.unknown)},
            field="lines",
            remedy=_("Import them as a file."),
        )
    made = [create_contact(source="list", email=address).pk for address in found.unknown]
    add_to_list(contact_list=contact_list, contacts=[*found.contacts, *made], source=source, user=user)
    return len(made)


@transaction.atomic
def keep_one_per_address(*, contact_list: ContactList, user: Any = None) -> int:
    """Of several contacts with one address keep the one with the lowest id; returns how many were taken off."""
    return remove_from_list(
        contact_list=contact_list, contacts=superfluous(contact_list), source="duplicates", user=user
    )


@transaction.atomic
def forget_in_lists(contact: Contact) -> None:
    """Take an erased person off every list."""
    lists = ContactList.objects.filter(memberships__contact=contact)
    for contact_list in lists.order_by("pk"):
        remove_from_list(contact_list=contact_list, contacts=[contact.pk], source="erased")


@transaction.atomic
def recount(*, contact_list: ContactList) -> int:
    """Count the members anew, for whoever wrote memberships past these services (a merge); returns the size."""
    _claim(contact_list)
    size = ListMembership.objects.filter(contact_list=contact_list).count()
    ContactList.objects.filter(pk=contact_list.pk).exclude(size=size).update(size=size)
    contact_list.size = size
    return size


def _claim(contact_list: ContactList) -> None:
    """One change of a list's members at a time: two that overlap wait instead of meeting in a deadlock."""
    rows = ContactList.objects.filter(pk=contact_list.pk)
    if _lock_list:
        rows = rows.select_for_update(no_key=True)
    if not rows.values_list("pk", flat=True):
        raise ListGone(_("This list was deleted."), field="list")


def _settle(
    contact_list: ContactList,
    *,
    contacts: QuerySet[Contact] | set[int],
    source: str,
    user: Any,
    now: datetime,
    added: int = 0,
    removed: int = 0,
) -> None:
    """Keep the size, the history and the news of a change; nothing changed is no news."""
    if not (added or removed):
        return
    ContactList.objects.filter(pk=contact_list.pk).update(size=F("size") + added - removed, changed_at=now)
    contact_list.refresh_from_db(fields=["size", "changed_at"])
    action = "wagtail_marketing.list.add" if added else "wagtail_marketing.list.remove"
    if source != "erased":
        log(contact_list, action, user=user, data={"count": added or removed, "source": source})
    named = tuple(sorted(contacts)) if isinstance(contacts, set) and len(contacts) <= NAMED else None
    facts.touch("lists", contacts if isinstance(contacts, set) else None, at=now)
    events.publish(ListChanged(contact_list.pk, added, removed, named))


def _name(name: str) -> str:
    name = " ".join(str(name).split())
    if not 0 < len(name) <= 120:
        raise InvalidInput(_("A list has a name of at most 120 characters."), field="name")
    return name


def _save(contact_list: ContactList, **options: Any) -> None:
    try:
        with transaction.atomic():
            contact_list.save(**options)
    except IntegrityError as error:
        same = ContactList.objects.filter(name__iexact=contact_list.name, site=contact_list.site)
        if same.exclude(pk=contact_list.pk).exists():
            raise ListExists(
                _("There is a list “%(name)s” already.") % {"name": contact_list.name},
                field="name",
                remedy=_("Choose another name."),
            ) from error
        raise
