"""A discount in plain words: the summary that staff read, and what a shopper is told about a code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wagtail_marketing.core.clock import shop_zone
from wagtail_marketing.core.money import format_money, to_minor

from . import engine
from .models import Lane, LimitKind
from .registry import label_of


def summary(
    rules: Mapping[str, Any],
    *,
    limits: Mapping[str, int] | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> str:
    """One sentence from rules in the engine's JSON form: what, of what, when, for whom, how often, with what."""
    parts = [
        benefit(rules),
        *conditions(rules.get("conditions") or {}, rules["currency"]),
        *limit_words(limits or {}),
        schedule(starts_at, ends_at),
        _("with a code") if rules.get("needs_code") else _("applied by itself"),
    ]
    text = ", ".join(part for part in parts if part)
    return f"{text[:1].upper()}{text[1:]}; {combining(rules)}."


def benefit(rules: Mapping[str, Any]) -> str:
    """`20 % off PASTRY, 15.00 $ at most`."""
    kind, params = rules["benefit"].get("kind"), rules["benefit"].get("params") or {}
    currency = rules["currency"]
    of = products(params.get("products") or {}, order=rules.get("lane") != Lane.PRODUCT)
    if kind == "percentage":
        text = _("%(value)s %% off %(what)s") % {"value": params.get("value"), "what": of}
    elif kind == "fixed_amount" and params.get("per") == "unit":
        text = _("%(amount)s off each unit of %(what)s") % {"amount": _money(params, currency), "what": of}
    elif kind == "fixed_amount":
        text = _("%(amount)s off %(what)s") % {"amount": _money(params, currency), "what": of}
    else:
        text = _other_benefit(kind, params, currency, of)
    most = [text]
    if rules.get("max_discount"):
        most.append(
            _("at most %(amount)s") % {"amount": format_money(to_minor(rules["max_discount"], currency), currency)}
        )
    if rules.get("max_applications"):
        count = rules["max_applications"]
        most.append(ngettext("on one unit at most", "on %(count)s units at most", count) % {"count": count})
    return ", ".join(most)


def _other_benefit(kind: str | None, params: Mapping[str, Any], currency: str, of: str) -> str:
    if kind == "fixed_price":
        return _("%(what)s for %(price)s each") % {"what": of, "price": _money(params, currency, "price")}
    if kind == "bundle_price":
        return _("%(count)s of %(what)s for %(price)s") % {
            "count": params.get("quantity"),
            "what": of,
            "price": _money(params, currency, "price"),
        }
    if kind == "buy_x_get_y":
        return _buy_and_get(params, currency)
    if kind in ("tiered_spend", "tiered_quantity"):
        steps = [_tier(tier, currency, kind == "tiered_spend") for tier in params.get("tiers", ())]
        return _("%(steps)s off %(what)s") % {"steps": get_text_list(steps, _("or")), "what": of}
    if kind == "shipping":
        if params.get("percent") == "100":
            return _("free shipping")
        off = _reward(params, currency, "percent", "amount")
        return _("%(off)s off shipping") % {"off": off}
    if kind == "gift":
        return _("a gift: %(count)s × %(sku)s") % {"count": params.get("quantity", 1), "sku": params.get("sku")}
    if kind == "points_multiplier":
        return _("%(value)s times the points") % {"value": params.get("value")}
    return str(kind)


def _buy_and_get(params: Mapping[str, Any], currency: str) -> str:
    buy, get = params.get("buy") or {}, params.get("get") or {}
    words = {
        "buy": buy.get("quantity"),
        "what": products(buy.get("products") or {}, order=False),
        "get": get.get("quantity"),
        "other": products(get.get("products") or {}, order=False),
        "off": _reward(get, currency, "percent_off", "amount_off"),
    }
    if get.get("percent_off") == "100":
        return _("buy %(buy)s of %(what)s and get %(get)s of %(other)s free") % words
    return _("buy %(buy)s of %(what)s and get %(off)s off %(get)s of %(other)s") % words


def _tier(tier: Mapping[str, Any], currency: str, money: bool) -> str:
    start = _money(tier, currency, "from") if money else tier.get("from")
    return _("%(off)s from %(start)s") % {"off": _reward(tier, currency, "percent", "amount"), "start": start}


def _reward(params: Mapping[str, Any], currency: str, percent: str, amount: str) -> str:
    if params.get(percent) is not None:
        return _("%(value)s %%") % {"value": params[percent]}
    return _money(params, currency, amount)


def products(products: Mapping[str, Any], *, order: bool) -> str:
    """`PASTRY or S1, without WINE`; an empty filter is the whole order, or all products."""
    named = [*products.get("categories", ()), *products.get("skus", ())]
    for name, values in (products.get("attributes") or {}).items():
        named.append(_("%(name)s %(values)s") % {"name": name, "values": get_text_list(list(values), _("or"))})
    text = get_text_list(named, _("or")) if named else (_("the order") if order else _("every product"))
    without = [*products.get("exclude_categories", ()), *products.get("exclude_skus", ())]
    if without:
        text = _("%(what)s without %(others)s") % {"what": text, "others": get_text_list(without, _("and"))}
    return text


def conditions(group: Mapping[str, Any], currency: str) -> list[str]:
    """What must hold, one phrase per condition; alternatives and exclusions in one."""
    phrases = [_condition(rule, currency) for rule in group.get("rules", ())]
    if not phrases:
        return []
    match = group.get("match", "all")
    if match == "any":
        return [get_text_list(phrases, _("or"))]
    if match == "none":
        return [_("not if %(conditions)s") % {"conditions": get_text_list(phrases, _("or"))}]
    return phrases


def _condition(rule: Mapping[str, Any], currency: str) -> str:
    if "match" in rule:
        return "(" + ", ".join(conditions(rule, currency)) + ")"
    kind, params = rule.get("kind"), rule.get("params") or {}
    of = products(params.get("products") or {}, order=True)
    if kind == "min_spend":
        if params.get("products"):
            return _("from %(amount)s of %(what)s") % {"amount": _money(params, currency), "what": of}
        return _("orders from %(amount)s") % {"amount": _money(params, currency)}
    if kind == "min_quantity":
        count = params.get("quantity", 0)
        if params.get("products"):
            return ngettext("from one unit of %(what)s", "from %(count)s units of %(what)s", count) % {
                "count": count,
                "what": of,
            }
        return ngettext("from one unit", "from %(count)s units", count) % {"count": count}
    if kind in ("segment", "tag", "tier"):
        fact = {"segment": "segments", "tag": "tags", "tier": "tier"}[kind]
        names = [label_of(fact, value) for value in params.get("any_of", ())]
        return _("for %(names)s") % {"names": get_text_list(names, _("or"))}
    if kind == "first_order":
        return _("on the first order")
    if kind == "nth_order":
        return _("on order number %(n)s") % {"n": params.get("n")}
    if kind == "birthday":
        return _("around the birthday")
    if kind == "time":
        return _("at certain hours")
    if kind == "cart":
        value = params.get("value")
        values = get_text_list([str(one) for one in (value if isinstance(value, list) else [value])], _("or"))
        words = {"path": params.get("path"), "values": values}
        if params.get("op") == "is_not":
            return _("where %(path)s is not %(values)s") % words
        return _("where %(path)s is %(values)s") % words
    return str(kind)


def limit_words(limits: Mapping[str, int]) -> list[str]:
    phrases = {
        LimitKind.PER_CONTACT: lambda n: ngettext("once per customer", "%(n)s times per customer", n),
        LimitKind.PER_CODE: lambda n: ngettext("once per code", "%(n)s times per code", n),
        LimitKind.TOTAL: lambda n: ngettext("once in all", "%(n)s times in all", n),
    }
    return [phrase(limits[kind]) % {"n": limits[kind]} for kind, phrase in phrases.items() if limits.get(kind)]


def schedule(starts_at: datetime | None, ends_at: datetime | None) -> str:
    if starts_at and ends_at:
        return _("%(start)s to %(end)s") % {"start": _moment(starts_at), "end": _moment(ends_at)}
    if starts_at:
        return _("from %(start)s") % {"start": _moment(starts_at)}
    return _("until %(end)s") % {"end": _moment(ends_at)} if ends_at else ""


def combining(rules: Mapping[str, Any]) -> str:
    if rules.get("exclusive"):
        return _("never together with another discount")
    lanes = [str(Lane(lane).label).lower() for lane in Lane.values if lane in rules.get("combines_with", ())]
    if not lanes:
        return _("does not combine with other discounts")
    return _("combines with discounts on %(lanes)s") % {"lanes": get_text_list(lanes, _("and"))}


def rejection(rejected: engine.Rejected, *, known: bool) -> str:
    """What a shopper is told of a code. ``known``: the code is bound to them; a stranger's wrong, expired or
    used-up code gets one answer, so that nobody learns which codes exist."""
    reason = rejected.reasons[0] if rejected.reasons else engine.Failure("no_effect")
    if not known and reason.reason in ("code_not_valid", "limit_reached"):
        return _("This code is not valid.")
    return {
        "code_not_valid": _("This code is not valid."),
        "limit_reached": _("This code was used already."),
        "min_spend": _("This code needs a larger order."),
        "min_quantity": _("This code needs more items."),
        "not_combined": _("This code does not go together with a better discount in your cart."),
        "no_effect": _("This code changes nothing in your cart."),
    }.get(reason.reason, _("This code does not apply to your cart."))


def _money(params: Mapping[str, Any], currency: str, key: str = "amount") -> str:
    return format_money(to_minor(params.get(key) or "0", currency), currency)


def _moment(moment: datetime) -> str:
    local = moment.astimezone(shop_zone())
    return date_format(local, "DATETIME_FORMAT" if (local.hour or local.minute) else "DATE_FORMAT")
