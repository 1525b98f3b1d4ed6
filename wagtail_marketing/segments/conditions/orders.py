"""``orders``: what they bought. Placed orders that were not cancelled, money net of refunds.

``{"measure": "count", "op": ">=", "value": 3, "within": {"last_days": 90}, "where": {"categories": ["PASTRY"]}}``
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.commerce.models import Order
from wagtail_marketing.conf import settings
from wagtail_marketing.segments.engine import operators, values
from wagtail_marketing.segments.engine.period import Period, passed, read_period
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, Facts, Moment, Scope

from . import order_words
from .order_facts import measure
from .order_sql import orders_q, totals_q

COUNT, TOTAL, AVERAGE, MAX, PRODUCTS = "count", "total", "average", "max", "distinct_products"
FIRST, LAST = "days_since_first", "days_since_last"
MEASURES = (COUNT, TOTAL, AVERAGE, MAX, LAST, FIRST, PRODUCTS)
MONEY = (TOTAL, AVERAGE, MAX)
TYPES = {COUNT: "number", PRODUCTS: "number", TOTAL: "amount", AVERAGE: "amount", MAX: "amount"}
COMPARISONS = (*operators.ORDERED, operators.IS, operators.IS_NOT)


@dataclass(frozen=True, slots=True)
class OrdersParams:
    """``value`` is a Decimal (count, products; money in minor units), a timedelta, or a pair of them."""

    measure: str
    op: str
    value: Any
    within: Period | None = None
    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    #: As they were written, for the words.
    category_names: tuple[str, ...] = ()
    code: str = ""
    channel: str = ""
    min_total: Decimal | None = None

    @property
    def by_line(self) -> bool:
        """Whether an order counts only by its matching lines."""
        return bool(self.skus or self.categories)

    @property
    def unfiltered(self) -> bool:
        """Whether it asks for all orders ever, so that the totals row can answer."""
        return not (self.within or self.by_line or self.code or self.channel or self.min_total is not None)

    @property
    def zero_when_none(self) -> bool:
        """Whether somebody without a matching order has the value 0 (else none at all)."""
        return self.measure in (COUNT, TOTAL)


class OrdersCondition(Condition):
    key = "orders"
    label = gettext_lazy("What they bought")
    reusable = True

    def clean(self, params: Mapping[str, Any], path: str, moment: Moment) -> OrdersParams:
        reader = values.Reader(params, path)
        chosen = reader.choice("measure", MEASURES)
        op = reader.choice("op", operators.ORDERED if chosen in (FIRST, LAST) else COMPARISONS)
        convert: Any = values.number
        if chosen in (FIRST, LAST):
            convert = values.days
        elif chosen in MONEY:
            convert = values.amount(settings.currency)
        if op == operators.BETWEEN:
            convert = values.pair(convert)
        value = convert(reader.raw("value"), reader.at("value"))
        within = reader.get("within", lambda raw, at: read_period(raw, at, moment))
        where = values.Reader(reader.raw("where") if reader.has("where") else {}, reader.at("where"))
        names = where.get("categories", values.many(values.text), ())
        found = OrdersParams(
            measure=chosen,
            op=op,
            value=value,
            within=within,
            skus=where.get("skus", values.many(values.text), ()),
            categories=tuple(name.casefold() for name in names),
            category_names=names,
            code=where.get("code", values.text, "").upper(),
            channel=where.get("channel", values.text, ""),
            min_total=where.get("min_total", values.amount(settings.currency)),
        )
        where.finish()
        reader.finish()
        return found

    def reads(self, params: OrdersParams) -> frozenset[str]:
        return frozenset({"orders"})

    def due(self, params: OrdersParams, since: Moment, moment: Moment) -> QuerySet | None:
        ages = [params.within.last] if params.within and params.within.last is not None else []
        if params.measure in (FIRST, LAST):
            ages += params.value if isinstance(params.value, tuple) else [params.value]
        passing = passed("placed_at", ages, since, moment)
        if passing is None:
            return None
        # Whatever it asks of the order: that one of this age is the first, the last or a matching one is judged.
        rows = Order.objects.filter(passing, cancelled_at__isnull=True, contact__isnull=False)
        return rows.values_list("contact_id", flat=True)

    def q(self, params: OrdersParams, scope: Scope) -> Q:
        if params.unfiltered and params.measure != PRODUCTS:
            return totals_q(params, scope.moment)
        return orders_q(params, scope)

    def check(self, params: OrdersParams, facts: Facts, moment: Moment) -> Answer:
        actual = measure(params, facts, moment)
        value = params.value
        if params.measure not in (FIRST, LAST):
            # Exact: an average is a fraction, which does not compare with a Decimal.
            value = tuple(map(Fraction, value)) if isinstance(value, tuple) else Fraction(value)
        return Answer(operators.holds(params.op, actual, value), actual, order_words.actual(params, actual))

    def text(self, params: OrdersParams) -> str:
        return order_words.text(params)

    def descriptor(self) -> Descriptor:
        labels = {
            COUNT: _("number of orders"),
            TOTAL: _("money spent"),
            AVERAGE: _("average order"),
            MAX: _("largest order"),
            LAST: _("days since the last order"),
            FIRST: _("days since the first order"),
            PRODUCTS: _("different products bought"),
        }
        return Descriptor(
            self.key,
            str(self.label),
            subject="measure",
            subjects=[
                {
                    "key": key,
                    "label": labels[key],
                    "type": TYPES.get(key, "days"),
                    "ops": list(operators.ORDERED if key in (FIRST, LAST) else COMPARISONS),
                    "choices": [],
                }
                for key in MEASURES
            ],
            extras=[
                {"name": "within", "label": _("in a period"), "type": "period"},
                {"name": "where.categories", "label": _("in category"), "type": "list", "suggest": "categories"},
                {"name": "where.skus", "label": _("with SKU"), "type": "list", "suggest": "skus"},
                {"name": "where.code", "label": _("with the code"), "type": "text"},
                {"name": "where.channel", "label": _("through the channel"), "type": "text", "suggest": "channels"},
                {"name": "where.min_total", "label": _("of orders of at least"), "type": "amount"},
            ],
        )
