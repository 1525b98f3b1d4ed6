"""What every page of one campaign has: the way back, the steps, its status, and what may be done now."""

from dataclasses import dataclass
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.widgets.button import Button

from wagtail_marketing.admin.components import StatusBadge
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingTemplateView
from wagtail_marketing.campaigns.models import Campaign, Status
from wagtail_marketing.site_settings import SiteSettings, for_site

from .media import CAMPAIGN_MEDIA

APP = "wagtail_marketing_campaigns"
VIEW, ADD, CHANGE, DELETE = (f"{APP}.{verb}_campaign" for verb in ("view", "add", "change", "delete"))
SEND, TEST, REPORT = f"{APP}.send_campaign", f"{APP}.test_campaign", f"{APP}.view_report"
INDEX = "marketing_campaigns:index"

TONES = {
    Status.DRAFT: "neutral",
    Status.SCHEDULED: "info",
    Status.ACTIVE: "positive",
    Status.PAUSED: "warning",
    Status.COMPLETED: "neutral",
    Status.CANCELLED: "neutral",
}


def url(name: str, campaign: Campaign) -> str:
    return reverse(f"marketing_campaigns:{name}", args=[campaign.pk])


def maybe_url(name: str, *args: Any) -> str:
    """The URL of another room's page; empty where that room has none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True)
class Step:
    """An entry of the way through a campaign."""

    key: str
    label: str
    url: str
    current: bool


def steps(campaign: Campaign, current: str, user: Any) -> list[Step]:
    """The steps that this user may open."""
    found = [
        ("details", _("Details"), "edit", CHANGE),
        ("audience", _("Audience"), "audience", CHANGE),
        ("content", _("Content"), "content", CHANGE),
        ("costs", _("Costs"), "costs", CHANGE),
        ("review", _("Review & schedule"), "review", VIEW),
        ("report", _("Report"), "report", REPORT),
    ]
    return [
        Step(key, label, url(name, campaign), key == current)
        for key, label, name, permission in found
        if may(user, permission)
    ]


def actions(campaign: Campaign, user: Any) -> list[tuple[str, str, str]]:
    """(URL name, label, icon) of what this user may do with it now."""
    status = campaign.status
    found = []
    if may(user, SEND):
        if status in (Status.SCHEDULED, Status.ACTIVE):
            found.append(("pause", _("Pause"), "pause"))
        if status == Status.PAUSED:
            found.append(("resume", _("Resume"), "play"))
        if status in (Status.SCHEDULED, Status.ACTIVE, Status.PAUSED):
            found.append(("cancel", _("Cancel the campaign"), "cross"))
    if may(user, ADD):
        found.append(("copy", _("Copy"), "copy"))
    if status == Status.DRAFT and may(user, DELETE):
        found.append(("delete", _("Delete"), "bin"))
    return found


class CampaignPage(MarketingTemplateView):
    """A page of the campaign in the URL."""

    header_icon = "wm-campaigns"
    step = ""

    @cached_property
    def campaign(self) -> Campaign:
        return get_object_or_404(
            Campaign.objects.select_related("state", "state__submitted_by", "site"), pk=self.kwargs["pk"]
        )

    @cached_property
    def site(self) -> SiteSettings:
        return for_site(self.campaign.site)

    def get_page_title(self) -> str:
        return str(self.page_title) or self.campaign.name

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse(INDEX), "label": _("Campaigns")},
            {"url": url("review", self.campaign), "label": self.campaign.name},
        ]

    def get_header_more_buttons(self) -> list[Button]:
        buttons = [
            Button(label, url=url(name, self.campaign), icon_name=icon, priority=10 * number)
            for number, (name, label, icon) in enumerate(actions(self.campaign, self.request.user))
        ]
        if may(self.request.user, CHANGE):
            buttons.append(Button(_("History"), url=url("history", self.campaign), icon_name="history", priority=90))
        return buttons

    def get_media(self) -> Any:
        return super().get_media() + CAMPAIGN_MEDIA

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        state = self.campaign.state
        return super().get_context_data(
            campaign=self.campaign,
            state=state,
            steps=steps(self.campaign, self.step, self.request.user),
            badge=StatusBadge(state.status, state.get_status_display(), TONES[state.status]),
            moves=[
                (url(name, self.campaign), label, icon)
                for name, label, icon in actions(self.campaign, self.request.user)
                if name in ("pause", "resume", "cancel")
            ],
            zone=self.site.zone,
            **kwargs,
        )
