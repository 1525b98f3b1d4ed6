"""Benefits that leave the lines alone: shipping, gifts, points."""

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from wagtail_marketing.discounts.engine.amounts import Percent
from wagtail_marketing.discounts.engine.cart import Cart
from wagtail_marketing.discounts.engine.filters import CartIndex, ProductFilter
from wagtail_marketing.discounts.engine.reader import Reader
from wagtail_marketing.discounts.engine.registry import register_benefit

from .base import Benefit, Effect, View

ALL_LANES = frozenset({"product", "order", "shipping"})


class _Beside(Benefit):
    """Uses no units."""

    works_per_line: ClassVar[bool] = True
    follows_amount: ClassVar[bool] = True

    def lines(self, index: CartIndex) -> int:
        return 0

    def index_by(self) -> ProductFilter | None:
        return None

    def has_target(self, cart: Cart, mask: int) -> bool:
        return True


@register_benefit("shipping")
@dataclass(frozen=True)
class Shipping(_Beside):
    """A percentage or an amount off shipping, by any method or one that is listed."""

    percent: Percent | None
    amount: int | None
    methods: frozenset[str]
    lanes: ClassVar[frozenset[str]] = frozenset({"shipping"})

    @classmethod
    def read(cls, reader: Reader) -> "Shipping":
        reader.only("percent", "amount", "methods")
        amount = reader.amount("amount", None)
        if (amount is None) == (reader.get("percent", None) is None):
            raise reader.fail("amount", "or percent must be given, not both")
        return cls(None if amount is not None else reader.percent("percent"), amount, reader.texts("methods"))

    def has_target(self, cart: Cart, mask: int) -> bool:
        return cart.shipping > 0 and (not self.methods or cart.shipping_method in self.methods)

    def apply(self, view: View) -> Effect:
        cart, left = view.state.cart, view.state.shipping
        if not self.has_target(cart, 0):
            return Effect([])
        off = self.amount if self.percent is None else self.percent.of(cart.shipping if view.original else left)
        return Effect([], min(off or 0, left))


@register_benefit("gift")
@dataclass(frozen=True)
class Gift(_Beside):
    """Something into the parcel; it saves nothing."""

    sku: str
    quantity: int
    lanes: ClassVar[frozenset[str]] = ALL_LANES
    saves_money: ClassVar[bool] = False

    @classmethod
    def read(cls, reader: Reader) -> "Gift":
        reader.only("sku", "quantity")
        return cls(reader.text("sku"), reader.integer("quantity", 1, minimum=1))

    def apply(self, view: View) -> Effect:
        return Effect([])

    def gift(self) -> tuple[str, int] | None:
        return self.sku, self.quantity


@register_benefit("points_multiplier")
@dataclass(frozen=True)
class PointsMultiplier(_Beside):
    """More points for the order; several multiply."""

    value: Fraction
    lanes: ClassVar[frozenset[str]] = ALL_LANES
    saves_money: ClassVar[bool] = False

    @classmethod
    def read(cls, reader: Reader) -> "PointsMultiplier":
        reader.only("value")
        value = reader.factor("value")
        if value < 1:
            raise reader.fail("value", "must be at least 1")
        return cls(value)

    def apply(self, view: View) -> Effect:
        return Effect([])

    def points(self) -> Fraction:
        return self.value
