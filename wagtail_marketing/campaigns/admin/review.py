"""The last look before sending: checklist, reach, preview, test, and when."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from wagtail_marketing.admin.components import Checklist, CheckRow
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingView
from wagtail_marketing.campaigns import selectors, services
from wagtail_marketing.campaigns.models import Campaign, CampaignMessage
from wagtail_marketing.campaigns.registry import ChecklistRow
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.messaging import services as messaging
from wagtail_marketing.messaging.errors import ContentError
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.selectors import summary, with_sizes

from .base import SEND, TEST, VIEW, CampaignPage, url
from .forms import ScheduleForm, TestForm

#: People of the audience whom the preview offers.
PREVIEW_PEOPLE = 8
PERSONAL = "wagtail_marketing_contacts.view_personal_data"

#: step of a row -> URL name (of the campaign, or of another room with the object's id)
_OWN_STEPS = {"details": "edit", "audience": "audience", "content": "content", "costs": "costs"}
_OTHER_ROOMS = {
    "template": "marketing_emails:edit",
    "segment": "marketing_segments:edit",
    "discount": "marketing_discounts:inspect",
}
_WORDS = {
    "details": gettext_lazy("Details"),
    "audience": gettext_lazy("Audience"),
    "content": gettext_lazy("Content"),
    "costs": gettext_lazy("Costs"),
    "template": gettext_lazy("E-mail"),
    "segment": gettext_lazy("Segment"),
    "discount": gettext_lazy("Discount"),
    "settings": gettext_lazy("Settings"),
}


def row_url(row: ChecklistRow, campaign: Campaign, site_id: int | None) -> str:
    """Where the row is corrected; empty where that screen is not installed."""
    anchor = f"#id_{row.field}" if row.field and row.step in _OWN_STEPS else ""
    try:
        if row.step in _OWN_STEPS:
            return url(_OWN_STEPS[row.step], campaign) + anchor
        if row.step in _OTHER_ROOMS and row.object_id:
            return reverse(_OTHER_ROOMS[row.step], args=[row.object_id])
        if row.step == "settings":
            return reverse("marketing_settings:site", args=[site_id])
    except NoReverseMatch:
        return ""
    return ""


class ReviewView(CampaignPage):
    marketing_permission = VIEW
    step = "review"
    page_title = gettext_lazy("Review & schedule")
    template_name = "wagtail_marketing/campaigns/review.html"

    @cached_property
    def review(self) -> selectors.Review:
        return selectors.review(self.campaign)

    def get_components(self) -> list[Any]:
        if not self.campaign.editable:
            return []
        rows = [
            CheckRow(
                row.level,
                _WORDS.get(row.step, _("Check")),
                row.text,
                row_url(row, self.campaign, self.site.site_id),
            )
            for row in self.review.rows
        ]
        return [Checklist(rows, label=_("Checklist"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        draft = self.campaign.editable
        mails = [
            (message, url("preview", self.campaign) + f"?message={message.pk}")
            for message in self.campaign.messages.select_related("template", "send")
        ]
        return super().get_context_data(
            draft=draft,
            review=self.review if draft else None,
            audience=self.audience(),
            mails=mails,
            people=self.people() if draft and may(user, PERSONAL) else [],
            test_form=kwargs.pop("test_form", None) or TestForm(initial={"addresses": user.email}),
            schedule_form=ScheduleForm(zone=self.site.zone),
            may_send=may(user, SEND),
            may_test=may(user, TEST),
            now_in_zone=_local_now(self.site.zone),
            **kwargs,
        )

    def audience(self) -> list[dict[str, Any]]:
        """The segments in words, included ones first: whom the reader says yes to."""
        included, left_out = selectors.sides(self.campaign)
        rules = dict(
            with_sizes(Segment.objects.filter(pk__in=[one.pk for one in (*included, *left_out)]))
            .order_by()
            .values_list("pk", "published_rules")
        )
        return [
            {
                "side": _("In") if segment in included else _("Left out"),
                "name": segment.name,
                "url": url_of_segment(segment),
                "words": summary(rules[segment.pk]) if rules[segment.pk] else _("It has no published rules."),
            }
            for segment in (*included, *left_out)
        ]

    def people(self) -> list[Contact]:
        return list(selectors.audience(self.campaign).exclude(email="").order_by("pk")[:PREVIEW_PEOPLE])


def url_of_segment(segment: Segment) -> str:
    """Its page; empty where the site has none."""
    try:
        return reverse("marketing_segments:inspect", args=[segment.pk])
    except NoReverseMatch:
        return ""


def _local_now(zone: Any) -> str:
    from wagtail_marketing.core import clock

    return clock.now().astimezone(zone).strftime("%Y-%m-%dT%H:%M")


class TestSendView(CampaignPage):
    """POST: a test of every e-mail of the campaign to colleagues."""

    __test__ = False  # not a test case of pytest
    marketing_permission = TEST
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = TestForm(request.POST)
        if not form.is_valid():
            for error in form.errors.get("addresses", []):
                messages.error(request, error)
            return redirect(url("review", self.campaign))
        try:
            outcomes = services.send_test(
                campaign=self.campaign, addresses=form.cleaned_data["addresses"], contact=self.contact()
            )
        except DomainError as error:
            messages.error(request, str(error))
            return redirect(url("review", self.campaign))
        for outcome in outcomes:
            if outcome.ok:
                messages.success(request, _("A test went to %(address)s.") % {"address": outcome.address})
            else:
                messages.error(
                    request,
                    _("No test to %(address)s: %(why)s") % {"address": outcome.address, "why": outcome.detail},
                )
        return redirect(url("review", self.campaign))

    def contact(self) -> Contact | None:
        """As whom; only for those who may see people, and only people of the audience."""
        pk = self.request.POST.get("contact", "")
        if not pk.isdigit() or not may(self.request.user, PERSONAL):
            return None
        return selectors.audience(self.campaign).filter(pk=pk).first()


class PreviewView(MarketingView):
    """The e-mail as a document of its own, for a sandboxed frame: no script of it ever runs."""

    marketing_permission = VIEW

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = get_object_or_404(Campaign, pk=pk)
        wanted = request.GET.get("message", "")
        own = Q(pk=wanted) if wanted.isdigit() else Q()
        message = get_object_or_404(
            CampaignMessage.objects.select_related("template").filter(own, campaign=campaign)[:1]
        )
        try:
            rendered = messaging.preview(message.template, self.contact(campaign))
        except ContentError as error:
            return _framed(HttpResponse(str(error), content_type="text/plain; charset=utf-8"))
        if request.GET.get("as") == "text":
            text = f"{rendered.subject}\n\n{rendered.text}"
            return _framed(HttpResponse(text, content_type="text/plain; charset=utf-8"))
        return _framed(HttpResponse(rendered.html))

    def contact(self, campaign: Campaign) -> Contact | None:
        pk = self.request.GET.get("contact", "")
        if not pk.isdigit() or not may(self.request.user, PERSONAL):
            return None
        return selectors.audience(campaign).filter(pk=pk).first()


def _framed(response: HttpResponse) -> HttpResponse:
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; img-src * data:; style-src 'unsafe-inline'"
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Referrer-Policy"] = "no-referrer"
    return response
