"""The filters of the contact list as a form: which there are, and what they mean, is ``criteria``'s."""

from typing import Any

import django_filters
from django import forms
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet

from wagtail_marketing.contacts.criteria import every_filter
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import ListFilter


def contact_filterset() -> type[WagtailFilterSet]:
    """A form with every filter that is offered, the registered ones too."""
    fields = {name: _field(spec) for name, spec in every_filter().items() if spec.shown}
    meta = type("Meta", (), {"model": Contact, "fields": []})
    return type("ContactFilterSet", (WagtailFilterSet,), {**fields, "Meta": meta})


def _unchanged(queryset: Any, name: str, value: Any) -> Any:
    """The list narrows by ``Criteria``; the form only asks."""
    return queryset


def _field(spec: ListFilter) -> django_filters.Filter:
    options: dict[str, Any] = {"label": spec.label, "method": _unchanged, "help_text": spec.help}
    if spec.kind == "period":
        return django_filters.DateFromToRangeFilter(widget=DateRangePickerWidget, **options)
    if spec.kind == "several":
        return django_filters.MultipleChoiceFilter(choices=spec.choices, widget=forms.CheckboxSelectMultiple, **options)
    if spec.kind == "choice":
        return django_filters.ChoiceFilter(choices=spec.choices, **options)
    return django_filters.CharFilter(**options)
