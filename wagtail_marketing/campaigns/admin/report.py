"""The report page: its sections come from ``registry.report_sections``."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.admin.components import EmptyState, Section
from wagtail_marketing.campaigns.registry import ordered_sections

from .base import REPORT, CampaignPage, url


class ReportView(CampaignPage):
    marketing_permission = REPORT
    step = "report"
    page_title = gettext_lazy("Report")
    template_name = "wagtail_marketing/campaigns/report.html"

    def get_components(self) -> list[Any]:
        if self.campaign.state.launched_at is None:
            return [
                EmptyState(
                    _("Nothing to report yet"),
                    _("Figures appear here as soon as the campaign is launched."),
                    _("Review & schedule"),
                    url("review", self.campaign),
                    icon="wm-reports",
                )
            ]
        return [
            Section(section.title, parts)
            for section in ordered_sections()
            if (parts := list(section.build(self.campaign, self.request)))
        ]
