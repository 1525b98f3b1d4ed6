"""Files of the campaign screens."""

from django.forms import Media

CAMPAIGN_MEDIA = Media(
    css={"all": ["wagtail_marketing/campaigns/campaigns.css"]},
    js=["wagtail_marketing/campaigns/campaigns.js"],
)
