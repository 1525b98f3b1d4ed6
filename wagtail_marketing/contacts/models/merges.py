"""Two contacts that became one: who is who now, and what it takes to part them again."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .consent import Channel
from .people import Contact


class ContactAlias(models.Model):
    """A merged contact's uuid: the ledger keeps it, and this row says who it is now.

    It also knows by what the shop may still name the person: a late order finds the survivor by it.
    """

    uuid = models.UUIDField(unique=True)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="aliases")
    external_key = models.CharField(max_length=190, null=True, blank=True, unique=True)
    email_hash = models.CharField(max_length=64, blank=True, default="", db_index=True)
    phone_hash = models.CharField(max_length=64, blank=True, default="", db_index=True)
    merged_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.uuid)


class LeftAddress(models.Model):
    """An address that somebody left a channel with, and that no contact stands for since a merge.

    Weak evidence never brings it back, whoever turns up with it next; the person's own yes does.
    """

    channel = models.CharField(max_length=10, choices=Channel.choices)
    address_hash = models.CharField(max_length=64)
    left_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("channel", "address_hash"), name="wm_left_address_once"),
            models.CheckConstraint(condition=~Q(address_hash=""), name="wm_left_address_hash"),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.left_at:%Y-%m-%d}"


class ContactMerge(models.Model):
    """Who joined which two contacts, when, what moved, and what it takes to part them again.

    ``undo`` holds the lost contact's data; erasing the survivor empties it.
    """

    keep = models.ForeignKey(Contact, models.CASCADE, related_name="merges")
    gone_id = models.BigIntegerField()
    gone_uuid = models.UUIDField(db_index=True)
    merged_at = models.DateTimeField(_("merged"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    moved = models.JSONField(default=dict, help_text="Table: how many rows changed their owner.")
    undo = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ("-id",)
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.gone_id} into {self.keep_id}"
