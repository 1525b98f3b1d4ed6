"""What people ask for most, as a start: each adds its conditions to the tree."""

from django.utils.translation import gettext as _


def _orders(**params) -> dict:
    return {"kind": "orders", "params": params}


def presets() -> list[dict]:
    """``{"label", "rules"}`` for the builder; an empty value is what the person fills in."""
    return [
        {
            "label": _("No order in 60 days"),
            "rules": [_orders(measure="days_since_last", op=">=", value=60)],
        },
        {"label": _("High value"), "rules": [_orders(measure="total", op=">=", value="500")]},
        {
            "label": _("Bought a product"),
            "rules": [_orders(measure="count", op=">=", value=1, where={"skus": []})],
        },
        {
            "label": _("In a territory"),
            "rules": [{"kind": "contact", "params": {"field": "region", "op": "is", "value": ""}}],
        },
        {"label": _("New customers"), "rules": [_orders(measure="days_since_first", op="<=", value=30)]},
        {
            "label": _("At risk"),
            "rules": [
                _orders(measure="count", op=">=", value=3),
                _orders(measure="days_since_last", op="between", value=[60, 180]),
            ],
        },
    ]
