"""The rule builder: a textarea with JSON, which a Stimulus controller turns into rows."""

import json
from dataclasses import asdict
from typing import Any

from django import forms
from django.core.serializers.json import DjangoJSONEncoder
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin import compare
from wagtail.admin.panels import FieldPanel

from wagtail_marketing.admin.media import KIT_MEDIA
from wagtail_marketing.conf import settings
from wagtail_marketing.segments.engine import operators
from wagtail_marketing.segments.engine.tree import MAX_DEPTH
from wagtail_marketing.segments.registry import conditions
from wagtail_marketing.segments.selectors import summary

from .presets import presets

#: In the order in which they build on each other.
SCRIPTS = (
    "rule-dom",
    "rule-inputs",
    "rule-actions",
    "rule-row",
    "rule-group",
    "rule-count",
    "rule-presets",
    "rules",
)


def op_words() -> dict[str, dict[str, str]]:
    """Words of the operators by type of field."""
    return {kind: {op: operators.words(op, kind) for op in ops} for kind, ops in operators.OPERATORS.items()}


def builder_strings() -> dict[str, str]:
    """Everything that the controller says itself, translated here."""
    return {
        "all": _("all of these"),
        "any": _("any of these"),
        "none": _("none of these"),
        "match": _("People who match"),
        "and": _("and"),
        "or": _("or"),
        "add": _("Add a condition"),
        "addGroup": _("Add a group"),
        "added": _("Condition %(number)s was added."),
        "remove": _("Remove condition %(number)s"),
        "removeGroup": _("Remove group %(number)s"),
        "removed": _("Condition %(number)s was removed."),
        "removedGroup": _("Group %(number)s was removed."),
        "undo": _("Undo"),
        "restored": _("It is back as %(number)s."),
        "conditions": _("Conditions"),
        "conditionNumber": _("Condition %(number)s"),
        "groupNumber": _("Group %(number)s"),
        "conditionActions": _("More for condition %(number)s"),
        "groupActions": _("More for group %(number)s"),
        "moveUp": _("Move up"),
        "moveDown": _("Move down"),
        "moveInto": _("Move into the group beside it"),
        "moveOut": _("Move out of this group"),
        "moved": _("Moved: now %(number)s, one of %(count)s."),
        "duplicate": _("Duplicate"),
        "wrap": _("Put into a group"),
        "wrapNone": _("Leave them out (none of these)"),
        "wrapped": _("It is now in group %(number)s."),
        "unwrap": _("Take the group apart"),
        "unwrapped": _("The group was taken apart."),
        "what": _("What"),
        "how": _("How"),
        "value": _("Value"),
        "from": _("From"),
        "to": _("To"),
        "until": _("until before"),
        "yes": _("yes"),
        "no": _("no"),
        "days": _("days"),
        "addDetail": _("Add a detail …"),
        "removeDetail": _("Remove this detail"),
        "period": _("Period"),
        "lastDays": _("in the last days"),
        "dates": _("between two dates"),
        "addValue": _("Type and press Enter"),
        "removeValue": _("Remove"),
        "choose": _("Choose …"),
        "counting": _("Counting …"),
        "failed": _("The count is not available now. Your conditions are safe."),
        "retry": _("Count again"),
        "showFault": _("Show me"),
        "start": _("Start from an example"),
        "use": _("Use this"),
        "started": _("“%(label)s” was added."),
        "showJson": _("Edit as JSON"),
        "hideJson": _("Back to the builder"),
        "notJson": _("This is not JSON."),
        "unreadable": _("These rules hold something that the builder does not know; edit them as JSON."),
        "forExample": _("For example"),
    }


class RuleBuilderWidget(forms.Textarea):
    """Works as a plain textarea without JavaScript; the tree itself stays in it."""

    template_name = "wagtail_marketing_segments/widgets/rule_builder.html"
    #: The segment that is being edited, so that a circle through it is seen; 0 for a new one.
    segment_id = 0

    def __init__(self, attrs: dict | None = None):
        super().__init__({"rows": 12, "spellcheck": "false", "autocomplete": "off", **(attrs or {})})

    def format_value(self, value: Any) -> str:
        try:
            return json.dumps(json.loads(value), indent=2, ensure_ascii=False)
        except (TypeError, ValueError):
            return super().format_value(value) or ""

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        data = {
            "kinds": [asdict(condition.descriptor()) for condition in conditions],
            "ops": op_words(),
            "presets": presets(),
            "strings": builder_strings(),
            "currency": settings.currency,
            "maxDepth": MAX_DEPTH,
        }
        context["widget"]["builder"] = json.dumps(data, cls=DjangoJSONEncoder)
        context["widget"]["segment"] = self.segment_id
        context["widget"]["preview_url"] = reverse("marketing_segments:preview")
        context["widget"]["suggest_url"] = reverse("marketing_segments:suggest")
        return context

    @property
    def media(self) -> forms.Media:
        return KIT_MEDIA + forms.Media(
            css={"all": [f"wagtail_marketing_segments/css/{name}.css" for name in ("rules", "rule-parts")]},
            js=[f"wagtail_marketing_segments/js/{name}.js" for name in SCRIPTS],
        )


class RulesComparison(compare.FieldComparison):
    """The history shows rules in words, not JSON."""

    def htmldiff(self) -> str:
        before, after = summary(self.val_a), summary(self.val_b)
        return compare.diff_text(before, after).to_html()


class RulesPanel(FieldPanel):
    """The builder in a form."""

    def __init__(self, field_name: str, **kwargs: Any):
        kwargs.setdefault("widget", RuleBuilderWidget)
        super().__init__(field_name, **kwargs)

    def get_comparison_class(self) -> type:
        return RulesComparison

    class BoundPanel(FieldPanel.BoundPanel):
        def __init__(self, **kwargs: Any):
            super().__init__(**kwargs)
            if self.bound_field is not None:
                self.bound_field.field.widget.segment_id = self.instance.pk or 0
