"""The promotion engine: a pure function from a cart and discounts to a price.

It imports nothing of Django and nothing of the rest of the package, reads no clock and no
database, and counts in integers of minor units. The JSON forms are documented in
`docs/reference/discounts.md`.
"""

from wagtail_marketing.core.currencies import digits

from .amounts import format_amount, parse_amount
from .benefits import Benefit, Effect, View
from .cart import Cart, Facts, Line, normalise_code, parse_now
from .conditions import Condition, Context, Failure, Group
from .discount import LANES, Discount, read_discounts
from .errors import InvalidInput
from .evaluate import DiscountSet, evaluate
from .explain import wanted_facts
from .filters import ProductFilter
from .registry import benefit_kinds, condition_kinds, register_benefit, register_condition
from .request import evaluate_json, read_codes
from .result import AppliedDiscount, Evaluation, Hint, Rejected, UnitShare

__all__ = [
    "LANES",
    "AppliedDiscount",
    "Benefit",
    "Cart",
    "Condition",
    "Context",
    "Discount",
    "DiscountSet",
    "Effect",
    "Evaluation",
    "Facts",
    "Failure",
    "Group",
    "Hint",
    "InvalidInput",
    "Line",
    "ProductFilter",
    "Rejected",
    "UnitShare",
    "View",
    "benefit_kinds",
    "condition_kinds",
    "digits",
    "evaluate",
    "evaluate_json",
    "format_amount",
    "normalise_code",
    "parse_amount",
    "parse_now",
    "read_codes",
    "read_discounts",
    "register_benefit",
    "register_condition",
    "wanted_facts",
]
