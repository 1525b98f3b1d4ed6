"""What campaigns add to Wagtail's admin."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_marketing.admin import registry

from .admin.viewsets import CampaignViewSet

LOG_ACTIONS = (
    ("submit_campaign", _("Submit campaign"), _("Submitted for approval")),
    ("schedule_campaign", _("Schedule campaign"), _("Scheduled")),
    ("launch_campaign", _("Launch campaign"), _("Launched")),
    ("pause_campaign", _("Pause campaign"), _("Paused")),
    ("resume_campaign", _("Resume campaign"), _("Resumed")),
    ("cancel_campaign", _("Cancel campaign"), _("Cancelled")),
)


@hooks.register("register_log_actions")
def register_log_actions(actions: Any) -> None:
    for name, label, message in LOG_ACTIONS:
        actions.register_action(f"wagtail_marketing.{name}", label, message)


registry.register_viewset(CampaignViewSet, order=registry.CAMPAIGNS)
