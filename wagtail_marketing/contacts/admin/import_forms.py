"""The two forms of an import: the file, and what its columns mean."""

from collections.abc import Sequence
from datetime import datetime, time
from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.widgets import AdminDateInput

from wagtail_marketing.contacts.imports import plan, targets
from wagtail_marketing.contacts.imports.layout import ENCODINGS, SEPARATORS
from wagtail_marketing.contacts.models import ContactImport, ContactList, Topic
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.core import clock

KNOWN = (
    (plan.UPDATE, gettext_lazy("Update them: the file's values replace ours (an empty cell changes nothing)")),
    (plan.FILL, gettext_lazy("Fill gaps only: what we have stays")),
    (plan.SKIP, gettext_lazy("Skip them: only new people come in")),
)
STATUSES = (
    ("", gettext_lazy("Nothing: only the columns count")),
    ("subscribed", gettext_lazy("They agreed to be written to")),
    ("unsubscribed", gettext_lazy("They unsubscribed")),
    ("bounce", gettext_lazy("Their address does not exist (bounced, cleaned)")),
    ("complaint", gettext_lazy("They reported us as spam")),
    ("manual", gettext_lazy("Never write to them")),
)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        help_text=gettext_lazy("CSV (any separator and encoding) or XLSX, one person a row, headings in the first."),
    )
    known = forms.ChoiceField(
        label=gettext_lazy("People whom we know already"), choices=KNOWN, widget=forms.RadioSelect, initial=plan.UPDATE
    )
    tag = forms.CharField(
        label=gettext_lazy("Tag to add"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Put on everybody in the file; it can be taken back afterwards."),
    )
    list = forms.ModelChoiceField(
        label=gettext_lazy("List to put them on"),
        queryset=ContactList.objects.none(),
        required=False,
        empty_label=gettext_lazy("None"),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["list"].queryset = ContactList.objects.order_by("name")

    @property
    def options(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"known": data["known"], "tag": data["tag"], "list": data["list"].pk if data["list"] else None}


class ColumnsForm(forms.Form):
    """One choice per column (``column_<place>``), and what the file says of consent."""

    status = forms.ChoiceField(
        label=gettext_lazy("What the file says of everybody in it"), choices=STATUSES, required=False
    )
    channel = forms.ChoiceField(label=gettext_lazy("Channel"))
    topic = forms.ModelChoiceField(
        label=gettext_lazy("Topic"),
        queryset=Topic.objects.none(),
        required=False,
        empty_label=gettext_lazy("The whole channel"),
    )
    agreed_by = forms.CharField(
        label=gettext_lazy("How they agreed"),
        max_length=500,
        required=False,
        help_text=gettext_lazy(
            "Where, and to what words, such as “Sign-up form on example.com, ‘Send me the weekly offers’”. Needed to"
            " add consent; kept with each person."
        ),
    )
    agreed_at = forms.DateField(
        label=gettext_lazy("When they agreed"),
        required=False,
        widget=AdminDateInput,
        help_text=gettext_lazy("For rows that have no date of their own. Consent without a date is not added."),
    )
    date_order = forms.ChoiceField(
        label=gettext_lazy("Dates such as 03/04/2026"),
        choices=(
            ("", gettext_lazy("Refuse what can be read in two ways")),
            ("dmy", gettext_lazy("The day comes first")),
            ("mdy", gettext_lazy("The month comes first")),
        ),
        required=False,
    )

    def __init__(self, *args: Any, source: ContactImport, **kwargs: Any):
        options = source.options
        moment = options.get("agreed_at")
        kwargs["initial"] = {
            "status": options.get("status", ""),
            "channel": options.get("channel", "email"),
            "topic": options.get("topic"),
            "agreed_by": options.get("agreed_by", ""),
            "agreed_at": datetime.fromisoformat(moment).astimezone(clock.shop_zone()).date() if moment else None,
            "date_order": options.get("date_order", ""),
        }
        super().__init__(*args, **kwargs)
        self.source = source
        self.fields["channel"].choices = [(channel.channel, channel.label) for channel in channels]
        self.fields["topic"].queryset = Topic.objects.order_by("name")
        choices = target_choices()
        for place, name in enumerate(source.names):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=_("Meaning of “%(column)s”") % {"column": name},
                choices=choices,
                required=False,
                initial=source.columns[place],
            )

    def columns_of(self, samples: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
        """For the page: each column with its choice and what stands in it."""
        return [
            {
                "name": name,
                "field": self[f"column_{place}"],
                "samples": [row[place] for row in samples if row[place]][:3],
            }
            for place, name in enumerate(self.source.names)
        ]

    @property
    def consent_fields(self) -> list[Any]:
        return [self[name] for name in ("status", "channel", "topic", "agreed_by", "agreed_at")]

    @property
    def columns(self) -> list[str]:
        return [self.cleaned_data[f"column_{place}"] for place in range(len(self.source.names))]

    @property
    def options(self) -> dict[str, Any]:
        data, before = self.cleaned_data, self.source.options
        day = data["agreed_at"]
        return {
            **{name: before.get(name) for name in ("known", "tag", "list")},
            "status": data["status"],
            "channel": data["channel"],
            "topic": data["topic"].pk if data["topic"] else None,
            "agreed_by": data["agreed_by"],
            "agreed_at": datetime.combine(day, time(), tzinfo=clock.shop_zone()) if day else None,
            "date_order": data["date_order"],
        }


class LayoutForm(forms.Form):
    """How the file is written, where the guess is wrong."""

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=tuple(ENCODINGS.items()))
    separator = forms.ChoiceField(
        label=gettext_lazy("Separator"), choices=[(sign, f"{name}") for sign, name in SEPARATORS.items()]
    )
    heading = forms.BooleanField(label=gettext_lazy("The first row names the columns"), required=False)


def target_choices() -> list[Any]:
    """The targets by group, “ignore” first."""
    choices: list[Any] = [("", _("Ignore this column"))]
    for group, some in groupby(targets.targets().values(), key=lambda target: target.group):
        choices.append((group, [(target.key, target.label) for target in some]))
    return choices
