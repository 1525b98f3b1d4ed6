"""What it earned: which campaign an order is credited to, derived from committed facts.

Every row here can be thrown away and computed again (``services.rebuild_attribution``).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

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
