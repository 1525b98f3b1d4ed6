"""What every room reads of a site: who writes, in whose name, in which colours, zone and currency.

These models stand low in the order of imports (below ``host``), because messages, campaigns and reports all
need them; rooms read them through :mod:`wagtail_marketing.site_settings`, never directly.
"""

import re
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator, validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.images import get_image_model_string

from wagtail_marketing.core import money
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.identity import normalise_email

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")

validate_colour = RegexValidator(
    r"^#[0-9a-fA-F]{6}\Z", _("Write the colour as # and six hex digits, such as #007d7e."), code="colour"
)


def validate_sender_address(value: str) -> None:
    """One bare address with a real domain: no name, no list, no control character."""
    if _CONTROL.search(value) or value != value.strip():
        raise ValidationError(_("The address holds a character that no address may hold."), code="sender")
    try:
        validate_email(value)
    except ValidationError as error:
        raise ValidationError(_("“%(value)s” is not an address."), code="sender", params={"value": value}) from error
    if "." not in normalise_email(value).rpartition("@")[2]:
        raise ValidationError(
            _("“%(value)s” has no domain that receives mail."), code="sender", params={"value": value}
        )


def validate_header_text(value: str) -> None:
    """Text that goes into a header: one line."""
    if _CONTROL.search(value):
        raise ValidationError(_("Write it on one line."), code="header")


def validate_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(_("“%(value)s” is not a time zone."), code="zone", params={"value": value})


def validate_language(value: str) -> None:
    if value not in dict(settings.LANGUAGES):
        raise ValidationError(
            _("“%(value)s” is not a language of this site."), code="language", params={"value": value}
        )


def validate_currency(value: str) -> None:
    try:
        money.digits(value)
    except InvalidInput as error:
        raise ValidationError(str(error), code="currency") from error


class MarketingSettings(ClusterableModel):
    """Settings of one Wagtail site. What is left empty falls back to Django's settings."""

    site = models.OneToOneField(
        "wagtailcore.Site",
        verbose_name=_("site"),
        on_delete=models.CASCADE,
        related_name="marketing_settings",
        editable=False,
    )
    postal_address = models.TextField(
        _("postal address"),
        blank=True,
        max_length=500,
        help_text=_("Stands at the foot of every newsletter; the law of most countries demands it."),
    )
    footer_text = models.TextField(
        _("footer text"),
        blank=True,
        max_length=1000,
        help_text=_("Why people receive this, and who you are. Plain text."),
    )
    logo = models.ForeignKey(
        get_image_model_string(),
        verbose_name=_("logo"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("At the head of every e-mail; shown up to 320 pixels wide."),
    )
    colour_brand = models.CharField(
        _("brand colour"),
        max_length=7,
        default="#00676a",
        validators=[validate_colour],
        help_text=_("Buttons and links in e-mails."),
    )
    colour_on_brand = models.CharField(
        _("text on the brand colour"),
        max_length=7,
        default="#ffffff",
        validators=[validate_colour],
        help_text=_("What stands on buttons."),
    )
    colour_background = models.CharField(_("background"), max_length=7, default="#f4f5f6", validators=[validate_colour])
    colour_text = models.CharField(_("text"), max_length=7, default="#1f2933", validators=[validate_colour])
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_zone],
        help_text=_("In which days begin and sends are planned. Empty: the zone of the installation."),
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        blank=True,
        validators=[validate_currency],
        help_text=_("ISO 4217 code, such as USD or EUR. Empty: the currency of the installation."),
    )
    default_locale = models.CharField(
        _("default language"),
        max_length=20,
        blank=True,
        validators=[validate_language],
        help_text=_("For people whose language is not known. Empty: the language of the installation."),
    )
    keep_message_bodies_days = models.PositiveIntegerField(
        _("keep message bodies"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Days after which the text of a sent message is forgotten; that it was sent stays."),
    )
    keep_messages_days = models.PositiveIntegerField(
        _("keep messages"),
        default=1095,
        validators=[MinValueValidator(400), MaxValueValidator(3650)],
        help_text=_("Days after which a message is forgotten. At least 400: links must work that long."),
    )
    keep_events_days = models.PositiveIntegerField(
        _("keep activity"),
        default=1095,
        validators=[MinValueValidator(30), MaxValueValidator(3650)],
        help_text=_("Days of opens, clicks and visits on the timeline."),
    )
    keep_carts_days = models.PositiveIntegerField(
        _("keep carts"), default=90, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    keep_jobs_days = models.PositiveIntegerField(
        _("keep jobs"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Days after which a finished background job and its file are deleted."),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("site settings")
        verbose_name_plural = _("site settings")

    def __str__(self) -> str:
        return str(self.site)


class Sender(models.Model):
    """In whose name a message goes out; the first in order is the default."""

    settings = ParentalKey(MarketingSettings, on_delete=models.CASCADE, related_name="senders")
    sort_order = models.IntegerField(null=True, blank=True, editable=False)
    name = models.CharField(
        _("name"),
        max_length=100,
        validators=[validate_header_text],
        help_text=_("What people see as the sender, such as “Ann of Corner Grocery”."),
    )
    address = models.CharField(
        _("address"),
        max_length=254,
        validators=[validate_sender_address],
        help_text=_("An address of your own domain, for which your provider may send (SPF, DKIM)."),
    )
    reply_to = models.CharField(
        _("reply to"),
        max_length=254,
        blank=True,
        validators=[validate_sender_address],
        help_text=_("Where answers go. Empty: to the sender's address."),
    )

    sort_order_field = "sort_order"

    class Meta:
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        ordering = ["sort_order", "pk"]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"


class RoleGrant(models.Model):
    """That a role's group was given a permission once: what a site takes away again stays away."""

    role = models.CharField(max_length=20)
    permission = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("role grant")
        verbose_name_plural = _("role grants")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["role", "permission"], name="wm_role_grant")]

    def __str__(self) -> str:
        return f"{self.role}: {self.permission}"
