"""What each bulk action asks for. A form's cleaned data are the options that the action checks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.contacts.models import ContactList, SuppressionReason, Tag
from wagtail_marketing.contacts.registry import channels


class BulkForm(forms.Form):
    """Base of the forms: ``options`` are what ``BulkAction.check`` is given."""

    required_css_class = "required"

    def options(self) -> dict[str, Any]:
        return {name: getattr(value, "pk", value) for name, value in self.cleaned_data.items()}


class _WithSuggestions(forms.TextInput):
    """A field for text with the known ones offered."""

    template_name = "wagtail_marketing_contacts/widgets/suggest.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = "wm-suggestions"
        context["suggestions"] = Tag.objects.values_list("name", flat=True)[:500]
        return context


class TagForm(BulkForm):
    name = forms.CharField(
        label=_("Tag"),
        max_length=80,
        widget=_WithSuggestions(attrs={"autocomplete": "off"}),
        help_text=_("One word, or a few."),
    )


class UntagForm(BulkForm):
    tag = forms.ModelChoiceField(Tag.objects.all(), label=_("Tag"))


class ListForm(BulkForm):
    list = forms.ModelChoiceField(ContactList.objects.all(), label=_("List"))


class ExportForm(BulkForm):
    format = forms.ChoiceField(
        label=_("Kind of file"),
        choices=(("csv", _("CSV: any number of people")), ("xlsx", _("XLSX: up to 100,000 people"))),
        widget=forms.RadioSelect,
        initial="csv",
    )


class SuppressForm(BulkForm):
    channels = forms.MultipleChoiceField(
        label=_("Channels"),
        choices=lambda: [(channel.channel, channel.label) for channel in channels],
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[choice for choice in SuppressionReason.choices if choice[0] != SuppressionReason.ERASED],
        initial=SuppressionReason.MANUAL,
    )
    understood = forms.BooleanField(label=_("I know that no import, sync or sign-up brings these addresses back."))

    def options(self) -> dict[str, Any]:
        return {name: value for name, value in super().options().items() if name != "understood"}
