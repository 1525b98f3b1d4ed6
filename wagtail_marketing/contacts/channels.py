"""The two channels that every contact has."""

from django.utils.translation import gettext_lazy as _

from wagtail_marketing.core.identity import normalise_email, normalise_phone

from .registry import ChannelAddress, channels

EMAIL = ChannelAddress("email", _("E-mail"), "email_normalised", "email_hash", normalise_email)
SMS = ChannelAddress("sms", _("SMS"), "phone_e164", "phone_hash", normalise_phone)


def register() -> None:
    channels.register("email", EMAIL)
    channels.register("sms", SMS)
