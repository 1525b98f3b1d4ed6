"""What campaigns let segments ask."""

from wagtail_marketing.segments.registry import conditions

from .campaign import CampaignCondition

CAMPAIGN = CampaignCondition()


def register() -> None:
    """Called by ``AppConfig.ready``."""
    conditions.register(CAMPAIGN.key, CAMPAIGN)
