"""A segment beside others, and what its members did: overlap and performance."""

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.admin.components import Change, Section, StatCard, StatGrid
from wagtail_marketing.admin.views import MarketingTemplateView
from wagtail_marketing.conf import settings
from wagtail_marketing.core.money import format_money
from wagtail_marketing.segments import figures, selectors
from wagtail_marketing.segments.errors import TooSlow
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.registry import performance_sections

from .parts import SegmentPageMixin

DAYS = 90


class OverlapView(SegmentPageMixin, MarketingTemplateView):
    """How many people are in both, only in this one, only in the other."""

    template_name = "wagtail_marketing_segments/overlap.html"
    page_title = gettext_lazy("Overlap")
    tab = "overlap"

    @cached_property
    def others(self) -> list[Segment]:
        return list(Segment.objects.filter(versions__isnull=False).exclude(pk=self.segment.pk).distinct())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = {int(one) for one in self.request.GET.getlist("with") if one.isdecimal()}
        chosen = [one for one in self.others if one.pk in asked][: figures.MOST_OTHERS]
        try:
            found, error = (figures.overlaps(self.segment, chosen) if chosen else []), ""
        except TooSlow as slow:
            found, error = [], str(slow)
        return super().get_context_data(
            choices=[(one, one in chosen) for one in self.others],
            rows=[self._row(one) for one in found],
            most=figures.MOST_OTHERS,
            error=error,
            **kwargs,
        )

    def _row(self, one: figures.Overlap) -> dict[str, Any]:
        def people(segment: Segment, count: int, **query: int) -> str:
            url = reverse("marketing_segments:members", args=(segment.pk,))
            return format_html('<a href="{}?{}">{}</a>', url, urlencode(query), localize(count))

        mine, other, whole = self.segment, one.other, one.union or 1
        return {
            "other": other,
            "url": reverse("marketing_segments:inspect", args=(other.pk,)),
            "both": people(mine, one.both, **{"in": other.pk}),
            "only_this": people(mine, one.only_this, not_in=other.pk),
            "only_other": people(other, one.only_other, not_in=mine.pk),
            "share": _("%(share)s %%") % {"share": localize(round(one.share, 1))},
            # The picture: three lengths of a bar; the same figures stand beside it.
            "bar": [
                {"key": key, "x": round(200 * start / whole, 2), "width": round(200 * size / whole, 2)}
                for key, start, size in (
                    ("this", 0, one.only_this),
                    ("both", one.only_this, one.both),
                    ("other", one.only_this + one.both, one.only_other),
                )
            ],
        }


class PerformanceView(SegmentPageMixin, MarketingTemplateView):
    """What the members did in a period, against the same number of days before it."""

    template_name = "wagtail_marketing_segments/performance.html"
    page_title = gettext_lazy("Performance")
    tab = "performance"

    @cached_property
    def period(self) -> tuple[Any, Any]:
        return figures.read_period(self.request.GET, days=DAYS)

    @cached_property
    def sections(self) -> list[Section]:
        found = []
        for section in sorted(performance_sections, key=lambda one: one.order):
            parts = list(section.build(self.segment, self.request))
            if parts:
                found.append(Section(title=section.title, components=parts))
        return found

    def get_components(self) -> list[Any]:
        try:
            return [*self._cards(), *self.sections]
        except TooSlow as slow:
            return [Section(title=_("This took too long"), text=str(slow))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        start, end = self.period
        return super().get_context_data(
            start=start.isoformat(), end=end.isoformat(), refreshed=selectors.sizes(self.segment, most=1), **kwargs
        )

    def _cards(self) -> list[StatGrid]:
        start, end = figures.days_to_instants(*self.period)
        now = figures.performance(self.segment, start=start, end=end)
        before = figures.performance(self.segment, start=start - (end - start), end=start)
        versus = _("against the %(days)s days before") % {"days": (end - start).days}

        def change(new: float | None, old: float | None) -> Change | None:
            if new is None or old is None:
                return None
            return Change(percent=100 * (new - old) / old if old else (None if new else 0.0), versus=versus)

        return [
            StatGrid(
                [
                    StatCard(
                        label=_("Revenue"),
                        value=_money(now.revenue),
                        change=change(now.revenue, before.revenue),
                        definition=_("Of their orders in the period, net of refunds, without cancelled orders."),
                        key="revenue",
                    ),
                    StatCard(
                        label=_("Orders"),
                        value=localize(now.orders),
                        change=change(now.orders, before.orders),
                        key="orders",
                    ),
                    StatCard(
                        label=_("Buyers"),
                        value=localize(now.buyers),
                        change=change(now.buyers, before.buyers),
                        note=_("of %(members)s people") % {"members": localize(now.members)},
                        url=self._list("bought"),
                        key="buyers",
                    ),
                    StatCard(
                        label=_("Average order"),
                        value=_money(now.average_order),
                        change=change(now.average_order, before.average_order),
                        definition=_("Revenue by orders."),
                        key="average",
                    ),
                    StatCard(
                        label=_("Revenue per person"),
                        value=_money(now.per_member),
                        change=change(now.per_member, before.per_member),
                        definition=_("Revenue by everybody in the segment, buyer or not."),
                        key="per-person",
                    ),
                ],
                label=_("Orders"),
            ),
            StatGrid(
                [
                    StatCard(
                        label=_("Were sent an e-mail"),
                        value=localize(now.mailed),
                        url=self._list("email.sent"),
                        key="mailed",
                    ),
                    self._rate(_("Opened"), "email.opened", now, before, change),
                    self._rate(_("Clicked"), "email.clicked", now, before, change),
                    self._rate(_("Unsubscribed"), "email.unsubscribed", now, before, change),
                ],
                label=_("E-mail"),
            ),
        ]

    def _rate(self, label: str, kind: str, now: Any, before: Any, change: Any) -> StatCard:
        name = figures.EMAILS[kind]
        people, rate = getattr(now, name), now.rate(getattr(now, name))
        return StatCard(
            label=label,
            value="–" if rate is None else _("%(rate)s %%") % {"rate": localize(round(rate, 1))},
            change=change(rate, before.rate(getattr(before, name))),
            note=_("%(people)s people") % {"people": localize(people)},
            definition=_("Of the people who were sent an e-mail in the period; never machines."),
            url=self._list(kind),
            key=name,
        )

    def _list(self, did: str) -> str:
        """Who the figure counts."""
        start, end = self.period
        query = urlencode({"did": did, "from": start.isoformat(), "to": end.isoformat()})
        return f"{reverse('marketing_segments:members', args=(self.segment.pk,))}?{query}"


def _money(minor: int | None) -> str:
    return "–" if minor is None else format_money(minor, settings.currency)
