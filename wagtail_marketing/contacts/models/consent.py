"""What people agreed to, as a ledger and its fold, and the addresses that must not be written to."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from .people import Contact


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")


class Topic(ClusterableModel):
    """What a person can agree to hear about, such as "weekly specials"; ``texts`` says it in other languages."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=120)
    description = models.CharField(
        _("description"), max_length=255, blank=True, default="", help_text=_("What they get, and how often.")
    )
    site = models.ForeignKey(
        "wagtailcore.Site",
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("site"),
        help_text=_("Empty: all sites."),
    )
    is_active = models.BooleanField(
        _("in use"), default=True, help_text=_("Off: nobody can sign up for it any more; what was agreed stays.")
    )
    is_public = models.BooleanField(
        _("shown to people"), default=True, help_text=_("Stands in the preferences and may stand in sign-up forms.")
    )
    double_opt_in = models.BooleanField(
        _("confirm by message"),
        default=True,
        help_text=_("Who signs up is asked to confirm by a link. Off: the form alone counts, as weak evidence."),
    )

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("site", "slug"), name="wm_topic_once"),
            models.UniqueConstraint(fields=("slug",), condition=Q(site__isnull=True), name="wm_topic_once_global"),
        )

    def __str__(self) -> str:
        return self.name

    def words(self) -> tuple[str, str]:
        """Name and description in the active language, else as they stand here. Prefetch ``texts`` in lists."""
        language = get_language() or ""
        found = {text.language: text for text in self.texts.all()}
        text = found.get(language) or found.get(language.partition("-")[0])
        return (text.name, text.description or self.description) if text else (self.name, self.description)


class TopicText(models.Model):
    """A topic in another language."""

    topic = ParentalKey(Topic, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=20)
    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=255, blank=True, default="")

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("topic", "language"), name="wm_topic_text_once"),)

    def __str__(self) -> str:
        return f"{self.language}: {self.name}"


class ConsentChoice(models.TextChoices):
    PENDING = "pending", _("waiting for confirmation")
    SUBSCRIBED = "subscribed", _("subscribed")
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")


class Strength(models.IntegerChoices):
    """A person's own act is strong; what a shop, an import or an API says of them is weak."""

    WEAK = 1, _("reported")
    STRONG = 2, _("the person's own act")


class ConsentEvent(models.Model):
    """The ledger: append-only (triggers refuse UPDATE and DELETE), no personal data."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    contact_uuid = models.UUIDField(db_index=True)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True, db_constraint=False)
    address_hash = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=12, choices=ConsentChoice.choices)
    strength = models.PositiveSmallIntegerField(choices=Strength.choices)
    source = models.CharField(max_length=40, help_text="shop, import, api, form, one-click, keyword, staff")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("consent event")
        verbose_name_plural = _("consent events")
        ordering = ("id",)
        default_permissions = ("view",)
        indexes = (models.Index(fields=("contact_uuid", "channel", "id"), name="wm_consent_of"),)

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"


class ConsentEvidence(models.Model):
    """How the ledger's entry came about: personal, hence beside the ledger, and deleted by erasure."""

    event = models.OneToOneField(ConsentEvent, models.CASCADE, related_name="evidence")
    text = models.TextField(blank=True, default="", help_text="The exact words that the person saw.")
    text_version = models.CharField(max_length=40, blank=True, default="")
    address = models.CharField(max_length=254, blank=True, default="")
    ip = models.GenericIPAddressField(null=True, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"#{self.event_id}"


class ConsentState(models.Model):
    """The ledger folded: where one contact stands on one channel (``topic`` null) or topic, now."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="consent_states", db_index=False)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    topic = models.ForeignKey(Topic, models.CASCADE, null=True, blank=True)
    address_hash = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=12, choices=ConsentChoice.choices)
    strength = models.PositiveSmallIntegerField(choices=Strength.choices)
    source = models.CharField(max_length=40, blank=True, default="", help_text="As in the ledger's last entry.")
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("contact", "channel", "topic"), name="wm_consent_state_once"),
            models.UniqueConstraint(
                fields=("contact", "channel"), condition=Q(topic__isnull=True), name="wm_consent_state_channel"
            ),
        )
        indexes = (
            models.Index(fields=("channel", "topic", "state", "contact"), name="wm_consent_state_find"),
            models.Index(fields=("address_hash", "channel"), name="wm_consent_state_address"),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"


class SuppressionReason(models.TextChoices):
    BOUNCE = "bounce", _("the address does not exist")
    COMPLAINT = "complaint", _("reported as spam")
    MANUAL = "manual", _("put on the list by staff")
    ERASED = "erased", _("the person was erased")


class Suppression(models.Model):
    """An address that must not be written to, by hash: it outlives the contact and its erasure."""

    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    address_hash = models.CharField(max_length=64)
    reason = models.CharField(_("reason"), max_length=12, choices=SuppressionReason.choices)
    created_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        constraints = (
            models.UniqueConstraint(fields=("channel", "address_hash"), name="wm_suppression_once"),
            models.CheckConstraint(condition=~Q(address_hash=""), name="wm_suppression_hash"),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.reason}"
