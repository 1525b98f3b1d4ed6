"""Forms of e-mails: mistakes in tokens are shown at the field, with their line, before anything is saved."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.blocks import StreamBlockValidationError

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core.identity import normalise_email
from wagtail_marketing.messaging import tokens
from wagtail_marketing.messaging.engine.language import check
from wagtail_marketing.messaging.engine.writer import Writer
from wagtail_marketing.messaging.errors import ContentError
from wagtail_marketing.messaging.models import MessageClass, Purpose
from wagtail_marketing.messaging.registry import email_blocks
from wagtail_marketing.messaging.services import starter_templates
from wagtail_marketing.messaging.services.confirmations import asks_to_confirm
from wagtail_marketing.messaging.services.trial import MOST_ADDRESSES


class EmailTemplateForm(WagtailAdminModelForm):
    """Checks tokens and who may write HTML."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("subject", "preheader"):
            try:
                check(cleaned.get(name) or "", is_known=tokens.is_known)
            except ContentError as error:
                self.add_error(name, _with_line(error))
        if cleaned.get("body") is not None:
            self._check_body(cleaned["body"])
        self._check_purpose(cleaned)
        return cleaned

    def _check_purpose(self, cleaned: dict[str, Any]) -> None:
        """Who has not agreed yet gets a question, and no marketing; without its link nobody could answer."""
        if cleaned.get("purpose") != Purpose.CONFIRMATION:
            return
        if cleaned.get("message_class") != MessageClass.TRANSACTIONAL:
            self.add_error("message_class", _("The question goes to people who have not agreed: transactional."))
        body = cleaned.get("body")
        if body is not None and not asks_to_confirm(body):
            self.add_error("body", _("It needs a button or link to {{ sign_up.confirm }}."))

    def _check_body(self, body: Any) -> None:
        errors: dict[int, Any] = {}
        for index, child in enumerate(body):
            kind = email_blocks.get(child.block_type)
            if kind is None:
                continue
            try:
                kind.mjml(child.value, Writer(tokens.is_known))
            except ContentError as error:
                errors[index] = forms.ValidationError(_with_line(error))
        if errors:
            self.add_error("body", StreamBlockValidationError(block_errors=errors))
        elif not self._may_write_html() and _html_of(body) - _html_of(self._stored_body()):
            self.add_error("body", _("You may not write or change HTML blocks. Ask somebody who may."))

    def _may_write_html(self) -> bool:
        user = self.for_user
        return user is None or user.has_perm("wagtail_marketing_messaging.use_html_block")

    def _stored_body(self) -> Any:
        if self.instance.pk is None:
            return ()
        stored = type(self.instance).objects.get(pk=self.instance.pk)
        return stored.get_latest_revision_as_object().body


def _html_of(body: Any) -> set[str]:
    """The HTML blocks of a body, those in columns too."""
    found: set[str] = set()
    for child in body:
        if child.block_type == "html":
            found.add(str(child.value))
        elif child.block_type == "columns":
            for column in child.value:
                found |= _html_of(column)
    return found


def _with_line(error: ContentError) -> str:
    if error.line is None or error.line == 1:
        return error.message
    return _("Line %(line)d: %(message)s") % {"line": error.line, "message": error.message}


class StarterForm(forms.Form):
    """Which starter, and how the new e-mail is called."""

    starter = forms.ChoiceField(label=gettext_lazy("Begin with"), widget=forms.RadioSelect)
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=255, help_text=gettext_lazy("Only you and your colleagues see it.")
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        entries = starter_templates()
        starter = self.fields["starter"]
        assert isinstance(starter, forms.ChoiceField)  # noqa: S101  for the type checker
        starter.choices = [(entry.key, f"{entry.label}: {entry.description}") for entry in entries]
        starter.initial = entries[0].key


class _AsContactForm(forms.Form):
    contact = forms.CharField(
        label=gettext_lazy("As contact"),
        required=False,
        help_text=gettext_lazy("E-mail address or customer key. Empty: a made-up person."),
    )

    def clean_contact(self) -> Contact | None:
        given = self.cleaned_data["contact"].strip()
        if not given:
            return None
        people = Contact.objects.filter(external_key=given)
        address = normalise_email(given)
        if address:
            people = Contact.objects.filter(email_normalised=address)
        found = people.order_by("pk").first()
        if found is None:
            raise forms.ValidationError(_("There is no such contact."))
        return found


class PreviewForm(_AsContactForm):
    """How, and with whose values."""

    MODES = (
        ("desktop", gettext_lazy("Desktop")),
        ("mobile", gettext_lazy("Mobile")),
        ("dark", gettext_lazy("Dark mode")),
        ("text", gettext_lazy("Plain text")),
    )
    mode = forms.ChoiceField(label=gettext_lazy("Show as"), choices=MODES, required=False)


class TestSendForm(_AsContactForm):
    """To whom a test goes, and with whose values."""

    __test__ = False  # not a test case of pytest

    addresses = forms.CharField(
        label=gettext_lazy("Send to"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Addresses of colleagues, one per line."),
    )
    field_order = ("addresses", "contact")

    def clean_addresses(self) -> list[str]:
        given = self.cleaned_data["addresses"].replace(",", "\n").replace(";", "\n").splitlines()
        addresses = list(dict.fromkeys(line.strip() for line in given if line.strip()))
        if not 1 <= len(addresses) <= MOST_ADDRESSES:
            raise forms.ValidationError(_("Give one to %(most)d addresses.") % {"most": MOST_ADDRESSES})
        return addresses
