"""Kinds of condition on scores: ``rfm`` and ``score``.

``{"field": "cell", "op": "in", "value": ["champions", "loyal"]}``, ``{"field": "recency", "op": ">=", "value": 4}``;
``{"field": "engagement", "op": ">=", "value": 50}``. Who never ordered has no RFM: no comparison with it holds, and
``is_not`` does. Who did nothing has the engagement 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.segments.conditions.order_sql import between, contains_zero, interval, outside
from wagtail_marketing.segments.engine import operators, values
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, Facts, Moment, Scope, conditions

from .engine.rfm import CELLS
from .models import EngagementScore, RfmScore

CELL = "cell"
LABELS: dict[str, Any] = {
    CELL: gettext_lazy("RFM group"),
    "recency": gettext_lazy("Recency (1 to 5)"),
    "frequency": gettext_lazy("Frequency (1 to 5)"),
    "monetary": gettext_lazy("Money (1 to 5)"),
}
NUMBERS = (*operators.ORDERED, operators.IS, operators.IS_NOT)
CELL_OPS = (operators.IS, operators.IN, operators.IS_NOT, *operators.SET)


@dataclass(frozen=True, slots=True)
class ScoreParams:
    field: str
    op: str
    value: Any


def _cell(value: Any, path: str) -> str:
    key = values.text(value, path)
    if key not in CELLS:
        raise InvalidRules(
            _("“%(value)s” is not an RFM group.") % {"value": key},
            path=path,
            remedy=_("Use one of: %(known)s.") % {"known": ", ".join(CELLS)},
        )
    return key


def _number(reader: values.Reader, op: str, low: int, high: int) -> Any:
    convert: Any = values.whole(low, high)
    if op == operators.BETWEEN:
        convert = values.pair(convert)
    return convert(reader.raw("value"), reader.at("value"))


def _shown(value: Any) -> str:
    return _("%(low)s and %(high)s") % {"low": value[0], "high": value[1]} if isinstance(value, tuple) else str(value)


def _rfm(contact: Contact) -> RfmScore | None:
    return RfmScore.objects.filter(contact=contact).first()


def _engagement(contact: Contact) -> int:
    return EngagementScore.objects.filter(contact=contact).values_list("score", flat=True).first() or 0


class RfmCondition(Condition):
    key = "rfm"
    label = gettext_lazy("How good a customer (RFM)")

    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> ScoreParams:
        reader = values.Reader(params, path)
        field = reader.choice("field", LABELS)
        op = reader.choice("op", CELL_OPS if field == CELL else NUMBERS)
        value: Any = None
        if field != CELL:
            value = _number(reader, op, 1, 5)
        elif op == operators.IN:
            value = values.many(_cell)(reader.raw("value"), reader.at("value"))
        elif op not in operators.SET:
            value = _cell(reader.raw("value"), reader.at("value"))
        elif reader.has("value"):
            raise InvalidRules(
                _("This operator takes no value."), path=reader.at("value"), remedy=_("Leave “value” out.")
            )
        else:
            # Read, so that an empty one is not refused as unknown.
            reader.raw("value")
        reader.finish()
        return ScoreParams(field, op, value)

    def reads(self, params: ScoreParams) -> frozenset[str]:
        return frozenset({"rfm"})

    def q(self, params: ScoreParams, scope: Scope) -> Q:
        known = Q(rfm__recency__isnull=False)
        match params.op:
            case operators.IS_SET:
                return known
            case operators.IS_NOT_SET:
                return ~known
            case operators.IS_NOT:
                return ~(known & Q(**{f"rfm__{params.field}": params.value}))
        if params.field == CELL:
            wanted = params.value if params.op == operators.IN else (params.value,)
            return known & Q(rfm__cell__in=wanted)
        return known & between(f"rfm__{params.field}", *interval(params.op, params.value))

    def check(self, params: ScoreParams, facts: Facts, moment: Moment) -> Answer:
        row = facts.load("rfm", _rfm)
        actual = None if row is None else getattr(row, params.field)
        said = _("never ordered") if actual is None else str(CELLS[actual][0] if params.field == CELL else actual)
        return Answer(operators.holds(params.op, actual, params.value), actual, said)

    def text(self, params: ScoreParams) -> str:
        words = operators.words(params.op, "choice" if params.field == CELL else "number")
        if params.op in operators.SET:
            return f"{LABELS[params.field]} {words}"
        if params.field == CELL:
            keys = params.value if isinstance(params.value, tuple) else (params.value,)
            return f"{LABELS[CELL]} {words} {_(' or ').join(str(CELLS[key][0]) for key in keys)}"
        return f"{LABELS[params.field]} {words} {_shown(params.value)}"

    def descriptor(self) -> Descriptor:
        subjects = [
            {
                "key": key,
                "label": str(label),
                "type": "choice" if key == CELL else "number",
                "ops": list(CELL_OPS if key == CELL else NUMBERS),
                "choices": [[cell, str(name)] for cell, (name, _text) in CELLS.items()] if key == CELL else [],
            }
            for key, label in LABELS.items()
        ]
        return Descriptor(self.key, str(self.label), subject="field", subjects=subjects)


class ScoreCondition(Condition):
    """Scores from 0 to 100, of which everybody has one."""

    key = "score"
    label = gettext_lazy("How lively (score)")

    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> ScoreParams:
        reader = values.Reader(params, path)
        field = reader.choice("field", ("engagement",))
        op = reader.choice("op", NUMBERS)
        value = _number(reader, op, 0, 100)
        reader.finish()
        return ScoreParams(field, op, value)

    def reads(self, params: ScoreParams) -> frozenset[str]:
        return frozenset({"engagement"})

    def q(self, params: ScoreParams, scope: Scope) -> Q:
        if params.op == operators.IS_NOT:
            return ~self._q(operators.IS, params.value)
        return self._q(params.op, params.value)

    def _q(self, op: str, value: Any) -> Q:
        known = Q(engagement__score__isnull=False)
        low, high = interval(op, value)
        if contains_zero(low, high):
            return ~(known & outside("engagement__score", low, high))
        return known & between("engagement__score", low, high)

    def check(self, params: ScoreParams, facts: Facts, moment: Moment) -> Answer:
        actual = facts.load("engagement", _engagement)
        return Answer(operators.holds(params.op, actual, params.value), actual, str(actual))

    def text(self, params: ScoreParams) -> str:
        return f"{_('Engagement')} {operators.words(params.op, 'number')} {_shown(params.value)}"

    def descriptor(self) -> Descriptor:
        subject = {
            "key": "engagement",
            "label": _("Engagement (0 to 100)"),
            "type": "number",
            "ops": list(NUMBERS),
            "choices": [],
        }
        return Descriptor(self.key, str(self.label), subject="field", subjects=[subject])


KINDS = (RfmCondition(), ScoreCondition())


def register() -> None:
    """Called by ``AppConfig.ready``."""
    for kind in KINDS:
        conditions.register(kind.key, kind)
