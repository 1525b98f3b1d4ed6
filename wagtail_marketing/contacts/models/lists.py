"""Static lists: contacts that somebody put together by hand, by file or by a filter."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ContactList(models.Model):
    """A named set of contacts that changes only when somebody changes it.

    ``size`` is kept by the services in the transaction of the change, so that a page of lists counts
    nothing; whoever writes ``ListMembership`` otherwise calls ``services.lists.recount``.
    """

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(
        _("description"), max_length=255, blank=True, default="", help_text=_("What it is for, for colleagues.")
    )
    site = models.ForeignKey(
        "wagtailcore.Site",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("site"),
        help_text=_("Leave empty for all sites."),
    )
    size = models.PositiveIntegerField(_("members"), default=0, editable=False)
    created_at = models.DateTimeField(_("created"))
    changed_at = models.DateTimeField(_("members changed"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(Lower("name"), "site", name="wm_list_name_once"),
            models.UniqueConstraint(Lower("name"), condition=Q(site__isnull=True), name="wm_list_name_once_global"),
        )

    def __str__(self) -> str:
        return self.name

    def validate_constraints(self, exclude: Any = None) -> None:
        """A name that is taken is said at the name, and not by the name of a constraint."""
        try:
            super().validate_constraints(exclude=exclude)
        except ValidationError as error:
            taken = gettext("There is a list “%(name)s” already. Choose another name.") % {"name": self.name}
            raise ValidationError({"name": taken}) from error


class ListMembership(models.Model):
    """One contact on one list."""

    # The unique constraint leads with it: one index less to write.
    contact_list = models.ForeignKey(ContactList, models.CASCADE, related_name="memberships", db_index=False)
    contact = models.ForeignKey("wagtail_marketing_contacts.Contact", models.CASCADE, related_name="list_memberships")
    added_at = models.DateTimeField(_("added"))
    source = models.CharField(
        _("source"), max_length=40, blank=True, default="", help_text="staff, paste, file, filter, segment, import, api"
    )

    class Meta:
        verbose_name = _("member of a list")
        verbose_name_plural = _("members of a list")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("contact_list", "contact"), name="wm_list_member_once"),)
        # Newest first, a page at a time by key.
        indexes = (models.Index(fields=("contact_list", "id"), name="wm_list_member_newest"),)

    def __str__(self) -> str:
        return f"{self.contact_id} on {self.contact_list_id}"
