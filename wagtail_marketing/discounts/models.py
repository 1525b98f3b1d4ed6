"""What it costs: discounts, the versions that price orders, codes, limits and what was redeemed.

A ``Discount`` holds the rules as staff edit them; what prices a cart is its ``live_version``, which never
changes once it is made. Amounts are integer minor units of the row's currency.
"""

import uuid
from datetime import datetime
from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.models import Contact


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")


#: Named transitions and the states that they may start from. Whether a started discount is still waiting
#: for its first day, or past its last, follows from the clock: see ``Discount.status_at``.
TRANSITIONS: dict[str, tuple[Status, ...]] = {
    "activate": (Status.DRAFT, Status.PAUSED),
    "pause": (Status.SCHEDULED, Status.ACTIVE),
    "end": (Status.SCHEDULED, Status.ACTIVE, Status.PAUSED),
}


class Lane(models.TextChoices):
    PRODUCT = "product", _("Products")
    ORDER = "order", _("The whole order")
    SHIPPING = "shipping", _("Shipping")


class Base(models.TextChoices):
    REDUCED = "reduced", _("What is left after other discounts")
    ORIGINAL = "original", _("The original amount")


class DiscountQuerySet(models.QuerySet["Discount"]):
    def with_status_at(self, now: datetime) -> "DiscountQuerySet":
        """Annotate ``current_status``: the stored status corrected by the clock."""
        started = Q(status__in=(Status.SCHEDULED, Status.ACTIVE))
        over = Q(ends_at__lte=now) & ~Q(status=Status.DRAFT)
        return self.annotate(
            current_status=models.Case(
                models.When(over, then=models.Value(Status.ENDED)),
                models.When(started & Q(starts_at__gt=now), then=models.Value(Status.SCHEDULED)),
                models.When(started, then=models.Value(Status.ACTIVE)),
                default=F("status"),
                output_field=models.CharField(),
            )
        )


class Discount(models.Model):
    name = models.CharField(_("name"), max_length=120, help_text=_("For staff: how you find it again."))
    public_title = models.CharField(
        _("title for customers"), max_length=120, blank=True, help_text=_("Shown in the cart; empty: the name.")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True, help_text=_("Empty: as soon as activated."))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True, help_text=_("Empty: until you end it."))
    needs_code = models.BooleanField(
        _("needs a code"), default=True, help_text=_("Otherwise it applies by itself to every cart that fits.")
    )
    lane = models.CharField(_("takes off"), max_length=10, choices=Lane.choices, default=Lane.ORDER)
    group = models.CharField(
        _("group"),
        max_length=60,
        blank=True,
        help_text=_("Of the discounts in one group at most one applies to a cart."),
    )
    exclusive = models.BooleanField(
        _("never together with another discount"), default=False, help_text=_("It stands alone or not at all.")
    )
    combines_with = models.JSONField(
        _("goes together with"),
        default=list,
        blank=True,
        help_text=_("Both discounts must allow each other's kind."),
    )
    base = models.CharField(
        _("computed from"),
        max_length=10,
        choices=Base.choices,
        default=Base.REDUCED,
    )
    priority = models.IntegerField(_("priority"), default=0, help_text=_("Higher is applied first."))
    currency = models.CharField(_("currency"), max_length=3, help_text=_("The currency of all its amounts."))
    conditions = models.JSONField(_("conditions"), default=dict, blank=True)
    benefit = models.JSONField(_("benefit"), default=dict)
    max_discount_minor = models.BigIntegerField(
        _("at most"), null=True, blank=True, help_text=_("The most that it takes off one order.")
    )
    max_applications = models.PositiveIntegerField(_("units at most"), null=True, blank=True)
    site = models.ForeignKey("wagtailcore.Site", models.CASCADE, null=True, blank=True, verbose_name=_("site"))
    live_version = models.OneToOneField(
        "DiscountVersion", models.RESTRICT, null=True, blank=True, editable=False, related_name="live_for"
    )
    created_at = models.DateTimeField(_("created"), editable=False)
    updated_at = models.DateTimeField(_("changed"), editable=False)

    objects = DiscountQuerySet.as_manager()

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        ordering = ("-created_at", "-id")
        permissions = (("activate_discount", _("Can activate, pause and end discounts")),)
        constraints = (
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="wm_discount_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(max_discount_minor__isnull=True) | Q(max_discount_minor__gt=0),
                name="wm_discount_cap_positive",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("scheduled", "active")) | Q(live_version__isnull=False),
                name="wm_discount_live_has_version",
            ),
        )
        indexes = (models.Index(fields=("status", "needs_code"), name="wm_discount_live"),)

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return self.public_title or self.name

    def status_at(self, now: datetime) -> Status:
        """The status as the clock has it: a started discount waits for its first day, and ends by itself."""
        if self.status != Status.DRAFT and self.ends_at is not None and self.ends_at <= now:
            return Status.ENDED
        if self.status in (Status.SCHEDULED, Status.ACTIVE):
            waiting = self.starts_at is not None and self.starts_at > now
            return Status.SCHEDULED if waiting else Status.ACTIVE
        return Status(self.status)


class DiscountVersion(models.Model):
    """The rules as they stood when they were put live, in the engine's JSON form. An order keeps its version."""

    discount = models.ForeignKey(Discount, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    rules = models.JSONField(_("rules"))
    created_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ("-number",)
        default_permissions = ("view",)
        constraints = (models.UniqueConstraint(fields=("discount", "number"), name="wm_discount_version_once"),)

    def __str__(self) -> str:
        return f"{self.discount_id}.{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self._refuse()
        super().save(*args, **kwargs)

    def _refuse(self) -> NoReturn:
        raise TypeError("A version never changes; make a new one with services.update_discount().")


class RulesVersion(models.Model):
    """One row that names the present state of what is live: compiled sets are kept until it changes.

    A random stamp, not a counter: a number that was rolled back would come again and mean something else.
    """

    stamp = models.UUIDField(default=uuid.uuid4)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.stamp)


class CodeBatch(models.Model):
    """Codes that were made together, by one pattern."""

    discount = models.ForeignKey(Discount, models.CASCADE, related_name="batches")
    name = models.CharField(_("name"), max_length=120, blank=True)
    pattern = models.CharField(
        _("pattern"), max_length=60, help_text=_("Each # becomes a random letter or digit: SPRING-####-####.")
    )
    quantity = models.PositiveIntegerField(_("number of codes"))
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("batch of codes")
        verbose_name_plural = _("batches of codes")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name or self.pattern


class Code(models.Model):
    """A word that a shopper types. Compared without case and outer space."""

    discount = models.ForeignKey(Discount, models.CASCADE, related_name="codes", verbose_name=_("discount"))
    batch = models.ForeignKey(CodeBatch, models.CASCADE, null=True, blank=True, related_name="codes")
    code = models.CharField(_("code"), max_length=80)
    normalised = models.CharField(max_length=80, unique=True, editable=False)
    contact = models.ForeignKey(
        Contact,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="discount_codes",
        verbose_name=_("only for"),
        help_text=_("Empty: for everybody who knows it."),
    )
    active = models.BooleanField(_("active"), default=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=~Q(normalised=""), name="wm_code_not_empty"),)
        indexes = (models.Index(fields=("discount", "-id"), name="wm_code_of_discount"),)

    def __str__(self) -> str:
        return self.code


class LimitKind(models.TextChoices):
    TOTAL = "total", _("in all")
    PER_CODE = "per_code", _("per code")
    PER_CONTACT = "per_contact", _("per customer")


class Limit(models.Model):
    """How often a discount (``code`` is null) or one code of it may be used."""

    discount = models.ForeignKey(Discount, models.CASCADE, related_name="limits")
    code = models.ForeignKey(Code, models.CASCADE, null=True, blank=True, related_name="limits")
    kind = models.CharField(_("counted"), max_length=12, choices=LimitKind.choices)
    maximum = models.PositiveIntegerField(_("uses"))

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("code", "kind"), name="wm_limit_of_code_once"),
            models.UniqueConstraint(
                fields=("discount", "kind"), condition=Q(code__isnull=True), name="wm_limit_of_discount_once"
            ),
            models.CheckConstraint(condition=Q(maximum__gte=1), name="wm_limit_positive"),
            models.CheckConstraint(
                condition=Q(code__isnull=True) | ~Q(kind="per_code"), name="wm_limit_of_code_is_total"
            ),
        )

    def __str__(self) -> str:
        return f"{self.maximum} {self.kind}"


class LimitCounter(models.Model):
    """How often a limit was used under one key: empty for all, a code's id, or a person's hashed identity.

    Changed only by one conditional UPDATE; never read, decided upon and written.
    """

    limit = models.ForeignKey(Limit, models.CASCADE, related_name="counters")
    key = models.CharField(max_length=80, blank=True)
    used = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("limit", "key"), name="wm_limit_counter_once"),)

    def __str__(self) -> str:
        return f"{self.limit_id} {self.key}: {self.used}"


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
