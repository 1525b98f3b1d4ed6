"""Benefits that want several units together."""

from collections.abc import Iterator
from dataclasses import dataclass

from wagtail_marketing.discounts.engine.amounts import Percent
from wagtail_marketing.discounts.engine.filters import CartIndex, ProductFilter, lines_of
from wagtail_marketing.discounts.engine.reader import Reader
from wagtail_marketing.discounts.engine.registry import register_benefit
from wagtail_marketing.discounts.engine.shares import Piece, Share, allocate

from .amounts import read_products
from .base import Benefit, Effect, View, dearest_first


@register_benefit("bundle_price")
@dataclass(frozen=True)
class BundlePrice(Benefit):
    """So many units for a price: the dearest together first; a bundle that saves nothing is not made."""

    quantity: int
    price: int
    products: ProductFilter

    @classmethod
    def read(cls, reader: Reader) -> "BundlePrice":
        reader.only("quantity", "price", "products")
        return cls(reader.integer("quantity", minimum=1), reader.amount("price"), read_products(reader))

    def apply(self, view: View) -> Effect:
        shares: list[Share] = []
        pieces = sorted((piece for piece in view.pieces() if piece.room), key=dearest_first)
        left = view.max_applications
        for bundle, times in _bundles(pieces, self.quantity):
            saved = sum(piece.count * piece.weight for piece in bundle) - self.price
            if left is not None:
                times = min(times, left)
                left -= times
            if saved <= 0 or not times:
                break
            shares += _repeated(allocate(saved, sorted(bundle)), self.quantity, times)
        return Effect(sorted(shares))


def _bundles(pieces: list[Piece], quantity: int) -> Iterator[tuple[list[Piece], int]]:
    """Full bundles of neighbouring pieces, as they come; equal ones of one piece together, with their number."""
    bundle: list[Piece] = []
    missing = quantity
    for piece in pieces:
        start, left = piece.start, piece.count
        while left:
            if not bundle and left >= quantity:
                times = left // quantity
                yield [piece._replace(start=start, count=quantity)], times
                start, left = start + times * quantity, left - times * quantity
                continue
            taken = min(missing, left)
            bundle.append(piece._replace(start=start, count=taken))
            start, left, missing = start + taken, left - taken, missing - taken
            if not missing:
                yield bundle, 1
                bundle, missing = [], quantity


def _repeated(shares: list[Share], quantity: int, times: int) -> list[Share]:
    """The shares of a bundle inside one line, for each of its repetitions along the line."""
    if times == 1:
        return shares
    if len(shares) == 1 and shares[0].count == quantity:
        return [shares[0]._replace(count=quantity * times)]
    return [share._replace(start=share.start + quantity * n) for n in range(times) for share in shares]


@register_benefit("buy_x_get_y")
@dataclass(frozen=True)
class BuyXGetY(Benefit):
    """For every full set of triggers a full set of rewards. The cheapest units that can be rewards are given, as
    far as enough others are left as triggers; a unit is one or the other."""

    buy: int
    buy_products: ProductFilter
    get: int
    get_products: ProductFilter
    percent: Percent | None
    amount: int | None
    repeat: int | None

    @classmethod
    def read(cls, reader: Reader) -> "BuyXGetY":
        reader.only("buy", "get", "repeat")
        buy, get = reader.child("buy"), reader.child("get")
        buy.only("quantity", "products")
        get.only("quantity", "products", "percent_off", "amount_off")
        amount = get.amount("amount_off", None)
        if (amount is None) == (get.get("percent_off", None) is None):
            raise get.fail("amount_off", "or percent_off must be given, not both")
        return cls(
            buy.integer("quantity", minimum=1),
            read_products(buy),
            get.integer("quantity", minimum=1),
            read_products(get),
            None if amount is not None else get.percent("percent_off"),
            amount,
            reader.integer("repeat", None, minimum=1),
        )

    def lines(self, index: CartIndex) -> int:
        # Without both there is no reward, and then nothing is claimed.
        buy, get = index.mask(self.buy_products), index.mask(self.get_products)
        return buy | get if buy and get else 0

    def index_by(self) -> ProductFilter | None:
        return self.get_products

    def apply(self, view: View) -> Effect:
        triggers = set(lines_of(view.state.index.mask(self.buy_products)))
        rewards = set(lines_of(view.state.index.mask(self.get_products)))
        pieces = [piece for piece in view.pieces() if piece.line in triggers or piece.line in rewards]
        times, spare = self._times(pieces, triggers, rewards, view.max_applications)
        wanted = times * self.get
        given: dict[int, list[Piece]] = {}
        for piece in sorted(pieces, key=lambda p: (p.weight, p.line, p.start)):
            if piece.line not in rewards or not wanted or not piece.room:
                continue
            count = min(piece.count, wanted)
            if piece.line in triggers:
                count = min(count, spare)
                spare -= count
            if count:
                wanted -= count
                given.setdefault(piece.line, []).append(piece._replace(count=count))
        shares: list[Share] = []
        for line in sorted(given):
            shares += self._off(sorted(given[line]))
        return Effect(shares)

    def _times(self, pieces: list[Piece], triggers: set[int], rewards: set[int], most: int | None) -> tuple[int, int]:
        """How often it applies, and how many units that could be either may then be rewards."""
        only_buy = sum(p.count for p in pieces if p.line not in rewards)
        either = sum(p.count for p in pieces if p.line in triggers and p.line in rewards and p.room)
        empty = sum(p.count for p in pieces if p.line in triggers and p.line in rewards and not p.room)
        only_get = sum(p.count for p in pieces if p.line not in triggers and p.room)
        buying = only_buy + empty
        times = min(
            (buying + either) // self.buy,
            (only_get + either) // self.get,
            (buying + either + only_get) // (self.buy + self.get),
        )
        for limit in (self.repeat, most):
            times = times if limit is None else min(times, limit)
        return times, buying + either - times * self.buy

    def _off(self, pieces: list[Piece]) -> list[Share]:
        if self.percent is None:
            amount = self.amount or 0
            return [Share(p.line, p.start, p.count, min(amount, p.room)) for p in pieces if min(amount, p.room)]
        covered = sum(piece.count * piece.weight for piece in pieces)
        return allocate(self.percent.of(covered), pieces)
