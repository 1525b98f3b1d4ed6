"""``contact``: who they are. ``{"field": "language", "op": "is", "value": "de"}``"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.host import get_adapter
from wagtail_marketing.segments.engine import operators
from wagtail_marketing.segments.engine.values import Reader
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, Facts, Moment, Scope

from .fields import AttributeField, Field, own_fields


@dataclass(frozen=True, slots=True)
class ContactParams:
    field: Field
    op: str
    value: Any
    #: As it was written, for the words.
    raw: Any


def fields() -> dict[str, Field]:
    """Every field by key: our columns and what the host's adapter declares."""
    declared = (AttributeField(spec) for spec in get_adapter().attributes())
    return {field.key: field for field in (*own_fields(), *declared)}


def in_words(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return str(_("unknown"))
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, datetime):
        return date_format(value, "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    return str(value)


class ContactCondition(Condition):
    key = "contact"
    label = gettext_lazy("Who they are")
    reusable = True

    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> ContactParams:
        reader = Reader(params, path)
        known = fields()
        field = known[reader.choice("field", known)]
        op = reader.choice("op", field.operators)
        raw = reader.raw("value")
        value = field.value(op, raw, reader.at("value"), moment)
        reader.finish()
        return ContactParams(field, op, value, raw)

    def reads(self, params: ContactParams) -> frozenset[str]:
        return frozenset({params.field.reads})

    def due(self, params: ContactParams, since: Moment, moment: Moment) -> QuerySet | None:
        return params.field.due(params.op, params.value, since, moment)

    def q(self, params: ContactParams, scope: Scope) -> Q:
        return params.field.q(params.op, params.value, scope)

    def check(self, params: ContactParams, facts: Facts, moment: Moment) -> Answer:
        field = params.field
        holds = field.holds(params.op, params.value, facts, moment)
        shown = field.shown(facts, moment)
        labels = {str(value): label for value, label in field.choices}
        if isinstance(shown, datetime):
            shown = shown.astimezone(moment.zone)
        said = labels.get(shown) if isinstance(shown, str) else None
        return Answer(holds, field.actual(facts, moment), f"{field.label}: {said or in_words(shown)}")

    def text(self, params: ContactParams) -> str:
        field, op, raw = params.field, params.op, params.raw
        labels = {str(value): str(label) for value, label in field.choices}

        def said(value: Any) -> str:
            if isinstance(value, bool):
                return in_words(value)
            return labels.get(str(value), str(value))

        if op in operators.SET:
            return f"{field.label} {operators.words(op, field.type)}"
        if op == operators.ANNIVERSARY:
            return _("%(field)s has its day in the next %(days)s days") % {"field": field.label, "days": raw}
        if op == operators.IN:
            shown = _(" or ").join(said(value) for value in raw)
        elif op == operators.BETWEEN:
            shown = _("%(low)s and %(high)s") % {"low": said(raw[0]), "high": said(raw[1])}
        else:
            shown = said(raw)
        return f"{field.label} {operators.words(op, field.type)} {shown}"

    def descriptor(self) -> Descriptor:
        return Descriptor(
            self.key,
            str(self.label),
            subject="field",
            subjects=[
                {
                    "key": field.key,
                    "label": str(field.label),
                    "type": field.type,
                    "ops": list(field.operators),
                    "choices": [[value, str(label)] for value, label in field.choices],
                }
                for field in fields().values()
            ],
        )
