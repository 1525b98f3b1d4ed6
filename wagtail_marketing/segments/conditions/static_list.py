"""``list``: who is on a static list. ``{"id": 7}``"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.contacts.models import Contact, ContactList, ListMembership
from wagtail_marketing.segments.engine import values
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.models import Segment, SegmentVersion
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, Facts, Moment, Scope


@dataclass(frozen=True, slots=True)
class ListParams:
    pk: int
    name: str


def _lists(contact: Contact) -> dict[int, datetime]:
    return dict(contact.list_memberships.values_list("contact_list_id", "added_at"))


class ListCondition(Condition):
    key = "list"
    label = gettext_lazy("Who is on a list")
    reusable = True

    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> ListParams:
        reader = values.Reader(params, path)
        pk = values.whole(1, 2**31 - 1)(reader.raw("id"), reader.at("id"))
        name = ContactList.objects.filter(pk=pk).values_list("name", flat=True).first()
        if name is None:
            raise InvalidRules(
                _("There is no list %(pk)s.") % {"pk": pk},
                path=reader.at("id"),
                remedy=_("Choose one that exists."),
            )
        reader.finish()
        return ListParams(pk, name)

    def reads(self, params: ListParams) -> frozenset[str]:
        return frozenset({"lists"})

    def q(self, params: ListParams, scope: Scope) -> Q:
        rows = scope.narrow(ListMembership.objects.filter(contact_list=params.pk))
        return Q(pk__in=rows.values("contact_id"))

    def check(self, params: ListParams, facts: Facts, moment: Moment) -> Answer:
        added_at = facts.load("lists", _lists).get(params.pk)
        if added_at is None:
            return Answer(False, False, _("is not on it"))
        since = date_format(added_at.astimezone(moment.zone), "SHORT_DATE_FORMAT")
        return Answer(True, True, _("on it since %(date)s") % {"date": since})

    def text(self, params: ListParams) -> str:
        return _("is on the list “%(name)s”") % {"name": params.name}

    def descriptor(self) -> Descriptor:
        return Descriptor(
            self.key,
            str(self.label),
            inputs=[
                {
                    "name": "id",
                    "label": _("list"),
                    "type": "select",
                    "number": True,
                    "choices": [[pk, name] for pk, name in ContactList.objects.values_list("pk", "name")],
                }
            ],
        )


def names_list(rules: Any, pk: int) -> bool:
    """Whether a tree (as JSON) has a condition on this list."""
    if not isinstance(rules, Mapping):
        return False
    if rules.get("kind") == ListCondition.key:
        return str((rules.get("params") or {}).get("id")) == str(pk)
    return any(names_list(rule, pk) for rule in rules.get("rules") or ())


def users_of(contact_list: ContactList) -> list[str]:
    """The segments that choose by this list: as published, or in a draft."""
    found = {}
    newest = dict(SegmentVersion.objects.order_by("number").values_list("segment_id", "rules"))
    for segment in Segment.objects.select_related("latest_revision"):
        draft = segment.latest_revision.content.get("rules") if segment.latest_revision else None
        trees = (segment.rules, newest.get(segment.pk), draft)
        if any(names_list(tree, contact_list.pk) for tree in trees):
            found[segment.pk] = _("segment “%(name)s”") % {"name": segment}
    return list(found.values())
