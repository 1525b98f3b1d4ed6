"""What came of an import: the list, the rows to correct, and what can be taken back."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from wagtail_marketing.admin.export import csv_lines
from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.imports import rows
from wagtail_marketing.contacts.imports.errors import said
from wagtail_marketing.contacts.models import (
    Contact,
    ContactImport,
    ContactList,
    ImportedContact,
    ImportFault,
    ImportState,
    ListMembership,
)
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import WrongState

from .lists import add_to_list, remove_from_list


@transaction.atomic
def put_on_list(*, source: ContactImport) -> int:
    """Put everybody whom the import touched on its list; returns how many were not on it before."""
    contact_list = ContactList.objects.filter(pk=source.options.get("list") or 0).first()
    if contact_list is None:
        return 0
    on_it = ListMembership.objects.filter(contact_list=contact_list, contact=OuterRef("contact"))
    fresh = ImportedContact.objects.filter(source=source, listed=False).exclude(Exists(on_it))
    fresh.update(listed=True)
    people = Contact.objects.filter(pk__in=ImportedContact.objects.filter(source=source, listed=True).values("contact"))
    return add_to_list(contact_list=contact_list, contacts=people, source="import", user=source.created_by)


@transaction.atomic
def undo_import(*, source: ContactImport, user: Any = None) -> dict[str, int]:
    """Take back the tags and the places on the list that the import added. Raises ``WrongState``.

    Contacts and their fields stay as they are: what stood there before is not kept. Consent stays too: a ledger
    forgets nothing, and who left must stay gone.
    """
    _may_undo(source)
    if not ContactImport.objects.filter(pk=source.pk, undone_at=None).update(undone_at=clock.now()):
        raise WrongState(_("This import was taken back already."), field="state")
    taken = {"tags": 0, "list": 0}
    through = Contact.tags.through
    by_tag: dict[int, list[int]] = {}
    links = ImportedContact.objects.filter(source=source).exclude(tags=[])
    for contact, tags in links.values_list("contact_id", "tags").iterator(chunk_size=2000):
        for tag in tags:
            by_tag.setdefault(tag, []).append(contact)
    for tag, people in by_tag.items():
        for start in range(0, len(people), 2000):
            some = people[start : start + 2000]
            taken["tags"] += through.objects.filter(tag_id=tag, contact_id__in=some).delete()[0]
    if by_tag:
        facts.touch("tags", None)
    contact_list = ContactList.objects.filter(pk=source.options.get("list") or 0).first()
    if contact_list is not None:
        listed = Contact.objects.filter(
            pk__in=ImportedContact.objects.filter(source=source, listed=True).values("contact")
        )
        taken["list"] = remove_from_list(contact_list=contact_list, contacts=listed, source="import", user=user)
    source.refresh_from_db()
    return taken


def _may_undo(source: ContactImport) -> None:
    if source.state not in (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED) or not source.counts:
        raise WrongState(_("This import is not over."), field="state")


def fault_lines(source: ContactImport) -> Iterator[list[str]]:
    """The rows to correct, with the number of the row and what to do in two columns more; headings first."""
    extra = (rows.ROW_COLUMN, rows.ERROR_COLUMN)
    places = [place for place, name in enumerate(source.names) if name not in extra]
    yield [*(source.names[place] for place in places), *extra]
    for fault in ImportFault.objects.filter(source=source).iterator(chunk_size=1000):
        cells = fault.cells
        said_of = [
            f"{source.names[int(place)]}: {said(code)}" if place else said(code) for place, code in fault.errors.items()
        ]
        yield [
            *(cells[place] if place < len(cells) else "" for place in places),
            str(fault.number),
            " | ".join(said_of),
        ]


def csv_text(lines: Iterator[list[str]]) -> Iterator[str]:
    """The lines of a file, safe for spreadsheets."""
    headings = next(lines)
    return csv_lines(headings, lines)
