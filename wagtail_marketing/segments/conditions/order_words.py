"""``orders`` in words: "has placed at least 3 orders in the last 90 days, in category PASTRY"."""

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wagtail_marketing.conf import settings
from wagtail_marketing.core.money import format_money
from wagtail_marketing.segments.engine import operators

if TYPE_CHECKING:
    from .orders import OrdersParams


def _number(value: Any) -> str:
    """A whole number without its point, days as days, money by the currency (the caller knows which)."""
    if isinstance(value, timedelta):
        value = value.total_seconds() / 86400
    return f"{float(value):g}" if value % 1 else str(int(value))


def _money(value: Any) -> str:
    return format_money(round(value), settings.currency)


def compared(op: str, value: Any, show: Any = None) -> str:
    """The comparison: "at least 3", "between 3 and 5"; ``show`` writes one value."""
    show = show or _number
    if op == operators.BETWEEN:
        return _("between %(low)s and %(high)s") % {"low": show(value[0]), "high": show(value[1])}
    patterns = {
        operators.GTE: _("at least %(value)s"),
        operators.GT: _("more than %(value)s"),
        operators.LTE: _("at most %(value)s"),
        operators.LT: _("less than %(value)s"),
        operators.IS: _("exactly %(value)s"),
        operators.IS_NOT: _("not exactly %(value)s"),
    }
    return patterns[op] % {"value": show(value)}


def text(params: "OrdersParams") -> str:
    """The end of a sentence that begins with the person."""
    details = [part for part in (params.within and params.within.text(), *_where(params)) if part]
    return ", ".join([_measured(params) + (f" {details[0]}" if params.within else ""), *details[bool(params.within) :]])


def _measured(params: "OrdersParams") -> str:
    op, value = params.op, params.value
    none = (operators.IS, 0), (operators.LTE, 0), (operators.LT, 1)
    if params.measure == "count" and (op, value) in none:
        return _("has placed no order")
    last = value[1] if op == operators.BETWEEN else value
    plural = 2 if isinstance(last, timedelta) or last != 1 else 1
    shown = compared(op, value, _money if params.measure in ("total", "average", "max") else _number)
    match params.measure:
        case "count":
            return ngettext("has placed %(n)s order", "has placed %(n)s orders", plural) % {"n": shown}
        case "total":
            return _("has spent %(amount)s") % {"amount": shown}
        case "average":
            return _("has an average order of %(amount)s") % {"amount": shown}
        case "max":
            return _("has a largest order of %(amount)s") % {"amount": shown}
        case "distinct_products":
            return ngettext("has bought %(n)s product", "has bought %(n)s different products", plural) % {"n": shown}
        case "days_since_first":
            return _("placed the first order %(n)s days ago") % {"n": shown}
    return _("placed the last order %(n)s days ago") % {"n": shown}


def _where(params: "OrdersParams") -> list[str]:
    either = _(" or ")
    found = []
    if params.category_names:
        found.append(_("in category %(names)s") % {"names": either.join(params.category_names)})
    if params.skus:
        found.append(_("with SKU %(skus)s") % {"skus": either.join(params.skus)})
    if params.code:
        found.append(_("with the code %(code)s") % {"code": params.code})
    if params.channel:
        found.append(_("through %(channel)s") % {"channel": params.channel})
    if params.min_total is not None:
        found.append(_("in orders of at least %(amount)s") % {"amount": _money(params.min_total)})
    return found


def actual(params: "OrdersParams", value: Any) -> str:
    """The actual value of one person, for "why"."""
    if value is None:
        return _("no such order")
    if isinstance(value, timedelta):
        days = value.total_seconds() / 86400
        return ngettext("%(days).1f day", "%(days).1f days", 2) % {"days": days}
    if isinstance(value, Fraction) or params.measure in ("total", "max"):
        return _money(value)
    if params.measure == "count":
        return ngettext("%(n)d order", "%(n)d orders", value) % {"n": value}
    return ngettext("%(n)d product", "%(n)d products", value) % {"n": value}
