"""The first page of a segment: figures, growth, its rules in words, pins, versions, what uses it."""

from functools import cached_property
from typing import Any

from django.forms import Media
from django.urls import reverse
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.snippets.views.snippets import InspectView

from wagtail_marketing.admin.components import Chart, DataTable, EmptyState, Series, StatCard, StatGrid
from wagtail_marketing.admin.media import CHART_MEDIA, KIT_MEDIA
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.core import clock
from wagtail_marketing.jobs.models import CLOSED, Job
from wagtail_marketing.segments import figures, selectors
from wagtail_marketing.segments.engine.tree import Group, Rule, parse
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.models import RefreshEvery, Segment, SegmentReach

from .actions import refresh_key
from .columns import size_change
from .lists import list_buttons
from .parts import ADD, CHANGE, DELETE, SEGMENT_MEDIA, VIEW_PERSONAL_DATA, contact_link, local, tabs

#: Versions that the page shows; the others are in the history.
VERSIONS = 5


def outline(rules: Any) -> dict[str, Any] | None:
    """Rules in words, as nested lists; None where they cannot be read (any more)."""

    def node(part: Group | Rule) -> dict[str, Any]:
        if isinstance(part, Rule):
            return {"text": part.condition.text(part.params)}
        return {"match": part.match, "parts": [node(inner) for inner in part.rules]}

    try:
        return node(parse(rules))
    except InvalidRules:
        return None


class OverviewView(InspectView):
    """As of the last refresh; every figure leads to who it counts."""

    any_permission_required = ("view",)
    page_title = gettext_lazy("Segment")

    def get_template_names(self) -> list[str]:
        return ["wagtail_marketing_segments/overview.html"]

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        edit = self.get_edit_url()
        return [HeaderButton(_("Edit"), url=edit, icon_name="edit")] if edit else []

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        """What one may do with the segment as a whole."""
        segment, user = self.object, self.request.user
        active = selectors.is_active(segment)
        wanted = [
            ("clone", _("Clone"), "copy", ADD, True),
            ("deactivate", _("Deactivate"), "no-view", CHANGE, active),
            ("activate", _("Activate"), "view", CHANGE, not active),
            ("delete", _("Delete"), "bin", DELETE, True),
        ]
        buttons = [
            Button(label, url=reverse(f"marketing_segments:{name}", args=(segment.pk,)), icon_name=icon, priority=order)
            for order, (name, label, icon, needed, shown) in enumerate(wanted)
            if shown and may(user, needed)
        ]
        return [*buttons, *list_buttons(user, segment)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        segment: Segment = self.object
        user = self.request.user
        version = selectors.published_version(segment)
        sized = figures.listed(Segment.objects.filter(pk=segment.pk)).get()
        curve = figures.growth(segment)
        can_change = may(user, CHANGE)
        context = super().get_context_data(**kwargs)
        context.update(
            segment=segment,
            tabs=tabs(segment, user, "inspect"),
            version=version,
            active=sized.active,
            outline=outline(version.rules if version else segment.rules),
            sentence=selectors.summary(version.rules if version else segment.rules),
            cards=self._cards(sized) if sized.size is not None else None,
            chart=self._chart(curve) if len(curve) > 1 else None,
            empty=None if sized.size is not None else self._empty(segment, bool(version)),
            pins=self._pins(segment) if can_change or segment.pins.exists() else None,
            pin_url=reverse("marketing_segments:pin", args=(segment.pk,)) if can_change else "",
            versions=self._versions(segment),
            users=selectors.used_by(segment),
            job=Job.objects.filter(exclusive_key=refresh_key(segment)).exclude(state__in=CLOSED).first(),
            can_refresh=bool(version) and sized.active and can_change,
            every=[
                (value, label, value == (sized.every or ""))
                for value, label in (("", _("as in the site's settings")), *RefreshEvery.choices)
            ],
        )
        context["media"] = context.get("media", Media()) + KIT_MEDIA + CHART_MEDIA + SEGMENT_MEDIA
        return context

    def _cards(self, sized: Any) -> StatGrid:
        segment: Segment = self.object
        members = reverse("marketing_segments:members", args=(segment.pk,))
        moves = figures.moves(segment, since=clock.now() - figures.WEEK)
        week = _("in the last 7 days")
        cards = [
            StatCard(
                label=_("People"),
                value=localize(sized.size),
                change=size_change(sized),
                note=local(sized.refreshed_at),
                definition=_("Who was in at the last refresh, against a week before."),
                url=members,
                key="size",
            ),
            StatCard(
                label=_("Came in"), value=localize(moves.entered), note=week, url=f"{members}?show=entered", key="in"
            ),
            StatCard(label=_("Left"), value=localize(moves.left), note=week, url=f"{members}?show=left", key="out"),
        ]
        for reach in SegmentReach.objects.filter(segment=segment).order_by("channel"):
            cards.append(
                StatCard(
                    label=_("Reachable by e-mail") if reach.channel == "email" else _("Reachable by SMS"),
                    value=localize(reach.people),
                    note=local(reach.measured_at),
                    definition=_("With an address, subscribed and not suppressed; one per address."),
                    url=f"{members}?reach={reach.channel}",
                    key=f"reach-{reach.channel}",
                )
            )
        return StatGrid(cards, label=_("Figures"))

    def _chart(self, curve: list[figures.Point]) -> Chart:
        return Chart(
            title=_("Growth"),
            labels=[date_format(point.day, "SHORT_DATE_FORMAT") for point in curve],
            series=[
                Series(_("People"), [point.size for point in curve]),
                Series(_("Came in"), [point.entered for point in curve]),
                Series(_("Left"), [point.left for point in curve]),
            ],
            key="growth",
            label_heading=_("Day"),
        )

    def _pins(self, segment: Segment) -> list[dict[str, Any]]:
        plain = may(self.request.user, VIEW_PERSONAL_DATA)
        return [
            {
                "who": contact_link(pin.contact, plain=plain),
                "name": pin.contact if plain else pin.contact_id,
                "always": pin.always,
                "reason": pin.reason,
                "by": pin.created_by,
                "at": local(pin.created_at),
                "url": reverse("marketing_segments:unpin", args=(segment.pk, pin.contact_id)),
            }
            for pin in selectors.pins(segment)[:100]
        ]

    def _versions(self, segment: Segment) -> DataTable | None:
        newest = list(segment.versions.select_related("published_by").order_by("-number")[:VERSIONS])
        if not newest:
            return None
        return DataTable(
            caption=_("Versions"),
            quiet_caption=True,
            headings=[_("Version"), _("Who belonged to it"), _("Published"), _("By")],
            rows=[
                [one.number, selectors.summary(one.rules), local(one.published_at), one.published_by or "–"]
                for one in newest
            ],
        )

    def _empty(self, segment: Segment, published: bool) -> EmptyState:
        if not published:
            return EmptyState(
                title=_("This segment is a draft"),
                text=_("Publish it, so that campaigns can use it and its members are counted."),
                action_label=_("Edit the segment"),
                action_url=reverse("marketing_segments:edit", args=(segment.pk,)),
                icon="wm-segments",
            )
        return EmptyState(title=_("No members yet"), text=_("Refresh it to see who is in."), icon="wm-segments")
