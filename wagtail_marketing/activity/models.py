"""What happened: one append-only log per contact, the timeline."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.models import Contact


class Activity(models.Model):
    """One fact about one contact. ``dedupe`` makes writing it twice harmless.

    ``type`` is dotted, room first: ``order.placed``, ``email.clicked``, ``consent.unsubscribed``.
    ``ref`` names the fact's own row (``order:123``, ``message:<uuid>``); ``campaign_ref`` the campaign.
    """

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="activities", db_index=False)
    type = models.CharField(_("what"), max_length=60)
    occurred_at = models.DateTimeField(_("when"))
    ref = models.CharField(max_length=190, blank=True, default="")
    campaign_ref = models.CharField(max_length=60, blank=True, default="")
    subject = models.CharField(_("subject"), max_length=255, blank=True, default="")
    url = models.CharField(max_length=500, blank=True, default="")
    machine = models.BooleanField(default=False, help_text=_("Done by a scanner or proxy: never counted."))
    data = models.JSONField(default=dict, blank=True)
    user_id = models.CharField(max_length=60, blank=True, default="", help_text=_("Staff member, for notes."))
    dedupe = models.CharField(max_length=190, unique=True)

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ("-occurred_at", "-id")
        default_permissions = ("view",)
        permissions = (
            ("add_note", _("Can write notes on contacts")),
            ("delete_note", _("Can change and delete notes of others")),
        )
        indexes = (
            models.Index(fields=("contact", "-occurred_at"), name="wm_activity_timeline"),
            models.Index(fields=("type", "occurred_at", "contact"), name="wm_activity_type"),
            models.Index(fields=("campaign_ref", "type", "contact"), name="wm_activity_campaign"),
        )

    def __str__(self) -> str:
        return self.type
