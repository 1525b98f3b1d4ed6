"""A campaign: audience, messages, discounts, schedule and cost under one name.

What the editor types stands on ``Campaign``; how far it came stands on ``CampaignState``, which no form
and no revision ever writes: only the named transitions of ``services`` do.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")
    COMPLETED = "completed", _("completed")
    CANCELLED = "cancelled", _("cancelled")


#: transition -> (states it may start from, state it ends in). The only ways a status changes.
TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    "schedule": (frozenset({Status.DRAFT}), Status.SCHEDULED),
    "launch": (frozenset({Status.DRAFT}), Status.ACTIVE),
    "start": (frozenset({Status.SCHEDULED}), Status.ACTIVE),
    "pause": (frozenset({Status.SCHEDULED, Status.ACTIVE}), Status.PAUSED),
    "resume": (frozenset({Status.PAUSED}), Status.ACTIVE),
    "resume_scheduled": (frozenset({Status.PAUSED}), Status.SCHEDULED),
    "cancel": (frozenset({Status.DRAFT, Status.SCHEDULED, Status.ACTIVE, Status.PAUSED}), Status.CANCELLED),
    "complete": (frozenset({Status.ACTIVE}), Status.COMPLETED),
    # What happens to the sends happens to the campaign: they stopped themselves, went on, or were ended.
    "stop": (frozenset({Status.ACTIVE}), Status.PAUSED),
    "go_on": (frozenset({Status.PAUSED}), Status.ACTIVE),
    "end": (frozenset({Status.SCHEDULED, Status.ACTIVE, Status.PAUSED}), Status.CANCELLED),
}

#: Content and audience may change only here: afterwards people have received them.
EDITABLE = frozenset({Status.DRAFT})


class Goal(models.TextChoices):
    SALES = "sales", _("sell more")
    NEW_PRODUCT = "new_product", _("introduce a product")
    WIN_BACK = "win_back", _("win customers back")
    LOYALTY = "loyalty", _("thank and keep customers")
    EVENT = "event", _("invite to an event")
    NEWS = "news", _("tell news")


class CampaignQuerySet(models.QuerySet):
    def with_state(self) -> "CampaignQuerySet":
        """Join the state, so that a list shows it without a query per row."""
        return self.select_related("state")


class Campaign(models.Model):
    """What the editor decides. Amounts are minor units of the shop's base currency."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=150, help_text=_("Only staff see it."))
    goal = models.CharField(_("goal"), max_length=20, choices=Goal.choices, blank=True, default="")
    notes = models.TextField(_("notes"), blank=True, default="", help_text=_("Only staff see them."))
    site = models.ForeignKey(
        "wagtailcore.Site",
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("site"),
        related_name="+",
        help_text=_("Whose sender, postal address and look the messages carry; empty: the default site."),
    )
    utm_source = models.CharField(_("UTM source"), max_length=100, blank=True, default="shop")
    utm_medium = models.CharField(_("UTM medium"), max_length=100, blank=True, default="email")
    utm_campaign = models.CharField(
        _("UTM campaign"),
        max_length=150,
        blank=True,
        default="",
        help_text=_("How web analytics will call this campaign; made from the name when empty."),
    )
    budget_minor = models.BigIntegerField(_("budget"), null=True, blank=True)
    starts_on = models.DateField(_("starts"), null=True, blank=True)
    ends_on = models.DateField(
        _("ends"),
        null=True,
        blank=True,
        help_text=_("The campaign is complete after this day; empty: once all is sent."),
    )
    segments = models.ManyToManyField(
        "wagtail_marketing_segments.Segment", through="CampaignSegment", related_name="campaigns", blank=True
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), editable=False)
    updated_at = models.DateTimeField(_("updated"), editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ("-updated_at", "-id")
        constraints = (
            models.CheckConstraint(condition=Q(budget_minor__gte=0), name="wm_campaign_budget"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="wm_campaign_dates"),
        )
        permissions = (
            ("send_campaign", _("Can launch, pause, resume and cancel campaigns")),
            ("test_campaign", _("Can send tests of campaigns and submit them for approval")),
            ("view_report", _("Can see the dashboard and the reports of campaigns")),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> str:
        """How other rooms name this campaign: ``campaign:12``."""
        return f"campaign:{self.pk}"

    @property
    def status(self) -> str:
        return self.state.status

    @property
    def editable(self) -> bool:
        return self.status in EDITABLE


class CampaignState(models.Model):
    """How far a campaign came. Written by named transitions only."""

    campaign = models.OneToOneField(Campaign, models.CASCADE, primary_key=True, related_name="state")
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.DRAFT)
    submitted_at = models.DateTimeField(_("submitted for approval"), null=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    scheduled_at = models.DateTimeField(_("scheduled for"), null=True)
    launched_at = models.DateTimeField(_("launched"), null=True)
    launched_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    paused_at = models.DateTimeField(_("paused"), null=True)
    pause_reason = models.CharField(_("why paused"), max_length=255, blank=True, default="")
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        default_permissions = ()
        indexes = (
            models.Index(fields=("status", "scheduled_at"), name="wm_campaign_status"),
            models.Index(fields=("launched_at",), name="wm_campaign_launched"),
        )

    def __str__(self) -> str:
        return self.status


class Role(models.TextChoices):
    INCLUDE = "include", _("include")
    EXCLUDE = "exclude", _("exclude")


class CampaignSegment(models.Model):
    """A segment that is in the audience, or left out of it. Left out wins."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="segment_links")
    segment = models.ForeignKey("wagtail_marketing_segments.Segment", models.PROTECT, related_name="campaign_links")
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.INCLUDE)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("campaign", "segment"), name="wm_campaign_segment_once"),)

    def __str__(self) -> str:
        return f"{self.role} {self.segment_id}"


class CampaignMessage(models.Model):
    """One e-mail of the campaign, and the send that carries it once launched."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="messages")
    position = models.PositiveSmallIntegerField(default=0)
    channel = models.CharField(max_length=10, default="email")
    template = models.ForeignKey(
        "wagtail_marketing_messaging.EmailTemplate", models.PROTECT, related_name="campaign_messages"
    )
    send = models.OneToOneField(
        "wagtail_marketing_messaging.Send", models.PROTECT, null=True, related_name="campaign_message"
    )

    class Meta:
        default_permissions = ()
        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=("campaign", "position"), name="wm_campaign_message_once"),)

    def __str__(self) -> str:
        return f"{self.channel} {self.template_id}"


class CampaignDiscount(models.Model):
    """A discount that the campaign carries, or one code of it.

    By id: a site may run campaigns without the discounts app. With ``code_id`` only orders with that code
    count for this campaign, so that two campaigns may share a discount under different codes.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="discount_links")
    discount_id = models.BigIntegerField()
    code_id = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("campaign", "discount_id"), condition=Q(code_id__isnull=True), name="wm_campaign_discount_once"
            ),
            models.UniqueConstraint(fields=("campaign", "discount_id", "code_id"), name="wm_campaign_code_once"),
        )
        indexes = (models.Index(fields=("discount_id", "code_id"), name="wm_campaign_discount_find"),)

    def __str__(self) -> str:
        return f"{self.discount_id}/{self.code_id or '*'}"


class CostKind(models.TextChoices):
    CONTENT = "content", _("texts and pictures")
    SENDING = "sending", _("sending")
    MEDIA = "media", _("advertising")
    PRINT = "print", _("print and post")
    AGENCY = "agency", _("agency and work")
    OTHER = "other", _("other")


class CampaignCost(models.Model):
    """Money that the campaign cost, in minor units of the shop's base currency."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="costs")
    kind = models.CharField(_("kind"), max_length=10, choices=CostKind.choices, default=CostKind.OTHER)
    note = models.CharField(_("note"), max_length=150, blank=True, default="")
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(max_length=3)
    incurred_on = models.DateField(_("when"))

    class Meta:
        default_permissions = ()
        ordering = ("incurred_on", "id")
        constraints = (models.CheckConstraint(condition=Q(amount_minor__gte=0), name="wm_campaign_cost_amount"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor}"
