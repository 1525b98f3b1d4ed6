"""What the pages of one segment share: tabs, names of people, moments in the shop's zone."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.forms import Media
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from wagtail_marketing.admin.permissions import may
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import clock
from wagtail_marketing.segments.models import Segment

VIEW_PERSONAL_DATA = "wagtail_marketing_contacts.view_personal_data"
EXPORT = "wagtail_marketing_contacts.export_contact"
VIEW = "wagtail_marketing_segments.view_segment"
ADD = "wagtail_marketing_segments.add_segment"
CHANGE = "wagtail_marketing_segments.change_segment"
DELETE = "wagtail_marketing_segments.delete_segment"
SEGMENT_MEDIA = Media(css={"all": ["wagtail_marketing_segments/css/segments.css"]})


def local(moment: Any) -> str:
    """A moment in the shop's zone, with the zone named."""
    here = moment.astimezone(clock.shop_zone())
    return f"{date_format(here, 'SHORT_DATETIME_FORMAT')} {here.tzname()}"


def contact_name(contact: Contact, *, plain: bool) -> str:
    """The name of somebody to who may see it; else only which row it is."""
    return str(contact) if plain else _("Contact %(id)s") % {"id": contact.pk}


def contact_link(contact: Contact, *, plain: bool) -> str:
    """The name, leading to the contact's page where the site has one."""
    name = contact_name(contact, plain=plain)
    try:
        return format_html('<a href="{}">{}</a>', reverse("marketing_contacts:inspect", args=(contact.pk,)), name)
    except NoReverseMatch:
        return name


@dataclass(frozen=True)
class Tab:
    key: str
    label: str
    url: str
    here: bool


def tabs(segment: Segment, user: Any, here: str) -> list[Tab]:
    """The pages of a segment that ``user`` may open."""
    found = [
        ("inspect", _("Overview"), VIEW),
        ("members", _("Members"), VIEW),
        ("performance", _("Performance"), VIEW),
        ("overlap", _("Overlap"), VIEW),
        ("why", _("Why?"), (VIEW, VIEW_PERSONAL_DATA)),
        ("history", _("History"), CHANGE),
    ]
    return [
        Tab(key, label, reverse(f"marketing_segments:{key}", args=(segment.pk,)), key == here)
        for key, label, needed in found
        if may(user, needed)
    ]


class SegmentPageMixin:
    """For a page of ours about the segment of the URL."""

    marketing_permission: Any = VIEW
    header_icon = "wm-segments"
    tab = ""

    @cached_property
    def segment(self) -> Segment:
        return get_object_or_404(Segment, pk=self.kwargs["pk"])  # type: ignore[attr-defined]

    @cached_property
    def plain(self) -> bool:
        """Whether the viewer may see who people are."""
        return may(self.request.user, VIEW_PERSONAL_DATA)  # type: ignore[attr-defined]

    def get_page_subtitle(self) -> str:
        return str(self.segment)

    def get_media(self) -> Media:
        return super().get_media() + SEGMENT_MEDIA  # type: ignore[misc]

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("marketing_segments:list"), "label": _("Segments")},
            {"url": reverse("marketing_segments:inspect", args=(self.segment.pk,)), "label": str(self.segment)},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(  # type: ignore[misc]
            segment=self.segment,
            tabs=tabs(self.segment, self.request.user, self.tab),  # type: ignore[attr-defined]
            **kwargs,
        )
