"""The steps in which a campaign is made: details, audience, content, costs."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingTemplateView, MarketingView
from wagtail_marketing.campaigns import selectors, services
from wagtail_marketing.campaigns.models import Campaign, Role
from wagtail_marketing.campaigns.reach import reach_sentence
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.messaging import selectors as messaging
from wagtail_marketing.segments.models import Segment

from .base import ADD, CHANGE, INDEX, CampaignPage, maybe_url, url
from .forms import AudienceForm, ContentForm, DetailsForm, cost_formset, costs_of
from .media import CAMPAIGN_MEDIA


class AddView(MarketingTemplateView):
    """A new campaign begins with its name; the other steps follow."""

    marketing_permission = ADD
    template_name = "wagtail_marketing/campaigns/details.html"
    page_title = gettext_lazy("New campaign")
    header_icon = "wm-campaigns"

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [{"url": reverse(INDEX), "label": _("Campaigns")}]

    @cached_property
    def form(self) -> DetailsForm:
        return DetailsForm(self.request.POST or None, user=self.request.user)

    def get_media(self) -> Any:
        return super().get_media() + CAMPAIGN_MEDIA

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(form=self.form, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        campaign = self.form.save() if self.form.is_valid() else None
        if campaign is None:
            return self.render_to_response(self.get_context_data(), status=422)
        messages.success(request, _("“%(name)s” is a draft now.") % {"name": campaign.name})
        # Who may add but not change (a site's own role) sees what was made.
        return redirect(url("audience" if may(request.user, CHANGE) else "review", campaign))


class StepView(CampaignPage):
    """One form of one step; saving goes on to the next."""

    marketing_permission = CHANGE
    next_step = "review"
    saved = gettext_lazy("Saved.")

    @cached_property
    def form(self) -> Any:
        return self.form_class(self.request.POST or None, campaign=self.campaign, user=self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(form=self.form, editable=self.campaign.editable, **kwargs)

    def save(self) -> bool:
        return self.form.is_valid() and self.form.save() is not None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.save():
            return self.render_to_response(self.get_context_data(), status=422)
        messages.success(request, self.saved)
        return redirect(url(self.next_step if "next" in request.POST else self.own_url, self.campaign))

    @property
    def own_url(self) -> str:
        return self.step


class DetailsView(StepView):
    step, next_step, own_url = "details", "audience", "edit"
    page_title = gettext_lazy("Details")
    template_name = "wagtail_marketing/campaigns/details.html"
    form_class = DetailsForm


class AudienceView(StepView):
    step, next_step = "audience", "content"
    page_title = gettext_lazy("Audience")
    template_name = "wagtail_marketing/campaigns/audience.html"
    form_class = AudienceForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        reach = selectors.review_context(self.campaign).reach if self.request.method == "GET" else None
        return super().get_context_data(
            rows=self.form.rows(),
            sentence=reach_sentence(reach) if reach else "",
            add_segment_url=maybe_url("marketing_segments:add"),
            **kwargs,
        )


class ContentView(StepView):
    step, next_step = "content", "costs"
    page_title = gettext_lazy("Content")
    template_name = "wagtail_marketing/campaigns/content.html"
    form_class = ContentForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            templates=[
                (field, maybe_url("marketing_emails:edit", field.value()) if field.value() else "")
                for field in self.form.templates()
            ],
            add_template_url=maybe_url("marketing_emails:add"),
            add_discount_url=maybe_url("marketing_discounts:add"),
            **kwargs,
        )


class CostsView(StepView):
    """What it cost, in any state: invoices come late."""

    step, next_step = "costs", "review"
    page_title = gettext_lazy("Costs")
    template_name = "wagtail_marketing/campaigns/costs.html"
    saved = gettext_lazy("Costs saved.")

    @cached_property
    def form(self) -> Any:
        return cost_formset(self.campaign, self.request.POST or None)

    def save(self) -> bool:
        if not self.form.is_valid():
            return False
        try:
            services.set_costs(campaign=self.campaign, costs=costs_of(self.form))
        except DomainError as error:
            messages.error(self.request, str(error))
            return False
        return True


class ReachView(MarketingView):
    """The reach sentence of segments as they are ticked in the browser, as JSON. Writes nothing."""

    marketing_permission = CHANGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> JsonResponse:
        campaign = get_object_or_404(Campaign, pk=pk)
        sides: dict[str, list[Segment]] = {Role.INCLUDE: [], Role.EXCLUDE: []}
        chosen = {key.removeprefix("segment-"): value for key, value in request.POST.items()}
        for segment in Segment.objects.filter(pk__in=[key for key in chosen if key.isdigit()]):
            sides.get(chosen[str(segment.pk)], []).append(segment)
        message = campaign.messages.select_related("template__topic").first()
        try:
            reach = messaging.reachability(
                selectors.people_in(sides[Role.INCLUDE], sides[Role.EXCLUDE]),
                "email",
                message.template.topic if message else None,
            )
        except DomainError as error:
            return JsonResponse({"sentence": str(error), "total": None, "reachable": None})
        sentence = reach_sentence(reach) if sides[Role.INCLUDE] else _("Choose a segment to include.")
        return JsonResponse({"sentence": sentence, "total": reach.total, "reachable": reach.reachable})
