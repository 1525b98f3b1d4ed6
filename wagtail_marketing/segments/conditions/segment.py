"""``segment``: who is in another segment, by its published rules. ``{"id": 7}``"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.segments.compiler import explain, tree_q
from wagtail_marketing.segments.engine import values
from wagtail_marketing.segments.engine.tree import Group, parse
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.models import Segment, SegmentVersion
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, Facts, Moment, Scope

#: How many segments may stand in each other.
MAX_INSIDE = 5


@dataclass(frozen=True, slots=True)
class SegmentParams:
    pk: int
    name: str


def _newest(pk: int) -> SegmentVersion | None:
    return SegmentVersion.objects.filter(segment_id=pk, segment__live=True).order_by("-number").first()


def _tree(pk: int, moment: Moment) -> Group | None:
    version = _newest(pk)
    return None if version is None else parse(version.rules, moment)


class SegmentCondition(Condition):
    key = "segment"
    label = gettext_lazy("Who is in a segment")

    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> SegmentParams:
        reader = values.Reader(params, path)
        pk = values.whole(1, 2**31 - 1)(reader.raw("id"), reader.at("id"))
        name = Segment.objects.filter(pk=pk).values_list("name", flat=True).first()
        if name is None or _newest(pk) is None:
            raise InvalidRules(
                _("There is no published segment %(pk)s.") % {"pk": pk},
                path=reader.at("id"),
                remedy=_("Choose one that is published."),
            )
        reader.finish()
        return SegmentParams(pk, name)

    def reads(self, params: SegmentParams) -> frozenset[str]:
        return frozenset({"segments"})

    def q(self, params: SegmentParams, scope: Scope) -> Q:
        if params.pk in scope.inside or len(scope.inside) >= MAX_INSIDE:
            raise InvalidRules(
                _("Segments refer to each other in a circle, or too deeply (“%(name)s”).") % {"name": params.name},
                path="rules",
                remedy=_("Take one of the references out."),
            )
        tree = _tree(params.pk, scope.moment)
        if tree is None:
            return Q(pk__in=())
        return tree_q(tree, Scope(scope.moment, scope.contact_ids, (*scope.inside, params.pk)))

    def check(self, params: SegmentParams, facts: Facts, moment: Moment) -> Answer:
        # A circle cannot be published (``services.check_rules``), so this ends.
        tree = _tree(params.pk, moment)
        holds = tree is not None and explain(tree, facts, moment).holds
        return Answer(holds, holds, _("is in it") if holds else _("is not in it"))

    def text(self, params: SegmentParams) -> str:
        return _("is in the segment “%(name)s”") % {"name": params.name}

    def descriptor(self) -> Descriptor:
        published = Segment.objects.filter(versions__isnull=False, live=True).distinct()
        return Descriptor(
            self.key,
            str(self.label),
            inputs=[
                {
                    "name": "id",
                    "label": _("segment"),
                    "type": "select",
                    "number": True,
                    "choices": [[pk, name] for pk, name in published.values_list("pk", "name")],
                }
            ],
        )
