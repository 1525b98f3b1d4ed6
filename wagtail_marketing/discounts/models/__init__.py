"""What it costs: discounts, the versions that price orders, codes, limits and what was redeemed.

A ``Discount`` holds the rules as staff edit them; what prices a cart is its ``live_version``, which never
changes once it is made. Amounts are integer minor units of the row's currency.
"""

from .codes import Code, CodeBatch, Limit, LimitCounter, LimitKind
from .discount import TRANSITIONS, Base, Discount, DiscountVersion, Lane, RulesVersion, Status
from .redemptions import OrderPricing, Redemption, RedemptionState, RedemptionUnit, ReturnedUnits

__all__ = [
    "Base",
    "Code",
    "CodeBatch",
    "Discount",
    "DiscountVersion",
    "Lane",
    "Limit",
    "LimitCounter",
    "LimitKind",
    "OrderPricing",
    "Redemption",
    "RedemptionState",
    "RedemptionUnit",
    "ReturnedUnits",
    "RulesVersion",
    "Status",
    "TRANSITIONS",
]
