"""Forms of the public pages."""

from collections.abc import Sequence
from datetime import time
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from django import forms
from django.conf import settings as django_settings
from django.utils.formats import date_format
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.models import ContactPreference, Topic
from wagtail_marketing.contacts.selectors import ChannelStanding
from wagtail_marketing.contacts.services.sign_up import normalised_address
from wagtail_marketing.core.errors import InvalidInput

from .offers import Offer

#: channel -> field of its address
FIELDS = {"email": "email", "sms": "phone"}
#: A field that people do not see and programs fill in.
TRAP = "website"


def pointed_at_errors(form: forms.Form) -> Any:
    """The form, each wrong field tied to the words that say what is wrong (see ``field.html``)."""
    for name in form.errors if form.is_bound else ():
        if name in form.fields:
            form.fields[name].widget.attrs |= {
                "aria-invalid": "true",
                "aria-describedby": f"{form[name].auto_id}-error",
            }
    return form


class SignUpForm(forms.Form):
    """The fields that the offer asks for; the service's own judgement of addresses, so that API and form agree."""

    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": gettext_lazy("Enter your e-mail address, such as name@example.com.")},
    )
    first_name = forms.CharField(
        label=gettext_lazy("First name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    country = forms.ChoiceField(label=gettext_lazy("Country of the phone number"), required=False)
    phone = forms.CharField(
        label=gettext_lazy("Mobile number, for text messages"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    topics = forms.TypedMultipleChoiceField(
        label=gettext_lazy("What would you like to hear about?"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )

    def __init__(self, offer: Offer, topics: Sequence[Topic], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.offered = list(topics)
        if len(self.offered) > 1:
            field = self.fields["topics"]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  for the type checker
            field.choices = [(topic.pk, topic.words()[0]) for topic in self.offered]
        else:
            del self.fields["topics"]
        if not offer.ask_name:
            del self.fields["first_name"]
        if "sms" in offer.channels:
            field = self.fields["country"]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101
            field.choices = countries()
            field.initial = settings.default_phone_region or ""
        else:
            del self.fields["country"], self.fields["phone"]
        if "email" not in offer.channels:
            del self.fields["email"]
        elif "sms" in offer.channels:
            self.fields["email"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if {"email", "phone"} <= set(self.fields) and not (cleaned.get("email") or cleaned.get("phone")):
            self.add_error("email", _("Enter an e-mail address or a mobile number."))
        for channel, name in FIELDS.items():
            try:
                if cleaned.get(name):
                    normalised_address(channel, cleaned[name], cleaned.get("country", ""))
            except InvalidInput as error:
                self.add_error(name, str(error))
        return cleaned

    @property
    def chosen(self) -> list[Topic]:
        """The one topic of a form that offers one, else what was ticked."""
        if "topics" not in self.fields:
            return self.offered
        return [topic for topic in self.offered if topic.pk in self.cleaned_data["topics"]]


@lru_cache
def _calling_codes() -> tuple[tuple[str, int], ...]:
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    return tuple((region, phonenumbers.country_code_for_region(region)) for region in regions)


def countries() -> list[tuple[str, str]]:
    """Two-letter codes with calling codes; the names of countries are the browser's business, not ours."""
    known = [(region, f"{region} +{code}") for region, code in _calling_codes()]
    return [("", _("as written, with + and code")), *known]


PAUSES = (7, 30, 90)
KEEP = "keep"


class PreferencesForm(forms.Form):
    """Pause, contact time and language; the boxes of channels and topics stand beside it in the template."""

    pause = forms.ChoiceField(label=gettext_lazy("Pause"), required=False)
    contact_from = forms.TypedChoiceField(
        label=gettext_lazy("Not before"), required=False, coerce=time.fromisoformat, empty_value=None
    )
    contact_until = forms.TypedChoiceField(
        label=gettext_lazy("Not after"), required=False, coerce=time.fromisoformat, empty_value=None
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Your time zone"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)

    def __init__(self, preference: ContactPreference | None, *args: Any, zone: str, language: str, **kwargs: Any):
        initial = {"time_zone": zone, "language": language}
        pauses: list[tuple[str, str]] = [("", _("no pause"))]
        if preference is not None:
            if preference.paused_until:
                shown = date_format(preference.paused_until, "DATE_FORMAT")
                pauses.append((KEEP, _("until %(date)s, as it is now") % {"date": shown}))
                initial["pause"] = KEEP
            for name in ("contact_from", "contact_until"):
                if value := getattr(preference, name):
                    initial[name] = value.isoformat("minutes")
        super().__init__(*args, initial=initial, **kwargs)
        pauses += [(str(days), _("%(days)d days from today") % {"days": days}) for days in PAUSES]
        hours = [("", _("any time")), *((f"{hour:02}:00", f"{hour:02}:00") for hour in range(24))]
        zones = ["", *_zones()]
        choices = {
            "pause": pauses,
            "contact_from": hours,
            "contact_until": hours,
            "time_zone": [(name, name.replace("_", " ") or _("the shop’s")) for name in zones],
            "language": [("", _("no choice")), *_languages()],
        }
        for name, offered in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  for the type checker
            field.choices = offered


@lru_cache
def _zones() -> tuple[str, ...]:
    areas = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    return (*sorted(name for name in available_timezones() if name.partition("/")[0] in areas), "UTC")


def _languages() -> list[tuple[str, str]]:
    return [(code, get_language_info(code)["name_local"].capitalize()) for code, _name in django_settings.LANGUAGES]


def channel_boxes(
    standings: Sequence[ChannelStanding], topics: Sequence[Topic], left: set[tuple[str, int]], may_open: set[str]
) -> list[dict[str, Any]]:
    """What the template shows of each channel with an address: its box, and those of its topics.

    ``left`` are the topics that the person is not on; ``may_open`` the channels that can be switched on here.
    """
    boxes = []
    for found in standings:
        on = found.state == "subscribed"
        if not found.address or not (on or found.channel in may_open):
            continue
        boxes.append(
            {
                "standing": found,
                "name": found.channel,
                "on": on,
                "topics": [
                    {
                        "name": f"{found.channel}:{topic.pk}",
                        "topic": topic,
                        "words": topic.words(),
                        "on": on and (found.channel, topic.pk) not in left,
                    }
                    for topic in topics
                ],
            }
        )
    return boxes
