from django import forms
from django.utils.translation import gettext_lazy as _

from shop import pricing


class QuantityForm(forms.Form):
    quantity = forms.IntegerField(label=_("Pieces"), min_value=0, max_value=99, initial=1)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Discount code"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class CheckoutForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    name = forms.CharField(label=_("Name"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    shipping_method = forms.ChoiceField(
        label=_("Delivery"),
        choices=[(key, label) for key, label, _amount in pricing.DELIVERIES],
        widget=forms.RadioSelect,
        initial=pricing.PICKUP,
    )
    expected_total = forms.DecimalField(max_digits=12, decimal_places=2, min_value=0)


class LoginForm(forms.Form):
    email = forms.EmailField(label=_("E-mail of a customer"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))


class RefundForm(forms.Form):
    quantity = forms.IntegerField(label=_("Pieces"), min_value=1)
    ref = forms.CharField(max_length=64, widget=forms.HiddenInput, required=False)
