"""Forms of the steps. Each ``save`` calls one service; a ``DomainError`` becomes an error of its field."""

from decimal import Decimal
from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.forms import formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.models import Site

from wagtail_marketing.campaigns import services
from wagtail_marketing.campaigns.models import Campaign, CostKind, Goal, Role
from wagtail_marketing.campaigns.services import CostInput
from wagtail_marketing.conf import settings
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.core.money import digits, to_decimal
from wagtail_marketing.messaging.models import EmailTemplate
from wagtail_marketing.segments.models import Segment

MOST_TEST_ADDRESSES = 5


class DayInput(forms.DateInput):
    """The browser's own date field: it needs no script, and is right to read aloud and on a phone."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _amount(label: str, *, required: bool = True) -> forms.DecimalField:
    """An amount in the base currency, with as many places as that has."""
    currency = settings.currency
    return forms.DecimalField(
        label=f"{label} ({currency})",
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=digits(currency),
        required=required,
    )


class ServiceForm(forms.Form):
    """A form whose ``save`` calls services: what they refuse is shown at its field."""

    def __init__(self, *args: Any, campaign: Campaign | None = None, user: Any = None, **kwargs: Any):
        self.campaign, self.user = campaign, user
        if campaign is not None:
            kwargs.setdefault("initial", self.initial_of(campaign))
        super().__init__(*args, **kwargs)

    def initial_of(self, campaign: Campaign) -> dict[str, Any]:
        return {}

    def write(self) -> Campaign:
        raise NotImplementedError

    def save(self) -> Campaign | None:
        """The campaign, or None where a service refused (the form then has the error)."""
        try:
            return self.write()
        except DomainError as error:
            self.add_error(error.field if error.field in self.fields else None, str(error))
            return None


class DetailsForm(ServiceForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=150, help_text=gettext_lazy("Only staff see it."))
    goal = forms.ChoiceField(
        label=gettext_lazy("Goal"), choices=[("", gettext_lazy("none in particular")), *Goal.choices], required=False
    )
    starts_on = forms.DateField(label=gettext_lazy("First day"), required=False, widget=DayInput)
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=DayInput,
        help_text=gettext_lazy("The campaign is complete after it; empty: once all is sent."),
    )
    budget = forms.DecimalField(required=False)
    site = forms.ModelChoiceField(
        label=gettext_lazy("Site"),
        queryset=Site.objects.all(),
        required=False,
        empty_label=gettext_lazy("the default site"),
        help_text=gettext_lazy("Whose sender, postal address and look the messages carry."),
    )
    notes = forms.CharField(
        label=gettext_lazy("Notes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Only staff see them."),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["budget"] = _amount(_("Budget"), required=False)
        if self.campaign is not None and not self.campaign.editable:
            self.fields["site"].disabled = True
            self.fields["starts_on"].disabled = True
        if Site.objects.count() < 2:
            del self.fields["site"]

    def initial_of(self, campaign: Campaign) -> dict[str, Any]:
        budget = campaign.budget_minor
        return {
            "name": campaign.name,
            "goal": campaign.goal,
            "starts_on": campaign.starts_on,
            "ends_on": campaign.ends_on,
            "budget": None if budget is None else to_decimal(budget, settings.currency),
            "site": campaign.site,
            "notes": campaign.notes,
        }

    def write(self) -> Campaign:
        if self.campaign is None:
            return services.create_campaign(user=self.user, **self.cleaned_data)
        return services.update_campaign(campaign=self.campaign, **self.cleaned_data)


NOT_USED = ""


class AudienceForm(ServiceForm):
    """One choice per segment: in, left out, or not used; so that none can stand on both sides."""

    CHOICES = (
        (NOT_USED, gettext_lazy("Not used")),
        (Role.INCLUDE, gettext_lazy("Include")),
        (Role.EXCLUDE, gettext_lazy("Leave out")),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.segments = list(Segment.objects.order_by("name", "pk"))
        for segment in self.segments:
            self.fields[f"segment-{segment.pk}"] = forms.ChoiceField(
                label=segment.name, choices=self.CHOICES, required=False, widget=forms.RadioSelect
            )

    def initial_of(self, campaign: Campaign) -> dict[str, Any]:
        return {f"segment-{link.segment_id}": link.role for link in campaign.segment_links.all()}

    def rows(self) -> list[tuple[Segment, Any]]:
        """Segment and bound field, those in use first."""
        found = [(segment, self[f"segment-{segment.pk}"]) for segment in self.segments]
        return sorted(found, key=lambda row: not row[1].value())

    def chosen(self, role: str) -> list[Segment]:
        return [segment for segment in self.segments if self.cleaned_data.get(f"segment-{segment.pk}") == role]

    def write(self) -> Campaign:
        return services.set_audience(
            campaign=self.campaign, include=self.chosen(Role.INCLUDE), exclude=self.chosen(Role.EXCLUDE)
        )


class TemplateChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, template: EmailTemplate) -> str:
        return template.name if template.live else _("%(name)s (not published)") % {"name": template.name}


class ContentForm(ServiceForm):
    """The e-mail (or e-mails, where a program made several), the UTM words and the discounts."""

    discounts = forms.MultipleChoiceField(
        label=gettext_lazy("Discounts of this campaign"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Orders with their codes count for this campaign."),
    )
    utm_source = forms.CharField(label=gettext_lazy("UTM source"), max_length=100, required=False)
    utm_medium = forms.CharField(label=gettext_lazy("UTM medium"), max_length=100, required=False)
    utm_campaign = forms.CharField(
        label=gettext_lazy("UTM campaign"),
        max_length=150,
        required=False,
        help_text=gettext_lazy("Made from the name when empty."),
    )
    UTM = ("utm_source", "utm_medium", "utm_campaign")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["discounts"].choices = discount_choices()
        self.template_names = []
        for number in range(max(1, self.campaign.messages.count())):
            name = f"template-{number}"
            self.template_names.append(name)
            self.fields[name] = TemplateChoiceField(
                label=_("E-mail") if not number else _("E-mail %(number)d") % {"number": number + 1},
                queryset=EmailTemplate.objects.order_by("-updated_at", "-pk"),
                required=False,
                empty_label=_("Choose an e-mail"),
            )
        if not self.campaign.editable:
            for name in (*self.template_names, *self.UTM):
                self.fields[name].disabled = True

    def initial_of(self, campaign: Campaign) -> dict[str, Any]:
        templates = {
            f"template-{number}": message.template_id for number, message in enumerate(campaign.messages.all())
        }
        discounts = [
            f"{link.discount_id}:{link.code_id or ''}" for link in campaign.discount_links.order_by("discount_id", "pk")
        ]
        return {"discounts": discounts, **{name: getattr(campaign, name) for name in self.UTM}, **templates}

    def templates(self) -> list[Any]:
        return [self[name] for name in self.template_names]

    def write(self) -> Campaign:
        pairs = (choice.partition(":") for choice in self.cleaned_data["discounts"])
        if self.campaign.editable:
            chosen = [self.cleaned_data[name] for name in self.template_names]
            services.update_campaign(campaign=self.campaign, **{name: self.cleaned_data[name] for name in self.UTM})
            services.set_messages(campaign=self.campaign, templates=[one for one in chosen if one])
        return services.set_discounts(
            campaign=self.campaign,
            discounts=[(int(first), int(last) if last else None) for first, _sign, last in pairs],
        )


def discount_choices() -> list[tuple[str, str]]:
    """A choice for every discount with codes, and for each code where a discount has a few."""
    if not apps.is_installed("wagtail_marketing.discounts"):
        return []
    from wagtail_marketing.discounts.models import Code, Discount

    few = 5
    codes: dict[int, list[Any]] = {}
    for code in Code.objects.filter(active=True, batch__isnull=True, contact__isnull=True).order_by("pk"):
        codes.setdefault(code.discount_id, []).append(code)
    choices = []
    for discount in Discount.objects.filter(needs_code=True).order_by("-created_at", "-pk"):
        own = codes.get(discount.pk, [])
        if len(own) == 1:
            choices.append((f"{discount.pk}:", f"{discount.name} ({own[0].code})"))
            continue
        count = ngettext("%(count)d code", "%(count)d codes", len(own)) % {"count": len(own)}
        label = _("%(discount)s: every code") % {"discount": discount.name}
        choices.append((f"{discount.pk}:", f"{label} ({count})" if own else label))
        if len(own) <= few:
            choices += [(f"{discount.pk}:{code.pk}", f"{discount.name}: {code.code}") for code in own]
    return choices


class CostForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("What for"), choices=CostKind.choices, initial=CostKind.OTHER)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=150, required=False)
    amount = forms.DecimalField()
    incurred_on = forms.DateField(
        label=gettext_lazy("When"), required=False, widget=DayInput, help_text=gettext_lazy("Empty: today.")
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["amount"] = _amount(_("Amount"))

    def has_changed(self) -> bool:
        """An empty extra row is no cost, whatever its kind says."""
        return bool(self.initial) or bool(set(self.changed_data) - {"kind"})


CostFormSet = formset_factory(CostForm, extra=2, can_delete=True)


def cost_formset(campaign: Campaign, data: Any = None) -> Any:
    initial = [
        {
            "kind": cost.kind,
            "note": cost.note,
            "amount": to_decimal(cost.amount_minor, cost.currency),
            "incurred_on": cost.incurred_on,
        }
        for cost in campaign.costs.all()
    ]
    return CostFormSet(data, initial=initial, prefix="costs")


def costs_of(formset: Any) -> list[CostInput]:
    """The rows that are to stay."""
    kept = [
        form.cleaned_data
        for form in formset.forms
        if form.cleaned_data.get("amount") is not None and not form.cleaned_data.get("DELETE")
    ]
    return [
        CostInput(amount=row["amount"], kind=row["kind"], note=row["note"], incurred_on=row["incurred_on"])
        for row in kept
    ]


class TestForm(forms.Form):
    __test__ = False  # not a test case of pytest

    addresses = forms.CharField(
        label=gettext_lazy("Send a test to"),
        help_text=gettext_lazy("One to five addresses, separated by commas. A test counts nowhere."),
    )

    def clean_addresses(self) -> list[str]:
        given = [part.strip() for part in self.cleaned_data["addresses"].replace(";", ",").split(",")]
        addresses = list(dict.fromkeys(address for address in given if address))
        if not 1 <= len(addresses) <= MOST_TEST_ADDRESSES:
            raise ValidationError(_("Give one to %(most)d addresses."), params={"most": MOST_TEST_ADDRESSES})
        for address in addresses:
            validate_email(address)
        return addresses


class ScheduleForm(forms.Form):
    """A wall-clock time in the campaign's zone."""

    at = forms.DateTimeField(
        label=gettext_lazy("Send at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )

    def __init__(self, *args: Any, zone: Any, **kwargs: Any):
        self.zone = zone
        super().__init__(*args, **kwargs)

    def _clean_fields(self) -> None:
        from django.utils import timezone

        # Django reads a naive time in the active zone: make that the campaign's.
        with timezone.override(self.zone):
            super()._clean_fields()
