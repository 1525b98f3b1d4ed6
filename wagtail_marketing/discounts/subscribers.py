"""What this room does in the shop's own transaction when an order is cancelled or refunded."""

from wagtail_marketing.host import handlers
from wagtail_marketing.host.types import HostOrder

from . import services
from .models import OrderPricing, ReturnedUnits


def order_cancelled(order: HostOrder) -> None:
    services.cancel(order_ref=order.ref)


def order_refunded(order: HostOrder) -> None:
    """Take the units of every refund that is not known yet; the shop decided what they are worth."""
    refunds = [refund for refund in order.refunds if refund.line_ref and refund.quantity > 0]
    pricing = OrderPricing.objects.filter(order_ref=order.ref).first() if refunds else None
    if pricing is None:
        return
    rows = list(ReturnedUnits.objects.filter(order_ref=order.ref).values_list("refund_ref", "line", "count"))
    known = {(ref, line) for ref, line, _ in rows}
    left = {line: bought for line, (bought, _) in pricing.lines.items()}
    for _, line, count in rows:
        left[line] -= count
    for refund in refunds:
        # A shop may give back money for more units than the order had; ours stop at what was priced.
        quantity = min(refund.quantity, left.get(refund.line_ref, 0))
        if quantity and (refund.ref, refund.line_ref) not in known:
            services.refund(
                order_ref=order.ref,
                line=refund.line_ref,
                quantity=quantity,
                refund_ref=refund.ref,
                now=refund.refunded_at,
            )
            left[refund.line_ref] -= quantity


def register() -> None:
    handlers.register("order_cancelled", order_cancelled)
    handlers.register("order_refunded", order_refunded)
