"""Between static lists and segments: a list as an audience, a segment's people on a list."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_marketing.contacts import services as contacts
from wagtail_marketing.contacts.models import ContactList
from wagtail_marketing.segments.limits import guarded
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.selectors import contacts_in

from .editing import create_segment


def rules_of_list(contact_list: ContactList) -> dict[str, Any]:
    """Everybody who is on the list, as rules."""
    return {"version": 1, "match": "all", "rules": [{"kind": "list", "params": {"id": contact_list.pk}}]}


def audience_of(contact_list: ContactList) -> Segment | None:
    """The published segment that is just this list, if there is one."""
    wanted = rules_of_list(contact_list)
    found = Segment.objects.filter(live=True, has_unpublished_changes=False, site=contact_list.site).order_by("pk")
    return next((segment for segment in found if {"version": 1, **segment.rules} == wanted), None)


@transaction.atomic
def use_as_audience(*, contact_list: ContactList, user: Any = None) -> Segment:
    """The segment that is just this list; makes and publishes it where there is none. Campaigns choose it."""
    # Two clicks make one segment.
    ContactList.objects.select_for_update(no_key=True).get(pk=contact_list.pk)
    found = audience_of(contact_list)
    if found is not None:
        return found
    name = _("List: %(name)s") % {"name": contact_list.name}
    return create_segment(name=name[:120], rules=rules_of_list(contact_list), site=contact_list.site, user=user)


def add_segment_to_list(*, segment: Segment, contact_list: ContactList, user: Any = None) -> int:
    """Put everybody who is in the segment now on the list, in one statement; returns how many are new on it."""
    with guarded(timeout=False):
        return contacts.add_to_list(
            contact_list=contact_list, contacts=contacts_in(segment), source="segment", user=user
        )
