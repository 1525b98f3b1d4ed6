"""The two buttons between static lists and segments."""

from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.widgets.button import Button

from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import ConfirmView
from wagtail_marketing.contacts.models import ContactList
from wagtail_marketing.contacts.registry import ListAction
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.jobs.services import enqueue_job
from wagtail_marketing.segments.limits import guarded
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.selectors import contacts_in
from wagtail_marketing.segments.services.lists import add_segment_to_list, audience_of, use_as_audience

ADD = "wagtail_marketing_segments.add_segment"
PUBLISH = "wagtail_marketing_segments.publish_segment"
VIEW = "wagtail_marketing_segments.view_segment"
CHANGE_LIST = "wagtail_marketing_contacts.change_contactlist"
VIEW_LIST = "wagtail_marketing_contacts.view_contactlist"
#: People whom the request itself puts on a list; more are a job.
AT_ONCE = 20_000

AUDIENCE_ACTION = ListAction(
    gettext_lazy("Use as audience"),
    lambda contact_list: reverse("marketing_segments:of_list", args=[contact_list.pk]),
    ADD,
    "wm-segments",
)


def list_buttons(user: Any, segment: Segment) -> list[Button]:
    """On a segment's page: its people onto a list."""
    if not may(user, (VIEW, CHANGE_LIST)):
        return []
    url = reverse("marketing_segments:to_list", args=[segment.pk])
    return [Button(_("Add everybody to a list"), url=url, icon_name="list-ul", priority=50)]


class OfListView(ConfirmView):
    """Make the segment that is just this list, or open it where there is one."""

    marketing_permission = (ADD, VIEW_LIST)
    header_icon = "wm-segments"
    page_title = gettext_lazy("Use as audience")
    question = gettext_lazy("Make a segment of this list?")
    confirm_label = gettext_lazy("Make the segment")

    @cached_property
    def contact_list(self) -> ContactList:
        return get_object_or_404(ContactList, pk=self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return str(self.contact_list)

    def get_details(self) -> list[str]:
        return [
            _("Campaigns and discounts choose segments. This one holds whoever is on the list “%(name)s” at the time.")
            % {"name": self.contact_list}
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = audience_of(self.contact_list)
        if found is not None:
            return redirect("marketing_segments:inspect", found.pk)
        return super().get(request, *args, **kwargs)

    def perform(self) -> Segment:
        self.segment = use_as_audience(contact_list=self.contact_list, user=self.request.user)
        return self.segment

    def get_success_message(self, segment: Segment) -> str:
        return _("“%(segment)s” is published: campaigns can choose it.") % {"segment": segment}

    def get_success_url(self) -> str:
        if hasattr(self, "segment"):
            return reverse("marketing_segments:inspect", args=[self.segment.pk])
        return reverse("marketing_lists:inspect", args=[self.contact_list.pk])


class ToListView(ConfirmView):
    """Put everybody who is in a segment now on a list."""

    marketing_permission = (VIEW, CHANGE_LIST)
    template_name = "wagtail_marketing_segments/to_list.html"
    header_icon = "wm-segments"
    page_title = gettext_lazy("Add everybody to a list")
    question = gettext_lazy("On which list?")
    confirm_label = gettext_lazy("Add them")

    @cached_property
    def segment(self) -> Segment:
        return get_object_or_404(Segment, pk=self.kwargs["pk"])

    @cached_property
    def count(self) -> int:
        with guarded():
            return contacts_in(self.segment).count()

    def get_page_subtitle(self) -> str:
        return str(self.segment)

    def get_details(self) -> list[str]:
        said = ngettext("%(n)s person is in the segment now.", "%(n)s people are in the segment now.", self.count)
        return [
            said % {"n": localize(self.count)},
            _("Who comes into the segment later is not added by this: choose the segment itself for that."),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            lists=ContactList.objects.all(), chosen=self.request.POST.get("list", ""), **kwargs
        )

    def perform(self) -> int | None:
        asked = self.request.POST.get("list", "")
        found = ContactList.objects.filter(pk=asked).first() if asked.isdecimal() and len(asked) < 19 else None
        if found is None:
            raise InvalidInput(_("Choose a list."), field="list")
        self.contact_list = found
        if self.count > AT_ONCE:
            enqueue_job(
                kind="segments.to_list",
                params={"segment": self.segment.pk, "list": found.pk},
                exclusive_key=f"segments.to_list.{self.segment.pk}.{found.pk}",
                created_by=self.request.user,
            )
            return None
        return add_segment_to_list(segment=self.segment, contact_list=found, user=self.request.user)

    def get_success_message(self, added: int | None) -> str:
        if added is None:
            return _("They are being added in the background; the list shows how far it is.")
        return ngettext("%(n)s person added.", "%(n)s people added.", added) % {"n": localize(added)}

    def get_success_url(self) -> str:
        if hasattr(self, "contact_list"):
            return reverse("marketing_lists:inspect", args=[self.contact_list.pk])
        return reverse("marketing_segments:inspect", args=[self.segment.pk])
