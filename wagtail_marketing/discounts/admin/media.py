"""Styles and scripts of this room's screens."""

from django.forms import Media

DISCOUNT_MEDIA = Media(
    css={"all": ["wagtail_marketing/discounts/discounts.css"]},
    js=["wagtail_marketing/discounts/discounts.js"],
)
