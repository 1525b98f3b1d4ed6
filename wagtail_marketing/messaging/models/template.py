"""What an editor writes."""

from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import (
    DraftStateMixin,
    Locale,
    LockableMixin,
    PreviewableMixin,
    RevisionMixin,
    TranslatableMixin,
    WorkflowMixin,
)
from wagtail.search import index

from wagtail_marketing.contacts.models import Topic
from wagtail_marketing.messaging.fields import EmailStreamField


class MessageClass(models.TextChoices):
    """Decides what the law and the protocol ask for: consent and at most once, or neither and at least once."""

    MARKETING = "marketing", _("Marketing: needs consent, is sent at most once, carries an unsubscribe link")
    TRANSACTIONAL = "transactional", _("Transactional: about an order or an account, may be sent again after a fault")


class Purpose(models.TextChoices):
    """What the package itself sends; the newest live e-mail of a site and language with it is taken."""

    CONFIRMATION = "confirmation", _("Asks to confirm a sign-up")


class EmailTemplate(
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    TranslatableMixin,
    index.Indexed,
    models.Model,
):
    """An e-mail with tokens. Publishing says "the content is approved" and never sends anything."""

    name = models.CharField(_("name"), max_length=255, help_text=_("Only you and your colleagues see it."))
    subject = models.CharField(
        _("subject"), max_length=255, help_text=_("Tokens such as {{ contact.first_name }} may stand here.")
    )
    preheader = models.CharField(
        _("preview text"),
        max_length=255,
        blank=True,
        default="",
        help_text=_("Shown after the subject in the inbox; leave it empty and the first words of the e-mail are."),
    )
    body = EmailStreamField(blank=True, verbose_name=_("content"))
    message_class = models.CharField(
        _("kind"), max_length=15, choices=MessageClass.choices, default=MessageClass.MARKETING
    )
    purpose = models.CharField(
        _("sent by itself"),
        max_length=20,
        blank=True,
        default="",
        choices=Purpose.choices,
        help_text=_("Empty: it is sent by a campaign."),
    )
    topic = models.ForeignKey(
        Topic,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("topic"),
        help_text=_("People who left this topic do not get it. Empty: all who agreed to e-mail."),
    )
    site = models.ForeignKey(
        "wagtailcore.Site",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("site"),
        help_text=_("Whose name, logo and postal address it carries. Empty: the default site's."),
    )
    updated_at = models.DateTimeField(_("last change"), auto_now=True)

    _revisions = GenericRelation("wagtailcore.Revision", related_query_name="wm_email_template")
    workflow_states = GenericRelation(
        "wagtailcore.WorkflowState",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="wm_email_template",
        for_concrete_model=False,
    )

    search_fields = [
        index.SearchField("name"),
        index.SearchField("subject"),
        index.AutocompleteField("name"),
        index.FilterField("message_class"),
        index.FilterField("locale_id"),
    ]

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        ordering = ("-updated_at", "-id")
        permissions = (
            ("use_html_block", _("Can write HTML in e-mails")),
            ("test_emailtemplate", _("Can send test e-mails")),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs):
        if self.locale_id is None:
            self.locale = Locale.get_default()
        super().save(*args, **kwargs)

    @property
    def revisions(self):
        return self._revisions

    @property
    def preview_modes(self):
        return [
            ("desktop", _("Desktop")),
            ("mobile", _("Mobile")),
            ("dark", _("Dark mode")),
            ("text", _("Plain text")),
        ]

    def serve_preview(self, request, mode_name):
        # Wagtail asks the model for the page; the page itself is the edge's.
        from wagtail_marketing.messaging.previews import preview_response

        return preview_response(self, mode_name)
