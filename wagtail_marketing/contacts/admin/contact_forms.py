"""Adding and editing one contact: what the shop says of its customers is shown, not changed."""

import re
import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.widgets import AdminDateInput

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.services.fields import PERSON_FIELDS
from wagtail_marketing.contacts.services.people import shop_fields
from wagtail_marketing.core import clock
from wagtail_marketing.host import get_adapter
from wagtail_marketing.host.types import AttributeSpec

ATTRIBUTE = "attributes."
FROM_THE_SHOP = gettext_lazy("Comes from the shop: change it there.")


def _choices(known: list[tuple[str, Any]], current: str) -> list[tuple[str, Any]]:
    """``known`` with an empty one first, and the value that stands there even if nobody knows it."""
    found = [("", "–"), *known]
    return found if current in dict(found) else [*found, (current, current)]


def _attribute_field(spec: AttributeSpec, current: Any) -> forms.Field:
    options: dict[str, Any] = {"label": spec.label or spec.name, "required": False}
    if spec.choices:
        shown = "" if current is None else str(current)
        return forms.ChoiceField(choices=_choices(list(spec.choices), shown), **options)
    if spec.type == "number":
        return forms.DecimalField(max_digits=24, decimal_places=6, **options)
    if spec.type == "date":
        return forms.DateField(widget=AdminDateInput, **options)
    if spec.type == "boolean":
        return forms.NullBooleanField(**options)
    return forms.CharField(max_length=255, **options)


class ContactForm(forms.Form):
    """The fields of a person, the attributes that the shop declares, and tags for who may tag."""

    required_css_class = "required"

    email = forms.CharField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("With its country code, such as +49 30 123456."),
    )
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=150, required=False)
    birthday = forms.DateField(label=gettext_lazy("Birthday"), widget=AdminDateInput, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    country = forms.CharField(
        label=gettext_lazy("Country"), max_length=2, required=False, help_text=gettext_lazy("Two letters, such as DE.")
    )
    region = forms.CharField(label=gettext_lazy("Region"), max_length=100, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=100, required=False)
    tags = forms.CharField(
        label=gettext_lazy("Tags"), required=False, help_text=gettext_lazy("Parted by commas."), max_length=2000
    )

    def __init__(self, *args: Any, contact: Contact | None = None, may_tag: bool = False, **kwargs: Any):
        current = contact or Contact()
        initial = {name: getattr(current, name) for name in PERSON_FIELDS}
        initial |= {f"{ATTRIBUTE}{name}": value for name, value in current.attributes.items()}
        if may_tag and contact is not None:
            initial["tags"] = ", ".join(tag.name for tag in contact.tags.all())
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["language"].choices = _choices(list(settings.LANGUAGES), current.language)  # type: ignore[attr-defined]
        zones = [(name, name) for name in sorted(zoneinfo.available_timezones())]
        self.fields["time_zone"].choices = _choices(zones, current.time_zone)  # type: ignore[attr-defined]
        for spec in get_adapter().attributes():
            name = f"{ATTRIBUTE}{spec.name}"
            self.fields[name] = _attribute_field(spec, initial.get(name))
        self.order_fields([name for name in self.fields if name != "tags"])
        if not may_tag:
            del self.fields["tags"]
        for name in shop_fields(contact) & set(self.fields) if contact else ():
            # What is posted for a disabled field is not read.
            self.fields[name].disabled = True
            self.fields[name].help_text = FROM_THE_SHOP

    def clean_country(self) -> str:
        country = self.cleaned_data["country"].strip().upper()
        if country and not self.fields["country"].disabled and not re.fullmatch("[A-Z]{2}", country):
            raise forms.ValidationError(_("Write the country as two letters, such as DE."))
        return country

    def clean_birthday(self) -> Any:
        birthday = self.cleaned_data["birthday"]
        if birthday and birthday > clock.now().astimezone(clock.shop_zone()).date():
            raise forms.ValidationError(_("A birthday lies in the past."))
        return birthday

    def person(self) -> dict[str, Any]:
        """The fields that may be changed here, as the services take them."""
        return {name: self.cleaned_data[name] for name in PERSON_FIELDS if not self.fields[name].disabled}

    def attributes(self) -> dict[str, Any]:
        """The attributes that may be changed here; None takes one away."""
        found = {}
        for name, field in self.fields.items():
            if name.startswith(ATTRIBUTE) and not field.disabled:
                value = self.cleaned_data[name]
                if isinstance(field, forms.DecimalField) and value is not None:
                    value = int(value) if value == value.to_integral_value() else float(value)
                found[name.removeprefix(ATTRIBUTE)] = None if value == "" else value
        return found

    def wanted_tags(self) -> list[str] | None:
        """Names of tags; None where tags are not asked for."""
        if "tags" not in self.fields:
            return None
        return [name.strip() for name in self.cleaned_data["tags"].split(",") if name.strip()]
