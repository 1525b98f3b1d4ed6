"""Orders as SQL: one set of contacts for each condition, by ``GROUP BY`` over what matches.

Every comparison of a whole number becomes an interval ``low <= x <= high``. Where somebody without orders
has the value 0 and 0 is inside the interval, the set of those outside it is taken and negated.
"""

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Count,
    ExpressionWrapper,
    F,
    Max,
    Min,
    Q,
    QuerySet,
    Subquery,
    Sum,
    lookups,
)

from wagtail_marketing.commerce.models import Order, OrderLine, Product
from wagtail_marketing.segments.engine import operators
from wagtail_marketing.segments.registry import Moment, Scope

if TYPE_CHECKING:
    from .orders import OrdersParams

LOOKUPS = {
    operators.IS: lookups.Exact,
    operators.GT: lookups.GreaterThan,
    operators.GTE: lookups.GreaterThanOrEqual,
    operators.LT: lookups.LessThan,
    operators.LTE: lookups.LessThanOrEqual,
}


def net(prefix: str = "") -> ExpressionWrapper:
    """Money net of refunds, in minor units of the base currency, of an order or a line."""
    # Named as big: Django answers a comparison beyond an IntegerField's range by itself, and wrongly for sums.
    return ExpressionWrapper(F(f"{prefix}total_base") - F(f"{prefix}refunded_base"), BigIntegerField())


def interval(op: str, value: Any) -> tuple[int | None, int | None]:
    """Whole numbers ``x`` for which ``x op value``, as (low, high), inclusive; None is open."""
    match op:
        case operators.GTE:
            return math.ceil(value), None
        case operators.GT:
            return math.floor(value) + 1, None
        case operators.LTE:
            return None, math.floor(value)
        case operators.LT:
            return None, math.ceil(value) - 1
        case operators.BETWEEN:
            return math.ceil(value[0]), math.floor(value[1])
        case operators.IS:
            return math.ceil(value), math.floor(value)
    raise ValueError(op)


def between(column: str, low: int | None, high: int | None) -> Q:
    found = Q()
    if low is not None:
        found &= Q(**{f"{column}__gte": low})
    if high is not None:
        found &= Q(**{f"{column}__lte": high})
    return found


def outside(column: str, low: int | None, high: int | None) -> Q:
    found = Q()
    if low is not None:
        found |= Q(**{f"{column}__lt": low})
    if high is not None:
        found |= Q(**{f"{column}__gt": high})
    return found


def between_sql(low: int | None, high: int | None) -> str:
    """The same of ``COUNT(*)``, which needs no parameter: both are whole numbers of ours."""
    bounds = [f"COUNT(*) >= {low:d}"] if low is not None else []
    return " AND ".join([*bounds, f"COUNT(*) <= {high:d}"] if high is not None else bounds) or "COUNT(*) >= 0"


def outside_sql(low: int | None, high: int | None) -> str:
    bounds = [f"COUNT(*) < {low:d}"] if low is not None else []
    return " OR ".join([*bounds, f"COUNT(*) > {high:d}"] if high is not None else bounds) or "COUNT(*) < 0"


def average_q(total: str, count: str, op: str, value: Any) -> Q:
    """``average op value`` as ``total * scale op value * scale * count``: exact in whole numbers."""
    if op == operators.BETWEEN:
        return average_q(total, count, operators.GTE, value[0]) & average_q(total, count, operators.LTE, value[1])
    exact = Decimal(value).normalize()
    scale = 10 ** max(0, -int(exact.as_tuple().exponent))
    return Q(LOOKUPS[op](F(total) * scale, F(count) * int(exact * scale)))


def instants(column: str, op: str, value: Any, moment: Moment) -> Q:
    """``days since column op value``: elapsed time from now, so ``>= d`` is ``column <= now - d``."""
    if op == operators.BETWEEN:
        return Q(**{f"{column}__gte": moment.now - value[1], f"{column}__lte": moment.now - value[0]})
    lookup = {">=": "lte", ">": "lt", "<=": "gte", "<": "gt"}[op]
    return Q(**{f"{column}__{lookup}": moment.now - value})


def totals_q(params: "OrdersParams", moment: Moment) -> Q:
    """All orders ever: the totals row answers, without a scan. Some contacts have no row."""
    op, value = params.op, params.value
    if op == operators.IS_NOT:
        return ~_totals_q(params, operators.IS, value, moment)
    return _totals_q(params, op, value, moment)


def _totals_q(params: "OrdersParams", op: str, value: Any, moment: Moment) -> Q:
    known = Q(totals__order_count__isnull=False)
    bought = known & Q(totals__order_count__gt=0)
    match params.measure:
        case "count" | "total":
            column = "totals__order_count" if params.measure == "count" else "totals__total_base"
            low, high = interval(op, value)
            if contains_zero(low, high):
                return ~(known & outside(column, low, high))
            return known & between(column, low, high)
        case "max":
            return bought & between("totals__max_base", *interval(op, value))
        case "average":
            return bought & average_q("totals__total_base", "totals__order_count", op, value)
        case "days_since_first" | "days_since_last":
            column = "totals__first_order_at" if params.measure.endswith("first") else "totals__last_order_at"
            return bought & instants(column, op, value, moment)
    raise ValueError(params.measure)


def contains_zero(low: int | None, high: int | None) -> bool:
    return (low is None or low <= 0) and (high is None or high >= 0)


def orders_q(params: "OrdersParams", scope: Scope) -> Q:
    """Whoever's matching orders satisfy the comparison, as ``id IN (SELECT contact ... GROUP BY ...)``."""
    if params.op == operators.IS_NOT:
        return ~_orders_q(params, operators.IS, params.value, scope)
    return _orders_q(params, params.op, params.value, scope)


def _orders_q(params: "OrdersParams", op: str, value: Any, scope: Scope) -> Q:
    rows = Matching(params, scope)
    match params.measure:
        case "count":
            low, high = interval(op, value)
            if low == 1 and high is None:
                return rows.anyone()
            if high == 0 and (low is None or low <= 0):
                return ~rows.anyone()
            if not rows.by_line:
                return rows.counted(low, high, wm_value=rows.count)
            if contains_zero(low, high):
                return ~rows.with_different("order_id", outside_sql(low, high))
            return rows.with_different("order_id", between_sql(low, high))
        case "total":
            return rows.counted(*interval(op, value), wm_value=Sum(net()))
        case "distinct_products":
            return rows.with_different("sku", between_sql(*interval(op, value)))
        case "max":
            low, high = interval(op, value)
            found = rows.anyone() if low is None else rows.with_an_order_of(low)
            return found if high is None else found & ~rows.with_an_order_of(high + 1)
        case "average":
            average = average_q("wm_total", "wm_count", op, value)
            return rows.having(average, wm_total=Sum(net()), wm_count=rows.count)
        case "days_since_first" | "days_since_last":
            end = (Min if params.measure == "days_since_first" else Max)(f"{rows.order}placed_at")
            return rows.having(instants("wm_value", op, value, scope.moment), wm_value=end)
    raise ValueError(params.measure)


class Different(Subquery):
    """The contacts of pairs (contact, something), each pair once, by how many pairs they have.

    ``COUNT(DISTINCT ...)`` says the same, but PostgreSQL answers it by sorting all rows; pairs are hashed.
    """

    template = "(SELECT pair.%(contact)s FROM (%(subquery)s) AS pair GROUP BY pair.%(contact)s HAVING %(having)s)"


class Matching:
    """The matching orders; or the matching lines, where only those count or are counted."""

    def __init__(self, params: "OrdersParams", scope: Scope):
        self.by_line = params.by_line or params.measure == "distinct_products"
        #: Path from a row to its order, and to the order's contact.
        self.order = "order__" if self.by_line else ""
        self.contact = f"{self.order}contact_id"
        self.count = Count("order_id", distinct=True) if self.by_line else Count("pk")
        rows = (OrderLine if self.by_line else Order)._default_manager.order_by()
        self.rows: QuerySet = scope.narrow(self._filtered(rows, params, scope), f"{self.order}contact")

    def _filtered(self, rows: QuerySet, params: "OrdersParams", scope: Scope) -> QuerySet:
        order = self.order
        # Guests' orders have no contact, and one NULL would empty every NOT IN.
        rows = rows.filter(**{f"{order}cancelled_at__isnull": True, f"{order}contact__isnull": False})
        if params.within:
            rows = rows.filter(**params.within.lookups(f"{order}placed_at", scope.moment))
        if params.channel:
            rows = rows.filter(**{f"{order}channel": params.channel})
        if params.code:
            # At most one row an order (wm_order_code_once), so that nothing is counted twice.
            rows = rows.filter(**{f"{order}codes__code": params.code})
        if params.min_total is not None:
            rows = rows.filter(lookups.GreaterThanOrEqual(net(order), math.ceil(params.min_total)))
        if params.skus:
            rows = rows.filter(sku__in=params.skus)
        if params.categories:
            # Not a join: a product in two of the categories is still one line.
            in_categories = Product.categories.through.objects.filter(category__folded__in=params.categories)
            rows = rows.filter(product_id__in=in_categories.values("product_id"))
        return rows

    def anyone(self) -> Q:
        """Contacts with a matching order."""
        return Q(pk__in=self.rows.values(self.contact))

    def having(self, condition: Q, **aggregates: Any) -> Q:
        """Contacts whose matching orders, taken together, satisfy ``condition``."""
        return Q(pk__in=self.rows.values(self.contact).annotate(**aggregates).filter(condition).values(self.contact))

    def with_different(self, what: str, having: str) -> Q:
        """Contacts by how many different ``what`` their matching rows hold; ``having`` compares ``COUNT(*)``."""
        pairs = self.rows.values(self.contact, what).distinct()
        contact = connection.ops.quote_name(self.contact)
        return Q(pk__in=Different(pairs, contact=contact, having=having, output_field=BigIntegerField()))

    def counted(self, low: int | None, high: int | None, **aggregate: Any) -> Q:
        """The same for a value that is 0 for those without a matching order."""
        (name,) = aggregate
        if contains_zero(low, high):
            return ~self.having(outside(name, low, high), **aggregate)
        return self.having(between(name, low, high), **aggregate)

    def with_an_order_of(self, least: int) -> Q:
        """Contacts with one matching order of at least that money (of its matching lines, where those count)."""
        if not self.by_line:
            return Q(pk__in=self.rows.filter(lookups.GreaterThanOrEqual(net(), least)).values(self.contact))
        each = self.rows.values("order_id", self.contact).annotate(wm_value=Sum(net()))
        return Q(pk__in=each.filter(wm_value__gte=least).values(self.contact))
