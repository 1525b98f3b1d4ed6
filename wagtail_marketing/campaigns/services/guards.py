"""What every change of a campaign begins and ends with."""

from datetime import datetime

from wagtail_marketing.campaigns.errors import NotEditable
from wagtail_marketing.campaigns.models import EDITABLE, Campaign, CampaignState
from wagtail_marketing.core import clock


def touch(campaign: Campaign, now: datetime | None) -> None:
    """Note the change: lists sort by it, and the credit of orders is computed again from it."""
    campaign.updated_at = now or clock.now()
    Campaign.objects.filter(pk=campaign.pk).update(updated_at=campaign.updated_at)


def require_draft(campaign: Campaign) -> None:
    """Lock the state, so that a launch in another session waits for this change or refuses it."""
    state = CampaignState.objects.select_for_update().get(campaign=campaign)
    if state.status not in EDITABLE:
        raise NotEditable
    campaign.state = state
