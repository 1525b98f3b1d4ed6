"""The segments of one contact on the contact's page: which, since when, and on request why, or why not."""

from typing import Any

from django.db.models import F
from django.forms import Media
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.admin.components import DataTable, KitComponent, Section
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.contacts.masking import PERMISSION
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import ProfileBlock, ProfileFact
from wagtail_marketing.segments import selectors
from wagtail_marketing.segments.limits import guarded
from wagtail_marketing.segments.models import Segment

from .parts import SEGMENT_MEDIA, local

VIEW = "wagtail_marketing_segments.view_segment"
#: Segments that a page shows.
SHOWN = 200


class Explanation(KitComponent):
    """Every rule of one segment with this contact's actual value."""

    template_name = "wagtail_marketing_segments/why_here.html"

    def __init__(self, segment: Segment, contact: Contact):
        self.segment = segment
        with guarded():
            self.why = selectors.why(segment, contact)

    @property
    def media(self) -> Media:
        return super().media + SEGMENT_MEDIA


def segments_fact(contact: Contact, request: HttpRequest) -> str:
    if not may(request.user, VIEW):
        return ""
    return ", ".join(selectors.segments_of(contact).values_list("name", flat=True)[:10])


def segments_block(contact: Contact, request: HttpRequest) -> list[Any]:
    """Where the contact is in, as of the last refresh; ``?others=1`` adds the other segments, ``?why=7``
    explains one of them by what is true right now."""
    inside = list(selectors.segments_of(contact).annotate(since=F("memberships__entered_at"))[:SHOWN])
    explained = may(request.user, PERMISSION)
    found: list[Any] = []
    if explained and request.GET.get("why", "").isdigit():
        segment = Segment.objects.filter(pk=int(request.GET["why"][:18]), live=True).first()
        if segment:
            found.append(Section(_("Why: %(segment)s") % {"segment": segment}, [Explanation(segment, contact)]))
    rows = [_row(segment, local(segment.since), explained) for segment in inside]  # type: ignore[attr-defined]
    found.append(_table(_("In these segments"), rows, _("In none."), explained, since=True))
    if request.GET.get("others"):
        others = Segment.objects.filter(live=True).exclude(pk__in=[segment.pk for segment in inside])
        rows = [_row(segment, None, explained) for segment in others.order_by("name")[:SHOWN]]
        found.append(_table(_("Not in these"), rows, _("In all of them."), explained))
    else:
        link = format_html(
            '<a href="?tab=segments&amp;others=1">{}</a>', _("Show the segments that this person is not in")
        )
        found.append(Section(_("Other segments"), text=link))
    return found


def _row(segment: Segment, since: str | None, explained: bool) -> list[Any]:
    row: list[Any] = [segment.name]
    if since is not None:
        row.append(since)
    if explained:
        ask = f"?tab=segments&why={segment.pk}" + ("" if since is not None else "&others=1")
        word = _("Why?") if since is not None else _("Why not?")
        row.append(format_html('<a href="{}">{}<span class="w-sr-only"> {}</span></a>', ask, word, segment.name))
    return row


def _table(title: Any, rows: list[list[Any]], empty: Any, explained: bool, *, since: bool = False) -> Section:
    if not rows:
        return Section(title, text=empty)
    headings = [_("Segment"), *([_("Since")] if since else []), *([_("Reason")] if explained else [])]
    return Section(title, [DataTable(headings, rows, caption=title, quiet_caption=True)])


FACT = ProfileFact(40, gettext_lazy("Segments"), segments_fact)
BLOCK = ProfileBlock(50, segments_block, permission=VIEW, tab="segments")
