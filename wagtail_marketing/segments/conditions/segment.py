"""``segment``: who is in another segment, by its published rules. ``{"id": 7}``"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.segments.compiler import check_segment, segment_q
from wagtail_marketing.segments.engine import values
from wagtail_marketing.segments.engine.tree import parse
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.in_force import in_force
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, Facts, Moment, Scope


@dataclass(frozen=True, slots=True)
class SegmentParams:
    pk: int
    name: str


def _off(name: str) -> str:
    """In the menu of the builder; rules that name it stay readable, and new ones are refused on saving."""
    return _("%(segment)s (deactivated)") % {"segment": name}


class SegmentCondition(Condition):
    key = "segment"
    label = gettext_lazy("Who is in a segment")
    reusable = True

    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> SegmentParams:
        reader = values.Reader(params, path)
        pk = values.whole(1, 2**31 - 1)(reader.raw("id"), reader.at("id"))
        found = in_force([pk]).get(pk)
        if found is None:
            raise InvalidRules(
                _("There is no published segment %(pk)s.") % {"pk": pk},
                path=reader.at("id"),
                remedy=_("Choose one that is published."),
            )
        reader.finish()
        return SegmentParams(pk, found.name)

    def reads(self, params: SegmentParams) -> frozenset[str]:
        found = in_force([params.pk]).get(params.pk)
        inner = parse(found.rules).reads() if found else frozenset()
        return inner | {"segments"}

    def q(self, params: SegmentParams, scope: Scope) -> Q:
        found = in_force([params.pk]).get(params.pk)
        if scope.trace is not None:
            scope.trace.segments[params.pk] = found
        return Q(pk__in=()) if found is None else segment_q(found, scope)

    def check(self, params: SegmentParams, facts: Facts, moment: Moment) -> Answer:
        # A circle cannot be published (``references``), so this ends.
        found = in_force([params.pk]).get(params.pk)
        holds = found is not None and check_segment(found, facts, moment)
        return Answer(holds, holds, _("is in it") if holds else _("is not in it"))

    def text(self, params: SegmentParams) -> str:
        return _("is in the segment “%(name)s”") % {"name": params.name}

    def descriptor(self) -> Descriptor:
        rows = Segment.objects.filter(versions__isnull=False, live=True).distinct()
        published = rows.values_list("pk", "name", "state__active")
        return Descriptor(
            self.key,
            str(self.label),
            inputs=[
                {
                    "name": "id",
                    "label": _("segment"),
                    "type": "select",
                    "number": True,
                    "choices": [[pk, name if active is not False else _off(name)] for pk, name, active in published],
                }
            ],
        )
