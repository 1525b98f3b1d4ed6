"""Who: the people, what they agreed to, and the addresses that must not be written to."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from .imports import IMPORT_TRANSITIONS, ContactImport, ImportedContact, ImportFault, ImportState
from .lists import ContactList, ListMembership
from .sign_up import ConfirmationSent, ContactPreference, SignUp

__all__ = [
    "IMPORT_TRANSITIONS",
    "Channel",
    "ConfirmationSent",
    "ConsentChoice",
    "ConsentEvent",
    "ConsentEvidence",
    "ConsentState",
    "Contact",
    "ContactAlias",
    "ContactAttribute",
    "ContactImport",
    "ContactList",
    "ContactPreference",
    "FactRange",
    "ImportFault",
    "ImportState",
    "ImportedContact",
    "ListMembership",
    "SignUp",
    "Strength",
    "Suppression",
    "SuppressionReason",
    "Tag",
    "Topic",
    "TopicText",
]


#: Operator classes of PostgreSQL for text that is searched by its beginning, alone and before an id.
BEGINNING = ("varchar_pattern_ops",)
BEGINNING_ID = ("varchar_pattern_ops", "int8_ops")


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")


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


class FactRange(models.Model):
    """Facts that the log of activities has not read yet: ids ``first_id`` to ``last_id`` of ``source``.

    Written in the transaction of the facts themselves (one row for an order, one for a batch of a sync)
    and deleted in the transaction that reads them, so that a kill loses nothing and no gap in the ids
    is passed over.
    """

    source = models.CharField(max_length=20, help_text="order, refund, consent, order-gone, refund-gone")
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.source} {self.first_id}–{self.last_id}"


class ContactChange(models.Model):
    """One kind of fact about a contact changed: what reads it (the rules of segments) looks at the contact again.

    Written in the transaction of the fact itself and deleted in the one that has looked, so that a kill loses
    nothing. A queue and not a table of flags: writers never wait for each other nor for the reader.
    """

    # No key into the contacts: an id of somebody who is gone does no harm, and each order would pay for the check.
    contact_id = models.BigIntegerField(null=True, help_text="Empty: too many to name.")
    fact = models.CharField(max_length=20, help_text="As in Condition.reads: orders, tags, consent ...; * is all.")
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.fact} of {self.contact_id or 'many'}"


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
