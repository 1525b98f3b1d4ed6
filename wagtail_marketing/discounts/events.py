"""News of this room, published on commit."""

from dataclasses import dataclass

from wagtail_marketing.core.events import Event


@dataclass(frozen=True)
class CodeRedeemed(Event):
    """A discount was redeemed by an order; ``code_id`` is None for an automatic one."""

    redemption_id: int
    order_ref: str
    discount_id: int
    code_id: int | None
    contact_id: int | None
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class RedemptionReversed(Event):
    """An order was cancelled or units came back; ``amount_minor`` is what was reversed just now."""

    redemption_id: int
    order_ref: str
    discount_id: int
    code_id: int | None
    contact_id: int | None
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class DiscountChanged(Event):
    """The live rules or the status of a discount changed."""

    discount_id: int
