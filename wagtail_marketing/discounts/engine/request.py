"""One request in JSON, as the command, the REST endpoint and the tests use it."""

from collections.abc import Mapping
from typing import Any

from .cart import Cart, Facts, parse_now
from .discount import read_discounts
from .errors import InvalidInput
from .evaluate import evaluate
from .result import Evaluation


def evaluate_json(data: object, path: str = "") -> Evaluation:
    """`{"cart", "discounts", "facts", "now", "codes"}` to its Evaluation; raises InvalidInput."""
    if not isinstance(data, Mapping):
        raise InvalidInput(path, "must be an object with cart, discounts, facts, now and codes")
    at = f"{path}." if path else ""
    for key in data:
        if key not in ("cart", "discounts", "facts", "now", "codes"):
            raise InvalidInput(f"{at}{key}", "is not known here")
    for key in ("cart", "now"):
        if data.get(key) is None:
            raise InvalidInput(f"{at}{key}", "is required")
    cart = Cart.from_json(data["cart"], f"{at}cart")
    return evaluate(
        cart,
        read_discounts(_or(data.get("discounts"), []), cart.places, f"{at}discounts"),
        Facts.from_json(_or(data.get("facts"), {}), f"{at}facts"),
        now=parse_now(data["now"], f"{at}now"),
        codes=read_codes(_or(data.get("codes"), []), f"{at}codes"),
    )


def read_codes(value: object, path: str = "codes") -> list[str]:
    if not isinstance(value, list | tuple):
        raise InvalidInput(path, "must be a list of strings")
    for number, code in enumerate(value):
        if not isinstance(code, str):
            raise InvalidInput(f"{path}[{number}]", "must be a string")
    return list(value)


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value
