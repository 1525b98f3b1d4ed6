"""A list of words: chips with suggestions where scripts run, one word per line where they do not."""

from collections.abc import Iterable
from typing import Any

from django import forms

from .rule_fields import words


class WordsWidget(forms.Textarea):
    template_name = "wagtail_marketing/discounts/widgets/words.html"

    def __init__(self, attrs: dict[str, Any] | None = None):
        super().__init__({"rows": 3, **(attrs or {})})
        self.suggestions: Iterable[str] = ()

    def format_value(self, value: Any) -> str:
        return "\n".join(value) if isinstance(value, list | tuple) else (value or "")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["suggestions"] = list(self.suggestions)
        return context


class WordsField(forms.CharField):
    """Cleans to a list of strings."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("required", False)
        super().__init__(widget=WordsWidget, **kwargs)

    @property
    def suggestions(self) -> Iterable[str]:
        return self.widget.suggestions

    @suggestions.setter
    def suggestions(self, values: Iterable[str]) -> None:
        self.widget.suggestions = values

    def clean(self, value: Any) -> list[str]:
        return words(super().clean(value))
