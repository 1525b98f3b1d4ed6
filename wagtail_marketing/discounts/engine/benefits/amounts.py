"""Benefits that take a percentage or an amount off, unit by unit or all together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, TypeVar

from wagtail_marketing.discounts.engine.amounts import Percent
from wagtail_marketing.discounts.engine.filters import ProductFilter, lines_of
from wagtail_marketing.discounts.engine.reader import Reader
from wagtail_marketing.discounts.engine.registry import register_benefit
from wagtail_marketing.discounts.engine.shares import Piece, Share, allocate

from .base import Benefit, Effect, View


def percent_off(view: View, value: Percent, pieces_by_line: list[list[Piece]]) -> Effect:
    """In the product lane computed and rounded line by line, in the order lane on the sum of what
    it covers; then split to units by largest remainder."""
    if view.lane == "order":
        pieces_by_line = [[piece for line in pieces_by_line for piece in line]]
    shares: list[Share] = []
    for pieces in pieces_by_line:
        covered = sum(piece.count * piece.weight for piece in pieces)
        shares += allocate(value.of(covered), pieces)
    return Effect(shares)


def per_unit(view: View, off: Callable[[Piece], int]) -> Effect:
    """`off` each unit, never more than it has left; at most `max_applications` units, the dearest first."""
    pieces = [piece for line in view.pieces_by_line(limited=True) for piece in line]
    shares = [Share(p.line, p.start, p.count, min(off(p), p.room)) for p in pieces]
    return Effect([share for share in shares if share.amount > 0])


def read_products(reader: Reader) -> ProductFilter:
    return ProductFilter.read(reader.child("products", {}))


@register_benefit("percentage")
@dataclass(frozen=True)
class Percentage(Benefit):
    value: Percent
    products: ProductFilter
    works_per_line: ClassVar[bool] = True
    follows_amount: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader) -> "Percentage":
        reader.only("value", "products")
        return cls(reader.percent("value"), read_products(reader))

    def apply(self, view: View) -> Effect:
        return percent_off(view, self.value, view.pieces_by_line(limited=view.lane == "product"))


@register_benefit("fixed_amount")
@dataclass(frozen=True)
class FixedAmount(Benefit):
    """An amount off all that it covers together (`per` order), or off each unit."""

    amount: int
    per_unit: bool
    products: ProductFilter
    follows_amount: ClassVar[bool] = True

    @property
    def works_per_line(self) -> bool:  # type: ignore[override]
        return self.per_unit

    @classmethod
    def read(cls, reader: Reader) -> "FixedAmount":
        reader.only("amount", "per", "products")
        return cls(
            reader.amount("amount"),
            reader.choice("per", ("order", "unit"), "order") == "unit",
            read_products(reader),
        )

    def apply(self, view: View) -> Effect:
        if not self.per_unit:
            return Effect(allocate(self.amount, view.pieces()))
        return per_unit(view, lambda piece: self.amount)


@register_benefit("fixed_price")
@dataclass(frozen=True)
class FixedPrice(Benefit):
    """Each unit for a price; a cheaper one keeps its own."""

    price: int
    products: ProductFilter
    works_per_line: ClassVar[bool] = True
    follows_amount: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader) -> "FixedPrice":
        reader.only("price", "products")
        return cls(reader.amount("price"), read_products(reader))

    def apply(self, view: View) -> Effect:
        return per_unit(view, lambda piece: piece.weight - self.price)


Tier = TypeVar("Tier", "SpendTier", "QuantityTier")


def ascending(reader: Reader, tiers: list[Tier]) -> tuple[Tier, ...]:
    """The tiers by where they begin; none is an error, and so are two that begin alike."""
    if not tiers:
        raise reader.fail("tiers", "must hold at least one tier")
    ordered = sorted(tiers, key=lambda tier: tier.start)
    if any(one.start == other.start for one, other in zip(ordered, ordered[1:], strict=False)):
        raise reader.fail("tiers", "has two tiers that begin alike")
    return tuple(ordered)


class SpendTier(NamedTuple):
    start: int
    amount: int | None
    percent: Percent | None


@register_benefit("tiered_spend")
@dataclass(frozen=True)
class TieredSpend(Benefit):
    """The highest tier that the amount of what it covers reaches."""

    tiers: tuple[SpendTier, ...]
    products: ProductFilter

    @classmethod
    def read(cls, reader: Reader) -> "TieredSpend":
        reader.only("tiers", "products")
        tiers = []
        for tier in reader.children("tiers"):
            tier.only("from", "amount", "percent")
            amount = tier.amount("amount", None)
            if (amount is None) == (tier.get("percent", None) is None):
                raise tier.fail("amount", "or percent must be given, not both")
            percent = None if amount is not None else tier.percent("percent")
            tiers.append(SpendTier(tier.amount("from"), amount, percent))
        return cls(ascending(reader, tiers), read_products(reader))

    def apply(self, view: View) -> Effect:
        spent = view.state.amount(self.products, view.original)
        tier = max((tier for tier in self.tiers if tier.start <= spent), key=lambda t: t.start, default=None)
        if tier is None:
            return Effect([])
        if tier.percent is not None:
            return percent_off(view, tier.percent, view.pieces_by_line(limited=False))
        return Effect(allocate(tier.amount or 0, view.pieces()))


class QuantityTier(NamedTuple):
    start: int
    percent: Percent


@register_benefit("tiered_quantity")
@dataclass(frozen=True)
class TieredQuantity(Benefit):
    """The highest tier that the number of matching units reaches; all of the cart's count."""

    tiers: tuple[QuantityTier, ...]
    products: ProductFilter
    works_per_line: ClassVar[bool] = True
    follows_amount: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader) -> "TieredQuantity":
        reader.only("tiers", "products")
        tiers = []
        for tier in reader.children("tiers"):
            tier.only("from", "percent")
            tiers.append(QuantityTier(tier.integer("from", minimum=1), tier.percent("percent")))
        return cls(ascending(reader, tiers), read_products(reader))

    def apply(self, view: View) -> Effect:
        cart, lines = view.state.cart, lines_of(view.state.index.mask(self.products))
        units = sum(cart.lines[line].quantity for line in lines)
        tier = max((tier for tier in self.tiers if tier.start <= units), key=lambda t: t.start, default=None)
        if tier is None:
            return Effect([])
        return percent_off(view, tier.percent, view.pieces_by_line(limited=view.lane == "product"))
