"""The form of a discount: typed fields, a sentence that says what they come to, no JSON."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateTimeInput

from wagtail_marketing.commerce.models import Category
from wagtail_marketing.conf import settings
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.core.money import digits
from wagtail_marketing.discounts import engine, services, words
from wagtail_marketing.discounts.live import normalise
from wagtail_marketing.discounts.models import Code, Discount, Lane, LimitKind
from wagtail_marketing.discounts.registry import fact_choices
from wagtail_marketing.discounts.rules import check_rules, rules_of

from . import rule_fields
from .widgets import WordsField

#: Field of the form at which an error of the engine is shown, by where the engine found it.
_PLACES = (
    ("benefit.params.value", "percent"),
    ("benefit.params.amount", "amount"),
    ("conditions", "min_spend"),
    ("benefit", "benefit_kind"),
)
_LIMITS = {
    "limit_total": LimitKind.TOTAL,
    "limit_per_contact": LimitKind.PER_CONTACT,
    "limit_per_code": LimitKind.PER_CODE,
}


class DiscountForm(WagtailAdminModelForm):
    benefit_kind = forms.ChoiceField(
        label=gettext_lazy("What it gives"),
        choices=(("percentage", gettext_lazy("A percentage")), ("fixed_amount", gettext_lazy("An amount"))),
        widget=forms.RadioSelect,
        initial="percentage",
    )
    percent = forms.DecimalField(
        label=gettext_lazy("Percent off"), min_value=Decimal("0.01"), max_value=100, decimal_places=2, required=False
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Amount off"), min_value=Decimal("0.001"), decimal_places=3, required=False
    )
    per = forms.ChoiceField(
        label=gettext_lazy("Taken off"),
        choices=(("order", gettext_lazy("all of it together")), ("unit", gettext_lazy("each unit"))),
        required=False,
        initial="order",
    )
    categories = WordsField(
        label=gettext_lazy("Categories"), help_text=gettext_lazy("Empty, with no SKUs: everything in the cart.")
    )
    skus = WordsField(label=gettext_lazy("SKUs"))
    attributes = forms.CharField(
        label=gettext_lazy("Attributes"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        help_text=gettext_lazy("One per line, such as “brand: National, Private”."),
    )
    exclude_categories = WordsField(label=gettext_lazy("Not in these categories"))
    exclude_skus = WordsField(label=gettext_lazy("Not these SKUs"))
    max_discount = forms.DecimalField(
        label=gettext_lazy("At most"),
        min_value=Decimal("0.001"),
        decimal_places=3,
        required=False,
        help_text=gettext_lazy("The most that it takes off one order."),
    )
    min_spend = forms.DecimalField(
        label=gettext_lazy("Orders from"), min_value=Decimal("0"), decimal_places=3, required=False
    )
    min_quantity = forms.IntegerField(label=gettext_lazy("Units from"), min_value=1, required=False)
    minimum_of_products = forms.BooleanField(
        label=gettext_lazy("Only the products above count for these minimums"), required=False
    )
    segments = forms.MultipleChoiceField(
        label=gettext_lazy("Only these segments"), required=False, widget=forms.CheckboxSelectMultiple
    )
    tags = forms.MultipleChoiceField(
        label=gettext_lazy("Only contacts with one of these tags"), required=False, widget=forms.CheckboxSelectMultiple
    )
    first_order = forms.BooleanField(label=gettext_lazy("Only on the first order"), required=False)
    combines_with = forms.MultipleChoiceField(
        label=gettext_lazy("Goes together with discounts on"),
        choices=Lane.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Both discounts must allow each other."),
    )
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Such as SPRING20; case does not matter. You can add more later."),
    )
    limit_total = forms.IntegerField(label=gettext_lazy("Uses in all"), min_value=1, required=False)
    limit_per_contact = forms.IntegerField(label=gettext_lazy("Uses per customer"), min_value=1, required=False)
    limit_per_code = forms.IntegerField(label=gettext_lazy("Uses per code"), min_value=1, required=False)

    EMPTY_SENTENCE = gettext_lazy("Say what it gives, and what it comes to will stand here.")

    class Meta:
        model = Discount
        fields = (
            "name",
            "public_title",
            "lane",
            "needs_code",
            "starts_at",
            "ends_at",
            "group",
            "exclusive",
            "base",
            "priority",
            "max_applications",
            "currency",
            "site",
        )
        widgets = {
            "lane": forms.RadioSelect,
            "base": forms.RadioSelect,
            "starts_at": AdminDateTimeInput,
            "ends_at": AdminDateTimeInput,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Whether the fields can show the benefit and the conditions; what they cannot is kept as it is.
        self.simple_benefit = self.was_simple = True
        discount = self.instance
        lanes = [Lane.ORDER, Lane.PRODUCT]
        if discount.lane == Lane.SHIPPING:
            lanes.append(Lane.SHIPPING)
        self.fields["lane"].choices = [(lane, lane.label) for lane in lanes]
        self.fields["needs_code"].initial = True
        for name in ("segments", "tags"):
            self.fields[name].choices = list(fact_choices[name]()) if name in fact_choices else []
        for name in ("categories", "exclude_categories"):
            self.fields[name].suggestions = Category.objects.order_by("name").values_list("name", flat=True)
        currency = discount.currency or settings.currency
        for name in ("amount", "max_discount", "min_spend"):
            field = self.fields[name]
            field.help_text = " ".join(filter(None, (str(field.help_text), _("In %(c)s.") % {"c": currency})))
        if discount.pk is None:
            self.fields["currency"].initial = settings.currency
            return
        del self.fields["code"]
        self.was_simple = rule_fields.is_simple(discount.benefit, discount.conditions)
        self.simple_benefit = discount.benefit.get("kind") in rule_fields.BENEFITS
        if not self.simple_benefit:
            self.fields["benefit_kind"].required = False
        self.initial |= rule_fields.initial_of(discount.benefit, discount.conditions)
        self.initial["combines_with"] = discount.combines_with
        if discount.max_discount_minor is not None:
            places = engine.digits(discount.currency)
            self.initial["max_discount"] = engine.format_amount(discount.max_discount_minor, places)
        for limit in discount.limits.filter(code=None):
            self.initial[f"limit_{limit.kind}"] = limit.maximum
        if discount.live_version_id:
            self.fields["currency"].disabled = True

    @property
    def places(self) -> int:
        return engine.digits(self.cleaned_data.get("currency") or self.instance.currency)

    def clean_currency(self) -> str:
        currency = self.cleaned_data["currency"].upper()
        try:
            digits(currency)
        except DomainError as error:
            raise ValidationError(str(error)) from error
        return currency

    def clean_attributes(self) -> dict[str, list[str]]:
        try:
            return rule_fields.read_attributes(self.cleaned_data["attributes"])
        except ValueError as error:
            raise ValidationError(_("“%(line)s” has no colon or no value."), params={"line": str(error)}) from error

    def clean_categories(self) -> list[str]:
        return self._known(self.cleaned_data["categories"])

    def clean_exclude_categories(self) -> list[str]:
        return self._known(self.cleaned_data["exclude_categories"])

    def _known(self, names: list[str]) -> list[str]:
        known = set(Category.objects.filter(name__in=names).values_list("name", flat=True))
        missing = [name for name in names if name not in known]
        if missing:
            raise ValidationError(_("The shop has no category “%(name)s”."), params={"name": missing[0]})
        return names

    def clean_code(self) -> str:
        code = self.cleaned_data["code"].strip()
        if code and Code.objects.filter(normalised=normalise(code)).exists():
            raise ValidationError(_("This code exists already."))
        return code

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.simple_benefit:
            pass
        elif data.get("benefit_kind") == "fixed_amount":
            if data.get("amount") is None and "amount" not in self.errors:
                self.add_error("amount", _("How much does it take off?"))
        elif data.get("percent") is None and "percent" not in self.errors:
            self.add_error("percent", _("How many percent does it take off?"))
        if data.get("code") and not data.get("needs_code"):
            self.add_error("code", _("A discount that applies by itself takes no code."))
        starts, ends = data.get("starts_at"), data.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("It ends before it starts."))
        for name in ("amount", "max_discount", "min_spend"):
            amount = data.get(name)
            if amount is not None and amount != round(amount, self.places):
                self.add_error(name, _("%(currency)s has fewer decimal places.") % {"currency": data.get("currency")})
        if not self.errors:
            try:
                check_rules(Discount(pk=self.instance.pk, **self.rule_values()))
            except DomainError as error:
                cause = error.__cause__
                path = cause.path if isinstance(cause, engine.InvalidInput) else error.field
                field = next((field for start, field in _PLACES if path.startswith(start)), None)
                self.add_error(field, cause.message if isinstance(cause, engine.InvalidInput) else error.message)
        return data

    def rule_values(self) -> dict[str, Any]:
        """The fields of the model, as the services take them."""
        data = self.cleaned_data
        values = {name: data[name] for name in self.Meta.fields if name in data}
        values["benefit"] = self.instance.benefit
        if self.simple_benefit:
            values["benefit"] = rule_fields.benefit_from(data, self.places)
        if self.was_simple:
            values["conditions"] = rule_fields.conditions_from(data, self.places)
        else:
            values["conditions"] = self.instance.conditions
        values["combines_with"] = data.get("combines_with") or []
        cap = data.get("max_discount")
        values["max_discount_minor"] = None if cap is None else int((cap * 10**self.places).to_integral_value())
        return values

    @property
    def limit_values(self) -> dict[str, int | None]:
        return {str(kind): self.cleaned_data.get(field) for field, kind in _LIMITS.items()}

    def save(self, commit: bool = True) -> Discount:
        """Through the services, in one transaction of the view's."""
        values = self.rule_values()
        if self.instance.pk is None:
            discount = services.create_discount(**values)
        else:
            discount = services.update_discount(discount=Discount.objects.get(pk=self.instance.pk), **values)
        services.set_limits(discount=discount, limits=self.limit_values)
        if self.cleaned_data.get("code"):
            services.create_code(discount=discount, code=self.cleaned_data["code"])
        self.instance = discount
        return discount

    def sentence(self) -> str:
        """What the fields come to, in words; of a half-filled form as much as can be said."""
        self.full_clean()
        data = self.cleaned_data
        if (
            self.simple_benefit
            and data.get("amount" if data.get("benefit_kind") == "fixed_amount" else "percent") is None
        ):
            return str(self.EMPTY_SENTENCE)
        data.setdefault("currency", self.instance.currency or self.fields["currency"].initial)
        rules = rules_of(Discount(pk=self.instance.pk, **self.rule_values()))
        limits = {kind: maximum for kind, maximum in self.limit_values.items() if maximum}
        return words.summary(rules, limits=limits, starts_at=data.get("starts_at"), ends_at=data.get("ends_at"))


class CodeForm(forms.Form):
    code = forms.CharField(label=gettext_lazy("Code"), max_length=80)
    limit_total = forms.IntegerField(label=gettext_lazy("Uses in all"), min_value=1, required=False)
    limit_per_contact = forms.IntegerField(label=gettext_lazy("Uses per customer"), min_value=1, required=False)
    expires_at = forms.DateTimeField(label=gettext_lazy("Expires"), required=False, widget=AdminDateTimeInput)


class BatchForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, required=False, help_text=gettext_lazy("Where these codes go.")
    )
    pattern = forms.CharField(
        label=gettext_lazy("Pattern"),
        max_length=60,
        initial="SAVE-###-###-###",
        help_text=gettext_lazy("Each # becomes a random letter or digit; at least nine, so that nobody guesses one."),
    )
    quantity = forms.IntegerField(label=gettext_lazy("How many"), min_value=1, max_value=10_000, initial=100)
    uses = forms.IntegerField(
        label=gettext_lazy("Uses of each"),
        min_value=1,
        initial=1,
        required=False,
        help_text=gettext_lazy("Empty: no limit."),
    )
    expires_at = forms.DateTimeField(label=gettext_lazy("Expire"), required=False, widget=AdminDateTimeInput)
