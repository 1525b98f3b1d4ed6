"""``activity``: what happened, by the activity log. Machine opens and clicks never count.

``{"type": "email.clicked", "measure": "count", "op": ">=", "value": 1, "within": {"last_days": 30},
"where": {"campaign": 1, "url": ""}}``
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from wagtail_marketing.activity.models import Activity
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.segments.engine import operators, values
from wagtail_marketing.segments.engine.period import Period, passed, read_period
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, Facts, Moment, Scope

from .order_sql import between, contains_zero, instants, interval, outside
from .order_words import compared

COUNT, LAST = "count", "days_since_last"
#: The types that this package writes and people choose from; any other dotted type is taken as it is.
TYPES = {
    "email.sent": gettext_lazy("was sent an e-mail"),
    "email.opened": gettext_lazy("opened an e-mail"),
    "email.clicked": gettext_lazy("clicked in an e-mail"),
    "email.unsubscribed": gettext_lazy("unsubscribed by e-mail"),
    "email.viewed": gettext_lazy("viewed an e-mail in the browser"),
}


@dataclass(frozen=True, slots=True)
class ActivityParams:
    type: str
    measure: str
    op: str
    value: Any
    within: Period | None
    campaign: str
    url: str

    @property
    def campaign_refs(self) -> tuple[str, ...]:
        """A campaign by its number, as the log refers to it."""
        return (self.campaign, f"campaign:{self.campaign}")


def _happened(contact: Contact) -> list[tuple[str, datetime, str, str]]:
    rows = Activity.objects.filter(contact=contact, machine=False)
    return list(rows.values_list("type", "occurred_at", "campaign_ref", "url"))


class ActivityCondition(Condition):
    key = "activity"
    label = gettext_lazy("What they did")
    reusable = True

    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> ActivityParams:
        reader = values.Reader(params, path)
        measure = reader.choice("measure", (COUNT, LAST))
        convert: Any = values.number if measure == COUNT else values.days
        op = reader.choice(
            "op", (*operators.ORDERED, operators.IS, operators.IS_NOT) if measure == COUNT else operators.ORDERED
        )
        if op == operators.BETWEEN:
            convert = values.pair(convert)
        where = values.Reader(reader.raw("where") if reader.has("where") else {}, reader.at("where"))
        found = ActivityParams(
            type=values.text(reader.raw("type"), reader.at("type")),
            measure=measure,
            op=op,
            value=convert(reader.raw("value"), reader.at("value")),
            within=reader.get("within", lambda raw, at: read_period(raw, at, moment)),
            campaign=where.get("campaign", values.text, ""),
            url=where.get("url", values.text, ""),
        )
        where.finish()
        reader.finish()
        return found

    def reads(self, params: ActivityParams) -> frozenset[str]:
        return frozenset({"activity"})

    def due(self, params: ActivityParams, since: Moment, moment: Moment) -> QuerySet | None:
        ages = [params.within.last] if params.within and params.within.last is not None else []
        if params.measure == LAST:
            ages += params.value if isinstance(params.value, tuple) else [params.value]
        passing = passed("occurred_at", ages, since, moment)
        if passing is None:
            return None
        return Activity.objects.filter(passing, type=params.type, machine=False).values_list("contact_id", flat=True)

    def q(self, params: ActivityParams, scope: Scope) -> Q:
        if params.op == operators.IS_NOT:
            return ~self._q(params, operators.IS, scope)
        return self._q(params, params.op, scope)

    def _q(self, params: ActivityParams, op: str, scope: Scope) -> Q:
        rows = scope.narrow(Activity.objects.filter(type=params.type, machine=False).order_by())
        if params.within:
            rows = rows.filter(**params.within.lookups("occurred_at", scope.moment))
        if params.campaign:
            rows = rows.filter(campaign_ref__in=params.campaign_refs)
        if params.url:
            rows = rows.filter(url=params.url)
        grouped = rows.values("contact_id")
        if params.measure == LAST:
            when = instants("wm_value", op, params.value, scope.moment)
            return Q(pk__in=grouped.annotate(wm_value=Max("occurred_at")).filter(when).values("contact_id"))
        low, high = interval(op, params.value)
        if low == 1 and high is None:
            return Q(pk__in=grouped)
        counted = grouped.annotate(wm_value=Count("pk"))
        if contains_zero(low, high):
            return ~Q(pk__in=counted.filter(outside("wm_value", low, high)).values("contact_id"))
        return Q(pk__in=counted.filter(between("wm_value", low, high)).values("contact_id"))

    def check(self, params: ActivityParams, facts: Facts, moment: Moment) -> Answer:
        times = [
            at
            for kind, at, campaign, url in facts.load("activity", _happened)
            if kind == params.type
            and (not params.within or params.within.contains(at, moment))
            and (not params.campaign or campaign in params.campaign_refs)
            and (not params.url or url == params.url)
        ]
        if params.measure == COUNT:
            return Answer(operators.holds(params.op, len(times), params.value), len(times), str(len(times)))
        actual = moment.now - max(times) if times else None
        days = 0 if actual is None else actual.total_seconds() / 86400
        said = _("never") if actual is None else _("%(days).1f days ago") % {"days": days}
        return Answer(operators.holds(params.op, actual, params.value), actual, said)

    def text(self, params: ActivityParams) -> str:
        what = str(TYPES.get(params.type, params.type))
        shown = compared(params.op, params.value)
        if params.measure == COUNT:
            pattern = ngettext("%(what)s %(n)s time", "%(what)s %(n)s times", 1 if params.value == 1 else 2)
        else:
            pattern = _("%(what)s, the last time %(n)s days ago")
        parts = [pattern % {"what": what, "n": shown}]
        if params.within:
            parts[0] += f" {params.within.text()}"
        if params.campaign:
            parts.append(_("in campaign %(campaign)s") % {"campaign": params.campaign})
        if params.url:
            parts.append(_("at %(url)s") % {"url": params.url})
        return ", ".join(parts)

    def descriptor(self) -> Descriptor:
        comparisons = [*operators.ORDERED, operators.IS, operators.IS_NOT]
        return Descriptor(
            self.key,
            str(self.label),
            subject="measure",
            subjects=[
                {"key": COUNT, "label": _("how often"), "type": "number", "ops": comparisons, "choices": []},
                {
                    "key": LAST,
                    "label": _("days since the last time"),
                    "type": "days",
                    "ops": list(operators.ORDERED),
                    "choices": [],
                },
            ],
            inputs=[
                {
                    "name": "type",
                    "label": _("what"),
                    "type": "select",
                    "choices": [[key, str(label)] for key, label in TYPES.items()],
                }
            ],
            extras=[
                {"name": "within", "label": _("in a period"), "type": "period"},
                {"name": "where.campaign", "label": _("in campaign number"), "type": "text"},
                {"name": "where.url", "label": _("at the address"), "type": "text"},
            ],
        )
