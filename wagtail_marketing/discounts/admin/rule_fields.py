"""Between the form's fields and the engine's JSON, in both directions."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

#: Kinds of condition that the form has fields for; each may stand there once, in one group.
SIMPLE = frozenset({"min_spend", "min_quantity", "segment", "tag", "first_order"})
#: Benefits that the form has fields for.
BENEFITS = frozenset({"percentage", "fixed_amount"})


def words(text: str) -> list[str]:
    """One entry per line, without blanks and repeats."""
    return list(dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip()))


def read_attributes(text: str) -> dict[str, list[str]]:
    """`brand: National, Private`, one attribute per line. Raises ValueError for a line without a colon."""
    found: dict[str, list[str]] = {}
    for line in words(text):
        name, colon, values = line.partition(":")
        listed = [value.strip() for value in values.split(",") if value.strip()]
        if not colon or not name.strip() or not listed:
            raise ValueError(line)
        found.setdefault(name.strip(), []).extend(listed)
    return found


def write_attributes(attributes: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {', '.join(values)}" for name, values in attributes.items())


def products_from(data: Mapping[str, Any]) -> dict[str, Any]:
    """The product filter of the form's cleaned fields, without empty parts."""
    products: dict[str, Any] = {
        "categories": data.get("categories") or [],
        "skus": data.get("skus") or [],
        "exclude_categories": data.get("exclude_categories") or [],
        "exclude_skus": data.get("exclude_skus") or [],
        "attributes": data.get("attributes") or {},
    }
    return {name: value for name, value in products.items() if value}


def benefit_from(data: Mapping[str, Any], places: int) -> dict[str, Any]:
    products = products_from(data)
    if data.get("benefit_kind") == "fixed_amount":
        params = {"amount": _text(data.get("amount"), places), "per": data.get("per") or "order"}
        return {"kind": "fixed_amount", "params": {**params, "products": products}}
    percent = data.get("percent")
    value = "0" if percent is None else f"{percent.normalize():f}"
    return {"kind": "percentage", "params": {"value": value, "products": products}}


def conditions_from(data: Mapping[str, Any], places: int) -> dict[str, Any]:
    products = {"products": products_from(data)} if data.get("minimum_of_products") and products_from(data) else {}
    rules: list[dict[str, Any]] = []
    if data.get("min_spend") is not None:
        rules.append({"kind": "min_spend", "params": {"amount": _text(data["min_spend"], places), **products}})
    if data.get("min_quantity"):
        rules.append({"kind": "min_quantity", "params": {"quantity": data["min_quantity"], **products}})
    for kind, field in (("segment", "segments"), ("tag", "tags")):
        if data.get(field):
            rules.append({"kind": kind, "params": {"any_of": list(data[field])}})
    if data.get("first_order"):
        rules.append({"kind": "first_order", "params": {}})
    return {"match": "all", "rules": rules}


def initial_of(benefit: Mapping[str, Any], conditions: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields show for rules that are there already."""
    params = benefit.get("params") or {}
    products = params.get("products") or {}
    initial: dict[str, Any] = {
        "benefit_kind": benefit.get("kind", "percentage"),
        "percent": params.get("value"),
        "amount": params.get("amount"),
        "per": params.get("per", "order"),
        "attributes": write_attributes(products.get("attributes") or {}),
    }
    for name in ("categories", "skus", "exclude_categories", "exclude_skus"):
        initial[name] = "\n".join(products.get(name, ()))
    for rule in conditions.get("rules", ()) if is_simple(benefit, conditions) else ():
        given = rule.get("params") or {}
        initial["minimum_of_products"] = initial.get("minimum_of_products") or bool(given.get("products"))
        initial |= {
            "min_spend": lambda given: {"min_spend": given["amount"]},
            "min_quantity": lambda given: {"min_quantity": given["quantity"]},
            "segment": lambda given: {"segments": given["any_of"]},
            "tag": lambda given: {"tags": given["any_of"]},
            "first_order": lambda given: {"first_order": True},
        }[rule["kind"]](given)
    return initial


def is_simple(benefit: Mapping[str, Any], conditions: Mapping[str, Any]) -> bool:
    """Whether the form's fields can show the conditions; others are kept as they are."""
    rules = conditions.get("rules", ())
    kinds = [rule.get("kind") for rule in rules]
    filters = [(rule.get("params") or {}).get("products") or {} for rule in rules]
    own = (benefit.get("params") or {}).get("products") or {}
    minimums = [f for f, kind in zip(filters, kinds, strict=True) if kind in ("min_spend", "min_quantity")]
    return (
        conditions.get("match", "all") == "all"
        and all(kind in SIMPLE for kind in kinds)
        and len(set(kinds)) == len(kinds)
        and (not any(minimums) or all(f == own for f in minimums))
    )


def _text(amount: Decimal | None, places: int) -> str:
    return f"{amount or Decimal(0):.{places}f}"
