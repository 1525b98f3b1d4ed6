"""Discounts that tests share, made through the services that the admin uses."""

import datetime as dt

import pytest

from wagtail_marketing.discounts import services

NOW = dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC)


@pytest.fixture
def now():
    return NOW


def percent(value, **products):
    return {"kind": "percentage", "params": {"value": value, "products": products}}


def fixed(amount, **params):
    return {"kind": "fixed_amount", "params": {"amount": amount, **params}}


def spend(amount):
    return {"match": "all", "rules": [{"kind": "min_spend", "params": {"amount": amount}}]}


def cart(*lines, currency="USD", **more):
    """`cart((2, "10.00"), (1, "5.00", "PASTRY"))`."""
    return {
        "currency": currency,
        "lines": [
            {
                "id": str(number),
                "sku": f"S{number}",
                "quantity": quantity,
                "unit_price": price,
                "categories": list(categories),
            }
            for number, (quantity, price, *categories) in enumerate(lines, 1)
        ],
        **more,
    }


@pytest.fixture
def live_discount(db):
    """Makes a live discount with one code."""

    def make(*, code="SAVE", benefit=None, limits=None, code_limits=None, **fields):
        fields.setdefault("needs_code", code is not None)
        discount = services.create_discount(
            name=fields.pop("name", "Save"), benefit=benefit or percent("10"), now=NOW, **fields
        )
        services.set_limits(discount=discount, limits=limits or {})
        if code is not None:
            services.create_code(discount=discount, code=code, limits=code_limits, now=NOW)
        return services.activate(discount=discount, now=NOW)

    return make
