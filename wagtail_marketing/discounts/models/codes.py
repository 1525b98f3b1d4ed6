"""Codes, and how often they may be used."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.models import Contact

from .discount import Discount


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
