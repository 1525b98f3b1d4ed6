"""The columns of the list of segments."""

from typing import Any

from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin.ui.tables import Column

from wagtail_marketing.admin.components import Change, StatusBadge
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.selectors import summary


def size_change(sized: Any) -> Change | None:
    """Against a week before; None where it was not counted then. ``sized`` comes from ``figures.listed``."""
    before = sized.size_before
    if before is None or sized.size is None:
        return None
    percent = 100 * (sized.size - before) / before if before else (0.0 if sized.size == 0 else None)
    return Change(percent=percent, good_when="neither", versus=_("in a week"))


class SummaryColumn(Column):
    """The published rules in words; a draft's own where nothing is published."""

    def get_value(self, instance: Segment) -> Any:
        words = summary(instance.published_rules or instance.rules)
        return format_html('<span class="wm-segment__summary">{}</span>', words)


class SizeColumn(Column):
    """How many were in at the last refresh, leading to who they are, and the change against a week before."""

    def get_value(self, instance: Segment) -> Any:
        if instance.size is None:
            return _("not counted yet")
        change = size_change(instance)
        url = reverse("marketing_segments:members", args=(instance.pk,))
        link = format_html('<a href="{}">{}</a>', url, localize(instance.size))
        if change is None:
            return link
        return format_html(
            '{} <span class="wm-muted wm-segment__change"><span aria-hidden="true">{}</span> {}</span>',
            link,
            change.arrow,
            change.text,
        )


class ReachColumn(Column):
    """How many of them e-mail reaches, leading to who they are."""

    def get_value(self, instance: Segment) -> Any:
        if instance.reachable is None:
            return "–"
        url = reverse("marketing_segments:members", args=(instance.pk,))
        return format_html('<a href="{}?reach=email">{}</a>', url, localize(instance.reachable))


class UsesColumn(Column):
    """By how many things it is used; the list view counts them for the whole page at once."""

    def get_value(self, instance: Segment) -> Any:
        count = getattr(instance, "uses", 0)
        if not count:
            return _("nothing")
        text = ngettext("%(count)s use", "%(count)s uses", count) % {"count": count}
        return format_html(
            '<a href="{}#used-by">{}</a>', reverse("marketing_segments:inspect", args=(instance.pk,)), text
        )


class StateColumn(Column):
    """Active or not, published or a draft (Wagtail's own column asks the database once a row)."""

    def get_value(self, instance: Segment) -> Any:
        badges = []
        if not instance.live:
            badges.append(StatusBadge("draft", _("Draft")))
        elif not instance.active:
            badges.append(StatusBadge("deactivated", _("Deactivated"), tone="warning"))
        else:
            badges.append(StatusBadge("active", _("Active"), tone="positive"))
        if instance.live and instance.has_unpublished_changes:
            badges.append(StatusBadge("changed", _("Newer draft"), tone="info"))
        return format_html_join(" ", "{}", ((str(badge),) for badge in badges))
