"""Signing up, and how a person wants to be written to."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SignUp(models.Model):
    """What somebody asked for by a form or the API: worked on by the worker, confirmed by a link.

    The asking alone gives no consent. Rows go when their link has run out; what was confirmed stands in the
    ledger by then. Personal; erasure deletes it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254, help_text="Normalised.")
    address_hash = models.CharField(max_length=64)
    contact = models.ForeignKey(
        "wagtail_marketing_contacts.Contact", models.CASCADE, null=True, related_name="sign_ups"
    )
    first_name = models.CharField(max_length=150, blank=True, default="")
    last_name = models.CharField(max_length=150, blank=True, default="")
    language = models.CharField(max_length=20, blank=True, default="")
    site = models.ForeignKey("wagtailcore.Site", models.SET_NULL, null=True, related_name="+")
    topics = models.JSONField(default=list, help_text="Ids of the topics that were chosen.")
    offered = models.JSONField(default=list, help_text="Ids of the topics that could be chosen.")
    text = models.TextField(help_text="The exact words that the person saw.")
    text_version = models.CharField(max_length=40, blank=True, default="")
    source = models.CharField(max_length=40, help_text="form, api, preferences")
    origin = models.CharField(max_length=255, blank=True, default="", help_text="Address of the page of the form.")
    ip = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, help_text="When the worker made or found the contact.")
    ask = models.BooleanField(default=False, help_text="A link has to be confirmed.")
    available_at = models.DateTimeField(null=True, help_text="Not before this: asking waits.")
    asked_at = models.DateTimeField(null=True, help_text="When the question was handed over, or one was on its way.")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sign-up")
        verbose_name_plural = _("sign-ups")
        default_permissions = ()
        indexes = (
            models.Index(fields=("id",), condition=Q(taken_at__isnull=True), name="wm_sign_up_new"),
            models.Index(fields=("id",), condition=Q(ask=True, asked_at__isnull=True), name="wm_sign_up_ask"),
            models.Index(fields=("channel", "address_hash", "created_at"), name="wm_sign_up_address"),
            models.Index(fields=("created_at",), name="wm_sign_up_created"),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.uuid}"


class ConfirmationSent(models.Model):
    """The last question sent to an address: at most one a day, whoever asks for it and however often."""

    channel = models.CharField(max_length=10)
    address_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("channel", "address_hash"), name="wm_confirmation_once"),)

    def __str__(self) -> str:
        return f"{self.channel} {self.sent_at:%Y-%m-%d}"


class ContactPreference(models.Model):
    """How a person wants to be written to; what they agreed to stands in the ledger."""

    contact = models.OneToOneField(
        "wagtail_marketing_contacts.Contact", models.CASCADE, primary_key=True, related_name="preference"
    )
    paused_until = models.DateTimeField(_("paused until"), null=True)
    contact_from = models.TimeField(_("not before"), null=True, help_text="By the person's own clock.")
    contact_until = models.TimeField(_("not after"), null=True, help_text="Before ``contact_from``: over midnight.")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    language = models.CharField(_("language"), max_length=20, blank=True, default="")
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("preferences of a contact")
        verbose_name_plural = _("preferences of contacts")
        default_permissions = ()
        indexes = (
            models.Index(fields=("paused_until",), condition=Q(paused_until__isnull=False), name="wm_preference_pause"),
        )

    def __str__(self) -> str:
        return f"#{self.contact_id}"
