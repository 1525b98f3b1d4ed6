"""System checks of this room."""

from typing import Any

from django.core import checks
from django.urls import NoReverseMatch, reverse

from wagtail_marketing.conf import settings

from .registry import confirmation_senders


def check_consent(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Somebody sends confirmations, and the pages that their links lead to are there."""
    found: list[checks.CheckMessage] = []
    if "email" not in confirmation_senders:
        found.append(
            checks.Info(
                "Nothing sends the confirmation of a sign-up: nobody can sign up.",
                hint="Install 'wagtail_marketing.messaging', or register a ConfirmationSender for 'email' in "
                "wagtail_marketing.contacts.registry.confirmation_senders.",
                id="wagtail_marketing_contacts.I001",
            )
        )
    try:
        reverse("wagtail_marketing:confirm", args=["x"])
    except NoReverseMatch:
        found.append(
            checks.Error(
                "The pages of wagtail_marketing are not mounted: links in messages would lead nowhere.",
                hint='Add path("marketing/", include("wagtail_marketing.urls")) to the urlconf, before Wagtail\'s.',
                id="wagtail_marketing_contacts.E002",
            )
        )
    rate, _slash, unit = settings.sign_up_rate.partition("/")
    if not rate.isdigit() or unit[:1] not in ("s", "m", "h", "d") or not unit:
        found.append(
            checks.Error(
                "WAGTAIL_MARKETING['SIGN_UP_RATE'] is not a rate.",
                hint='Write a number, a slash and second, minute, hour or day: "20/hour".',
                id="wagtail_marketing_contacts.E003",
            )
        )
    return found


def register() -> None:
    checks.register(check_consent, "wagtail_marketing")
