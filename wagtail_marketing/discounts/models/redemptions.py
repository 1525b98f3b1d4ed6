"""What orders keep: their price, the discounts that they redeemed, the share of every unit."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.models import Contact

from .codes import Code, LimitCounter
from .discount import Discount, DiscountVersion


class OrderPricing(models.Model):
    """The evaluation that priced an order, frozen: a repeated commit finds it instead of counting again."""

    order_ref = models.CharField(max_length=190, unique=True)
    currency = models.CharField(max_length=3)
    evaluation = models.JSONField(help_text="The engine's answer, equal units as one entry.")
    lines = models.JSONField(default=dict, help_text="Line id: quantity and unit price in minor units.")
    committed_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.order_ref


class RedemptionState(models.TextChoices):
    APPLIED = "applied", _("applied")
    PARTLY_REVERSED = "partly_reversed", _("partly reversed")
    REVERSED = "reversed", _("reversed")


class Redemption(models.Model):
    """One discount on one order, written in the order's own transaction."""

    order_ref = models.CharField(_("order"), max_length=190)
    discount = models.ForeignKey(Discount, models.PROTECT, related_name="redemptions", verbose_name=_("discount"))
    version = models.ForeignKey(DiscountVersion, models.PROTECT, related_name="redemptions")
    code = models.ForeignKey(
        Code, models.PROTECT, null=True, blank=True, related_name="redemptions", verbose_name=_("code")
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="redemptions", verbose_name=_("contact")
    )
    amount_minor = models.BigIntegerField(_("amount"))
    reversed_minor = models.BigIntegerField(_("reversed"), default=0)
    currency = models.CharField(max_length=3)
    state = models.CharField(
        _("state"), max_length=16, choices=RedemptionState.choices, default=RedemptionState.APPLIED
    )
    redeemed_at = models.DateTimeField(_("when"))
    counters = models.ManyToManyField(LimitCounter, related_name="+", editable=False)

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        ordering = ("-redeemed_at", "-id")
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(fields=("order_ref", "discount", "code"), name="wm_redemption_once"),
            models.UniqueConstraint(
                fields=("order_ref", "discount"), condition=Q(code__isnull=True), name="wm_redemption_once_automatic"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="wm_redemption_amount"),
            models.CheckConstraint(
                condition=Q(reversed_minor__gte=0) & Q(reversed_minor__lte=F("amount_minor")),
                name="wm_redemption_reversed",
            ),
        )
        indexes = (
            models.Index(fields=("discount", "redeemed_at"), name="wm_redemption_discount"),
            models.Index(fields=("code", "redeemed_at"), name="wm_redemption_code"),
            models.Index(fields=("contact", "redeemed_at"), name="wm_redemption_contact"),
        )

    def __str__(self) -> str:
        return f"{self.order_ref}: {self.discount_id}"


class RedemptionUnit(models.Model):
    """``amount_minor`` off each of ``count`` equal neighbouring units of a line, frozen at order time."""

    redemption = models.ForeignKey(Redemption, models.CASCADE, related_name="units")
    line = models.CharField(max_length=190)
    start = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("redemption", "line", "start"), name="wm_redemption_unit_once"),
            models.CheckConstraint(condition=Q(count__gte=1) & Q(amount_minor__gte=1), name="wm_redemption_unit_some"),
        )

    def __str__(self) -> str:
        return f"{self.line}[{self.start}+{self.count}]"


class ReturnedUnits(models.Model):
    """Units of an order that came back, so that none is given back twice. One row per refund and line."""

    order_ref = models.CharField(max_length=190)
    refund_ref = models.CharField(max_length=190)
    line = models.CharField(max_length=190)
    start = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    share_minor = models.BigIntegerField(help_text="What the discounts had taken off these units.")
    returned_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("order_ref", "refund_ref", "line"), name="wm_returned_once"),
            models.UniqueConstraint(fields=("order_ref", "line", "start"), name="wm_returned_unit_once"),
        )

    def __str__(self) -> str:
        return f"{self.order_ref} {self.line}: {self.count}"
