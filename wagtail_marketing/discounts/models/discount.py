"""The rules: as staff edit them, and as they price carts."""

import uuid
from datetime import datetime
from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


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
