"""What people ask for most, as a start: a card with a number to fill, which adds its conditions to the tree."""

from typing import Any

from django.utils.translation import gettext as _


def _orders(**params: Any) -> dict:
    return {"kind": "orders", "params": params}


def _contact(**params: Any) -> dict:
    return {"kind": "contact", "params": params}


def _clicks(days: int) -> dict:
    params = {"measure": "count", "type": "email.clicked", "op": ">=", "value": 1, "within": {"last_days": days}}
    return {"kind": "activity", "params": params}


def _card(key: str, label: str, text: str, rules: list[dict], *blanks: dict) -> dict:
    return {"key": key, "label": label, "text": text, "rules": rules, "blanks": list(blanks)}


def _blank(path: str, label: str, kind: str, default: Any = "", **more: Any) -> dict:
    """An input of the card: ``path`` is where its value stands in ``rules``; the rest is as in a descriptor."""
    return {"path": path, "label": label, "type": kind, "default": default, **more}


def presets() -> list[dict]:
    """``{"key", "label", "text", "rules", "blanks"}`` for the builder; what is left empty is filled in later."""
    subscribed = {"kind": "consent", "params": {"channel": "email", "state": "subscribed"}}
    return [
        _card(
            "lapsed",
            _("No order lately"),
            _("Ordered before, but not for a while."),
            [_orders(measure="days_since_last", op=">=", value=60)],
            _blank("0.params.value", _("for at least"), "days", 60),
        ),
        _card(
            "high-value",
            _("High value"),
            _("Spent much in all, net of refunds."),
            [_orders(measure="total", op=">=", value="500")],
            _blank("0.params.value", _("at least"), "amount", "500"),
        ),
        _card(
            "bought",
            _("Bought a product"),
            _("Has an order with one of these products."),
            [_orders(measure="count", op=">=", value=1, where={"skus": []})],
            _blank("0.params.where.skus", _("SKUs"), "list", suggest="skus"),
        ),
        _card(
            "category",
            _("Buys from a category"),
            _("Has a recent order from one of these categories."),
            [_orders(measure="count", op=">=", value=1, within={"last_days": 90}, where={"categories": []})],
            _blank("0.params.where.categories", _("categories"), "list", suggest="categories"),
            _blank("0.params.within.last_days", _("in the last"), "days", 90),
        ),
        _card(
            "territory",
            _("In a territory"),
            _("Lives in one region."),
            [_contact(field="region", op="is", value="")],
            _blank("0.params.value", _("region"), "text"),
        ),
        _card(
            "new",
            _("New customers"),
            _("Placed the first order not long ago."),
            [_orders(measure="days_since_first", op="<=", value=30)],
            _blank("0.params.value", _("in the last"), "days", 30),
        ),
        _card(
            "at-risk",
            _("At risk"),
            _("Used to order often, and has been away for long, but not for ever."),
            [
                _orders(measure="count", op=">=", value=3),
                _orders(measure="days_since_last", op="between", value=[60, 180]),
            ],
            _blank("0.params.value", _("orders, at least"), "number", 3),
            _blank("1.params.value.0", _("away for at least"), "days", 60),
            _blank("1.params.value.1", _("and at most"), "days", 180),
        ),
        _card(
            "birthday",
            _("Birthday soon"),
            _("Has a birthday in the next days."),
            [_contact(field="birthday", op="anniversary_within_days", value=14)],
            _blank("0.params.value", _("in the next"), "days", 14),
        ),
        _card(
            "never-ordered",
            _("Never ordered"),
            _("Is known to the shop and has no order at all."),
            [_orders(measure="count", op="is", value=0)],
        ),
        _card(
            "never-clicked",
            _("Subscribed, never clicked"),
            _("May get e-mails and clicked in none of them."),
            [subscribed, {"match": "none", "rules": [_clicks(365)]}],
            _blank("1.rules.0.params.within.last_days", _("in the last"), "days", 365),
        ),
    ]
