"""Who: the contacts, the words that staff put on them, and what the shop says of them."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

#: Operator classes of PostgreSQL for text that is searched by its beginning, alone and before an id.
BEGINNING = ("varchar_pattern_ops",)
BEGINNING_ID = ("varchar_pattern_ops", "int8_ops")


class Tag(models.Model):
    """A word that staff put on contacts."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(_("slug"), max_length=80, unique=True, allow_unicode=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person whom the shop can know. Several may share an e-mail address; the lowest id gets the mail.

    Text that segments compare stands a second time casefolded, because databases fold case differently.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    external_key = models.CharField(
        _("customer key"),
        max_length=190,
        unique=True,
        null=True,
        blank=True,
        help_text=_("The shop's own key of this customer; empty for a guest."),
    )
    email = models.CharField(_("e-mail"), max_length=254, blank=True, default="")
    email_normalised = models.CharField(max_length=254, blank=True, default="", editable=False)
    email_domain = models.CharField(max_length=254, blank=True, default="", editable=False)
    email_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="")
    phone_e164 = models.CharField(max_length=20, blank=True, default="", editable=False)
    phone_reversed = models.CharField(
        max_length=40,
        blank=True,
        default="",
        editable=False,
        help_text="The digits from the last to the first: a number is found by its end, however it begins.",
    )
    phone_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    phone_country = models.CharField(max_length=2, blank=True, default="", editable=False)
    first_name = models.CharField(_("first name"), max_length=150, blank=True, default="")
    last_name = models.CharField(_("last name"), max_length=150, blank=True, default="")
    first_name_folded = models.CharField(max_length=200, blank=True, default="", editable=False)
    last_name_folded = models.CharField(max_length=200, blank=True, default="", editable=False)
    language = models.CharField(_("language"), max_length=20, blank=True, default="")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    country = models.CharField(_("country"), max_length=2, blank=True, default="")
    region = models.CharField(_("region"), max_length=100, blank=True, default="")
    region_folded = models.CharField(max_length=120, blank=True, default="", editable=False)
    city = models.CharField(_("city"), max_length=100, blank=True, default="")
    city_folded = models.CharField(max_length=120, blank=True, default="", editable=False)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    attributes = models.JSONField(
        _("attributes"), default=dict, blank=True, help_text=_("What the shop's adapter declares, as it came.")
    )
    source = models.CharField(
        _("source"), max_length=40, blank=True, default="", help_text=_("sync, import, api, sign-up")
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="contacts", verbose_name=_("tags"))
    created_at = models.DateTimeField(_("created"), help_text=_("When the shop first knew this person."))
    updated_at = models.DateTimeField(_("updated"))
    host_deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("-id",)
        indexes = (
            # What is searched by its beginning: on PostgreSQL only this operator class answers LIKE 'x%'
            # (and equality) whatever the collation of the database.
            models.Index(fields=("email_normalised", "id"), opclasses=BEGINNING_ID, name="wm_contact_email_start"),
            models.Index(fields=("email_domain", "id"), opclasses=BEGINNING_ID, name="wm_contact_domain_start"),
            models.Index(fields=("phone_e164",), opclasses=BEGINNING, name="wm_contact_phone_start"),
            models.Index(fields=("phone_reversed",), opclasses=BEGINNING, name="wm_contact_phone_end"),
            models.Index(fields=("last_name_folded",), opclasses=BEGINNING, name="wm_contact_last_start"),
            models.Index(fields=("first_name_folded",), opclasses=BEGINNING, name="wm_contact_first_start"),
            models.Index(fields=("email_hash",), name="wm_contact_email_hash"),
            models.Index(fields=("phone_hash",), name="wm_contact_phone_hash"),
            # What the list is sorted by: the id makes the order whole, so that a page begins where one ended.
            models.Index(fields=("last_name_folded", "first_name_folded", "id"), name="wm_contact_by_name"),
            models.Index(fields=("created_at", "id"), name="wm_contact_by_created"),
            models.Index(fields=("country", "region_folded"), name="wm_contact_place"),
            models.Index(fields=("source", "id"), name="wm_contact_source"),
            models.Index(fields=("id",), condition=Q(host_deleted_at__isnull=False), name="wm_contact_gone"),
        )
        permissions = (
            ("view_personal_data", _("Can see names and addresses of contacts")),
            ("export_contact", _("Can export contacts")),
            ("suppress_contact", _("Can put addresses on the suppression list")),
            ("merge_contact", _("Can merge two contacts into one")),
            ("erase_contact", _("Can erase a person for good")),
        )

    def __str__(self) -> str:
        return self.name or self.email or self.phone or str(self.uuid)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class ContactAttribute(models.Model):
    """One attribute of one contact in the column of its type, so that a segment compares by index.

    ``folded`` holds text (casefolded) and booleans (``true``/``false``).
    """

    # The unique constraint leads with it: one index less to write.
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="attribute_values", db_index=False)
    name = models.CharField(max_length=80)
    folded = models.CharField(max_length=255, blank=True, default="")
    number = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    date = models.DateField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("contact", "name"), name="wm_attribute_once"),)
        indexes = (
            models.Index(fields=("name", "folded", "contact"), name="wm_attribute_text"),
            models.Index(fields=("name", "number", "contact"), name="wm_attribute_number"),
            models.Index(fields=("name", "date", "contact"), name="wm_attribute_date"),
        )

    def __str__(self) -> str:
        return self.name
