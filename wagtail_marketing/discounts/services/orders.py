"""What happens to redemptions when an order is cancelled or units come back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.events import publish
from wagtail_marketing.discounts import engine
from wagtail_marketing.discounts.counters import give_back
from wagtail_marketing.discounts.events import RedemptionReversed
from wagtail_marketing.discounts.models import LimitCounter, OrderPricing, Redemption, RedemptionState, ReturnedUnits


@dataclass(frozen=True)
class Returned:
    """Units that came back: what was paid for them, and what the discounts had taken off them."""

    quantity: int
    paid_minor: int
    share_minor: int
    currency: str

    @property
    def paid(self) -> Decimal:
        """What is to be given back, as a Decimal of the currency."""
        return Decimal(engine.format_amount(self.paid_minor, engine.digits(self.currency)))


@transaction.atomic
def cancel(*, order_ref: str, now: datetime | None = None) -> bool:
    """Give the uses of an order back, once. Returns whether there was anything to cancel."""
    now = now or clock.now()
    fresh = OrderPricing.objects.filter(order_ref=order_ref, cancelled_at__isnull=True).update(cancelled_at=now)
    if not fresh:
        return False
    redemptions = list(Redemption.objects.filter(order_ref=order_ref).order_by("pk"))
    give_back(
        LimitCounter.objects.filter(
            pk__in=Redemption.counters.through.objects.filter(redemption__in=redemptions).values("limitcounter_id")
        ).values_list("pk", flat=True)
    )
    for redemption in redemptions:
        _reverse(redemption, redemption.amount_minor - redemption.reversed_minor, RedemptionState.REVERSED)
    return True


@transaction.atomic
def refund(*, order_ref: str, line: str, quantity: int, refund_ref: str = "", now: datetime | None = None) -> Returned:
    """Take units of a line back, lowest first, by the shares frozen when the order was placed.

    What other lines cost never changes. The same ``refund_ref`` again gives the same answer and changes
    nothing; without one every call is a refund of its own. Raises ``InvalidInput`` for a line that the order
    lacks and for more units than are left of it.
    """
    now = now or clock.now()
    # The order's row is the lock: refunds of one order take their units one after the other.
    pricing = OrderPricing.objects.select_for_update().filter(order_ref=order_ref).first()
    if pricing is None or line not in pricing.lines:
        raise InvalidInput(
            _("Order %(order)s has no line %(line)s.") % {"order": order_ref, "line": line}, field="line"
        )
    bought, unit_price = pricing.lines[line]
    taken = ReturnedUnits.objects.filter(order_ref=order_ref, line=line)
    if refund_ref:
        known = taken.filter(refund_ref=refund_ref).first()
        if known is not None:
            return _returned(known, unit_price, pricing.currency)
    start = taken.aggregate(units=Sum("count"))["units"] or 0
    if not 1 <= quantity <= bought - start:
        raise InvalidInput(_("%(left)s of this line can come back.") % {"left": bought - start}, field="quantity")
    shares = _shares(order_ref, line, start, quantity)
    row = ReturnedUnits.objects.create(
        order_ref=order_ref,
        refund_ref=refund_ref or f"#{start}",
        line=line,
        start=start,
        count=quantity,
        share_minor=sum(shares.values()),
        returned_at=now,
    )
    if pricing.cancelled_at is None:
        for redemption, amount in shares.items():
            if amount:
                whole = redemption.reversed_minor + amount == redemption.amount_minor
                state = RedemptionState.REVERSED if whole else RedemptionState.PARTLY_REVERSED
                _reverse(redemption, amount, state)
    return _returned(row, unit_price, pricing.currency)


def _shares(order_ref: str, line: str, start: int, quantity: int) -> dict[Redemption, int]:
    """What each redemption took off the units ``start`` to ``start + quantity`` of a line."""
    shares: dict[Redemption, int] = {}
    redemptions = Redemption.objects.filter(order_ref=order_ref).order_by("pk").prefetch_related("units")
    for redemption in redemptions:
        shares[redemption] = sum(
            unit.amount_minor * max(0, min(unit.start + unit.count, start + quantity) - max(unit.start, start))
            for unit in redemption.units.all()
            if unit.line == line
        )
    return shares


def _returned(row: ReturnedUnits, unit_price: int, currency: str) -> Returned:
    return Returned(row.count, row.count * unit_price - row.share_minor, row.share_minor, currency)


def _reverse(redemption: Redemption, amount: int, state: RedemptionState) -> None:
    Redemption.objects.filter(pk=redemption.pk).update(reversed_minor=F("reversed_minor") + amount, state=state)
    redemption.reversed_minor += amount
    redemption.state = state
    publish(
        RedemptionReversed(
            redemption_id=redemption.pk,
            order_ref=redemption.order_ref,
            discount_id=redemption.discount_id,
            code_id=redemption.code_id,
            contact_id=redemption.contact_id,
            amount_minor=amount,
            currency=redemption.currency,
        )
    )
