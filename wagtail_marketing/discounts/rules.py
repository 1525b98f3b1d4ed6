"""From a discount's row to the JSON that the engine reads, and to what the engine made of it."""

from typing import Any

from wagtail_marketing.core.errors import InvalidInput

from . import engine
from .models import Discount


def rules_of(discount: Discount) -> dict[str, Any]:
    """The discount's rules in the engine's JSON form, as a version keeps them.

    ``currency`` and ``needs_code`` stand beside them: they are frozen too.
    """
    places = engine.digits(discount.currency)
    cap = discount.max_discount_minor
    return {
        "id": str(discount.pk),
        "currency": discount.currency,
        "needs_code": discount.needs_code,
        "lane": discount.lane,
        "priority": discount.priority,
        "group": discount.group or None,
        "exclusive": discount.exclusive,
        "combines_with": sorted(discount.combines_with),
        "base": discount.base,
        "max_discount": None if cap is None else engine.format_amount(cap, places),
        "max_applications": discount.max_applications,
        "conditions": discount.conditions or {"match": "all", "rules": []},
        "benefit": discount.benefit,
    }


def compile_rules(rules: dict[str, Any]) -> engine.Discount:
    """Raises the engine's ``InvalidInput``."""
    return engine.Discount.from_json(rules, engine.digits(rules["currency"]), "")


def check_rules(discount: Discount) -> engine.Discount:
    """Raise the domain's ``InvalidInput``, naming the field, where the engine cannot read the rules."""
    rules = rules_of(discount)
    rules["id"] = rules["id"] or "new"
    try:
        return compile_rules(rules)
    except engine.InvalidInput as error:
        field = error.path.partition(".")[0].partition("[")[0]
        raise InvalidInput(f"{error.path}: {error.message}", field=field) from error
