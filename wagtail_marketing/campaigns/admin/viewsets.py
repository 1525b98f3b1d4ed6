"""Campaigns under the Marketing menu."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import path
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.widgets.button import Button

from wagtail_marketing.admin.columns import LocalTimeColumn, StatusColumn
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.viewsets import MarketingIndexView, MarketingModelViewSet
from wagtail_marketing.campaigns.models import Campaign, Goal, Role, Status
from wagtail_marketing.campaigns.selectors import campaigns

from . import actions, review, steps
from .base import REPORT, TONES, url
from .base import actions as actions_of
from .forms import DayInput
from .report import ReportView


class CampaignFilterSet(WagtailFilterSet):
    status = django_filters.ChoiceFilter(label=_("Status"), field_name="state__status", choices=Status.choices)
    submitted = django_filters.BooleanFilter(label=_("Waits for approval"), method="filter_submitted")
    goal = django_filters.ChoiceFilter(label=_("Goal"), choices=Goal.choices)
    launched_from = django_filters.DateFilter(
        label=_("Launched from"), field_name="state__launched_at", lookup_expr="date__gte", widget=DayInput
    )
    launched_to = django_filters.DateFilter(
        label=_("Launched until"), field_name="state__launched_at", lookup_expr="date__lte", widget=DayInput
    )

    class Meta:
        model = Campaign
        fields: list[str] = []

    def filter_submitted(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        waiting = {"state__status": Status.DRAFT, "state__submitted_at__isnull": False}
        return queryset.filter(**waiting) if value else queryset.exclude(**waiting)


class StateColumn(StatusColumn):
    """The status, and whether a draft waits for a manager."""

    def get_value(self, campaign: Campaign) -> Any:
        state = campaign.state
        campaign.get_status_display = state.get_status_display
        badge = super().get_value(campaign)
        if state.status == Status.DRAFT and state.submitted_at:
            return format_html("{} {}", badge, _t("waits for approval"))
        return badge


class AudienceColumn(Column):
    """The segments, in words."""

    def get_value(self, campaign: Campaign) -> str:
        links = campaign.segment_links.all()
        included = ", ".join(link.segment.name for link in links if link.role == Role.INCLUDE)
        left_out = ", ".join(link.segment.name for link in links if link.role == Role.EXCLUDE)
        return (
            _t("%(included)s without %(left_out)s")
            % {
                "included": included,
                "left_out": left_out,
            }
            if left_out
            else included
        )


class EmailColumn(Column):
    def get_value(self, campaign: Campaign) -> str:
        return ", ".join(message.template.name for message in campaign.messages.all())


class CampaignIndexView(MarketingIndexView):
    page_title = _("Campaigns")
    default_ordering = ("-updated_at", "-pk")

    def get_base_queryset(self) -> "QuerySet[Campaign]":
        return campaigns()

    def get_edit_url(self, instance: Campaign) -> str:
        return url("review", instance)

    def get_list_more_buttons(self, instance: Campaign) -> list[Button]:
        found = [
            Button(label, url=url(name, instance), icon_name=icon, priority=10 * number)
            for number, (name, label, icon) in enumerate(actions_of(instance, self.request.user))
        ]
        if instance.state.launched_at and may(self.request.user, REPORT):
            found.insert(0, Button(_t("Report"), url=url("report", instance), icon_name="wm-reports", priority=1))
        return found


class CampaignViewSet(MarketingModelViewSet):
    model = Campaign
    slug = "campaigns"
    menu_label = _("Campaigns")
    icon = "wm-campaigns"
    index_view_class = CampaignIndexView
    filterset_class = CampaignFilterSet
    search_fields = ["name", "notes", "utm_campaign"]
    form_fields = ["name"]  # Wagtail asks for it; our own steps do the editing
    list_export = ["name", "status", "goal", "state.launched_at", "utm_campaign"]
    export_permission = REPORT

    @cached_property
    def list_display(self) -> list[Any]:
        return [
            TitleColumn("name", label=_("Name"), get_url=lambda campaign: url("review", campaign), sort_key="name"),
            StateColumn("status", label=_("Status"), tones=TONES, sort_key="state__status"),
            AudienceColumn("audience", label=_("Audience")),
            EmailColumn("email", label=_("E-mail")),
            LocalTimeColumn("state.launched_at", label=_("Launched"), sort_key="state__launched_at"),
            LocalTimeColumn("updated_at", label=_("Changed"), sort_key="updated_at"),
        ]

    def get_urlpatterns(self) -> list[Any]:
        kept = {"index", "index_results", "history", "history_results"}
        own: list[tuple[str, type, str]] = [
            ("add/", steps.AddView, "add"),
            ("<int:pk>/", steps.DetailsView, "edit"),
            ("<int:pk>/audience/", steps.AudienceView, "audience"),
            ("<int:pk>/reach/", steps.ReachView, "reach"),
            ("<int:pk>/content/", steps.ContentView, "content"),
            ("<int:pk>/costs/", steps.CostsView, "costs"),
            ("<int:pk>/review/", review.ReviewView, "review"),
            ("<int:pk>/test/", review.TestSendView, "test"),
            ("<int:pk>/preview/", review.PreviewView, "preview"),
            ("<int:pk>/report/", ReportView, "report"),
            ("<int:pk>/launch/", actions.LaunchView, "launch"),
            ("<int:pk>/pause/", actions.PauseView, "pause"),
            ("<int:pk>/resume/", actions.ResumeView, "resume"),
            ("<int:pk>/cancel/", actions.CancelView, "cancel"),
            ("<int:pk>/submit/", actions.SubmitView, "submit"),
            ("<int:pk>/copy/", actions.CopyView, "copy"),
            ("<int:pk>/delete/", actions.DeleteView, "delete"),
        ]
        return [
            *(pattern for pattern in super().get_urlpatterns() if pattern.name in kept),
            *(path(route, view.as_view(), name=name) for route, view, name in own),
        ]
