"""One segment: who is in, how it grew, and why somebody is or is not in it."""

from functools import cached_property
from typing import Any

from django.contrib import messages as django_messages
from django.db.models import Q
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format, localize
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.widgets.button import HeaderButton
from wagtail.snippets.views.snippets import InspectView

from wagtail_marketing.admin.components import Change, Chart, DataTable, EmptyState, Series, StatCard, StatGrid
from wagtail_marketing.admin.media import CHART_MEDIA, KIT_MEDIA
from wagtail_marketing.admin.pagination import CappedPaginator
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingTemplateView, MarketingView
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.selectors import reach
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.core.identity import normalise_email
from wagtail_marketing.segments import selectors, services
from wagtail_marketing.segments.limits import guarded
from wagtail_marketing.segments.models import Segment

from .endpoints import VIEW_PERSONAL_DATA
from .lists import list_buttons

SEGMENT_MEDIA = Media(css={"all": ["wagtail_marketing_segments/css/segments.css"]})
VIEW = "wagtail_marketing_segments.view_segment"
CHANGE = "wagtail_marketing_segments.change_segment"
PER_PAGE = 25


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


class OverviewView(InspectView):
    """Figures, growth and members as of the last refresh."""

    any_permission_required = ("view",)
    template_name = "wagtail_marketing_segments/overview.html"
    page_title = gettext_lazy("Segment")

    def get_template_names(self) -> list[str]:
        return ["wagtail_marketing_segments/overview.html"]

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        edit = self.get_edit_url()
        return [HeaderButton(_("Edit"), url=edit, icon_name="edit")] if edit else []

    @property
    def header_more_buttons(self) -> list[Any]:
        return list_buttons(self.request.user, self.object)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        segment: Segment = self.object
        version = selectors.published_version(segment)
        history = selectors.sizes(segment)
        members = CappedPaginator(selectors.members(segment), PER_PAGE).get_page(self.request.GET.get("p"))
        context = super().get_context_data(**kwargs)
        context.update(
            version=version,
            sentence=selectors.summary(version.rules) if version else "",
            cards=self._cards(segment, history) if history else None,
            chart=self._chart(history) if len(history) > 1 else None,
            table=self._table(members) if members.object_list else None,
            empty=None if members.object_list else self._empty(segment, bool(version), bool(history)),
            members=members,
            can_refresh=bool(version) and may(self.request.user, CHANGE),
            refresh_url=reverse("marketing_segments:refresh", args=(segment.pk,)),
            can_explain=bool(version) and may(self.request.user, (VIEW, VIEW_PERSONAL_DATA)),
            why_url=reverse("marketing_segments:why", args=(segment.pk,)),
        )
        context["media"] = context.get("media", Media()) + KIT_MEDIA + CHART_MEDIA + SEGMENT_MEDIA
        return context

    def _cards(self, segment: Segment, history: list) -> StatGrid:
        last = history[-1]
        before = history[-2].size if len(history) > 1 else None
        change = None
        if before is not None:
            change = Change(percent=100 * (last.size - before) / before if before else None, good_when="neither")
        inside = Contact.objects.filter(memberships__segment=segment, memberships__left_at__isnull=True)
        with guarded():
            reached = reach(inside, "email")
        return StatGrid(
            [
                StatCard(
                    label=_("People"),
                    value=localize(last.size),
                    change=change,
                    note=local(last.measured_at),
                    definition=_("Who was in at the last refresh."),
                    url="#members",
                    key="size",
                ),
                StatCard(
                    label=_("Reachable by e-mail"),
                    value=localize(reached.reachable),
                    definition=_("With an address, subscribed and not suppressed; one per address."),
                    note=_("%(never)s never agreed, %(gone)s unsubscribed, %(none)s without e-mail")
                    % {"never": reached.never, "gone": reached.unsubscribed, "none": reached.no_address},
                    key="reach",
                ),
                StatCard(label=_("Came in"), value=localize(last.entered), note=_("at the last refresh"), key="in"),
                StatCard(label=_("Left"), value=localize(last.left), note=_("at the last refresh"), key="out"),
            ],
            label=_("Figures"),
        )

    def _chart(self, history: list) -> Chart:
        zone = clock.shop_zone()
        return Chart(
            title=_("Growth"),
            labels=[date_format(one.measured_at.astimezone(zone), "SHORT_DATETIME_FORMAT") for one in history],
            series=[Series(_("People"), [one.size for one in history])],
            key="growth",
            label_heading=_("Refreshed"),
        )

    def _table(self, members: Any) -> DataTable:
        plain = may(self.request.user, VIEW_PERSONAL_DATA)
        why = reverse("marketing_segments:why", args=(self.object.pk,))
        headings = [_("Contact"), _("In since")]
        rows = [[contact_link(one.contact, plain=plain), local(one.entered_at)] for one in members]
        if plain:
            headings.append(_("Why"))
            for row, one in zip(rows, members, strict=True):
                row.append(
                    format_html(
                        '<a href="{}?contact={}">{}<span class="w-sr-only"> {}</span></a>',
                        why,
                        one.contact_id,
                        _("Why?"),
                        one.contact,
                    )
                )
        return DataTable(caption=_("Members"), headings=headings, rows=rows)

    def _empty(self, segment: Segment, published: bool, refreshed: bool) -> EmptyState:
        if not published:
            return EmptyState(
                title=_("This segment is a draft"),
                text=_("Publish it, so that campaigns can use it and its members are counted."),
                action_label=_("Edit the segment"),
                action_url=reverse("marketing_segments:edit", args=(segment.pk,)),
                icon="wm-segments",
            )
        text = _("Nobody matches its conditions now.") if refreshed else _("Refresh it to see who is in.")
        return EmptyState(title=_("No members yet"), text=text, icon="wm-segments")


class RefreshView(MarketingView):
    """Bring the members up to date, now."""

    marketing_permission = CHANGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = get_object_or_404(Segment, pk=pk)
        try:
            with guarded(timeout=False):
                size = services.refresh_segment(segment=segment)
        except DomainError as error:
            django_messages.error(request, str(error))
        else:
            django_messages.success(
                request,
                _("%(size)s people: %(entered)s came in, %(left)s left.")
                % {"size": localize(size.size), "entered": localize(size.entered), "left": localize(size.left)},
            )
        return redirect("marketing_segments:inspect", segment.pk)


class WhyView(MarketingTemplateView):
    """Why a contact is or is not in a segment: every rule with the contact's actual value."""

    marketing_permission = (VIEW, VIEW_PERSONAL_DATA)
    template_name = "wagtail_marketing_segments/why.html"
    header_icon = "wm-segments"
    page_title = gettext_lazy("Why?")

    @cached_property
    def segment(self) -> Segment:
        return get_object_or_404(Segment, pk=self.kwargs["pk"])

    @cached_property
    def contact(self) -> Contact | None:
        """By id, or by what somebody typed: customer key or e-mail address."""
        if self.request.GET.get("contact", "").isdigit():
            return get_object_or_404(Contact, pk=int(self.request.GET["contact"]))
        wanted = self.request.GET.get("q", "").strip()
        if not wanted:
            return None
        found = Q(external_key=wanted)
        if address := normalise_email(wanted):
            found |= Q(email_normalised=address)
        return Contact.objects.filter(found).order_by("pk").first()

    def get_page_subtitle(self) -> str:
        return str(self.segment)

    def get_media(self) -> Media:
        return super().get_media() + SEGMENT_MEDIA

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("marketing_segments:list"), "label": _("Segments")},
            {"url": reverse("marketing_segments:inspect", args=(self.segment.pk,)), "label": str(self.segment)},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("q", "")
        why = selectors.why(self.segment, self.contact) if self.contact else None
        return super().get_context_data(
            segment=self.segment,
            contact=self.contact,
            contact_link=contact_link(self.contact, plain=True) if self.contact else "",
            asked=asked,
            why=why,
            since=local(why.since) if why and why.since else "",
            **kwargs,
        )
