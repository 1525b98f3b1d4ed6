"""What it earned, and what people are worth: credits of orders and scores of contacts, derived from facts.

Every row here can be thrown away and computed again (``services.rebuild_attribution``).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.models import Contact

from .engine.rfm import CELLS

#: The attribution model that everything shows: the last click, or the code, before the order.
LAST_TOUCH = "last_touch"


class Via(models.TextChoices):
    CODE = "code", _("used the campaign's code")
    CLICK = "click", _("clicked before ordering")


class Attribution(models.Model):
    """One order's credit under one model (``last_touch``): each order is credited at most once per model.

    ``amount_base`` is the order's total less refunds, in minor units of the base currency. ``campaign_ref``
    is the source of the send (``campaign:12``). ``message`` is the clicked message, where there is one.
    """

    order = models.ForeignKey("wagtail_marketing_commerce.Order", models.CASCADE, related_name="attributions")
    model = models.CharField(max_length=20, default=LAST_TOUCH)
    campaign_ref = models.CharField(max_length=60)
    message = models.ForeignKey(
        "wagtail_marketing_messaging.Message", models.SET_NULL, null=True, related_name="attributions"
    )
    via = models.CharField(max_length=5, choices=Via.choices)
    touched_at = models.DateTimeField()
    amount_base = models.BigIntegerField()
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("credited order")
        verbose_name_plural = _("credited orders")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("order", "model"), name="wm_attribution_once"),)
        indexes = (models.Index(fields=("campaign_ref", "model", "order"), name="wm_attribution_campaign"),)

    def __str__(self) -> str:
        return f"{self.campaign_ref}: {self.amount_base}"


class AttributionCursor(models.Model):
    """Up to when the facts of one kind are accounted for."""

    source = models.CharField(max_length=40, unique=True)
    seen_until = models.DateTimeField(null=True)
    dirty = models.BooleanField(default=False, help_text="Compute everything again.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.source}: {self.seen_until}"


class RfmScore(models.Model):
    """How lately, how often and for how much a contact bought, each from 1 to 5 (``engine.rfm``).

    Who never ordered, and whom the shop deleted, has no row. ``computed_at`` is when the row last changed.
    """

    contact = models.OneToOneField(Contact, models.CASCADE, primary_key=True, related_name="rfm")
    recency = models.PositiveSmallIntegerField(_("recency"))
    frequency = models.PositiveSmallIntegerField(_("frequency"))
    monetary = models.PositiveSmallIntegerField(_("money"))
    value = models.PositiveSmallIntegerField(_("value"), help_text="Mean of frequency and money, a half rounded up.")
    cell = models.CharField(_("group"), max_length=20, choices=[(key, name) for key, (name, _text) in CELLS.items()])
    computed_at = models.DateTimeField(_("computed"))

    class Meta:
        verbose_name = _("RFM score")
        verbose_name_plural = _("RFM scores")
        default_permissions = ("view",)
        permissions = (("compute_rfmscore", _("Can compute scores now")),)
        indexes = (
            models.Index(fields=("cell", "contact"), name="wm_rfm_cell"),
            models.Index(fields=("recency", "value", "contact"), name="wm_rfm_square"),
        )

    def __str__(self) -> str:
        return f"{self.recency}{self.frequency}{self.monetary}"


class EngagementScore(models.Model):
    """How lively a contact is, 1 to 100 (``engine.rfm.engagement_of``); no row is 0."""

    contact = models.OneToOneField(Contact, models.CASCADE, primary_key=True, related_name="engagement")
    score = models.PositiveSmallIntegerField(_("engagement"))
    computed_at = models.DateTimeField(_("computed"))

    class Meta:
        verbose_name = _("engagement score")
        verbose_name_plural = _("engagement scores")
        default_permissions = ()
        indexes = (models.Index(fields=("score", "contact"), name="wm_engagement_score"),)

    def __str__(self) -> str:
        return str(self.score)
