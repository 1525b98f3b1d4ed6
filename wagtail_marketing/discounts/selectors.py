"""Reads of this room that add up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, QuerySet, Sum

from .models import Redemption, RedemptionState


@dataclass(frozen=True)
class Usage:
    """What redemptions come to, in one currency, net of what was reversed. Reversed ones do not count."""

    currency: str
    redemptions: int
    orders: int
    contacts: int
    amount_minor: int


def redemptions_of(
    *,
    discounts: Iterable[int] | None = None,
    codes: Iterable[int] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> "QuerySet[Redemption]":
    """The redemptions of some discounts or codes (ids) between two instants, reversed ones included."""
    found = Redemption.objects.all()
    if discounts is not None:
        found = found.filter(discount_id__in=list(discounts))
    if codes is not None:
        found = found.filter(code_id__in=list(codes))
    if since is not None:
        found = found.filter(redeemed_at__gte=since)
    if until is not None:
        found = found.filter(redeemed_at__lt=until)
    return found


def usage(
    *,
    discounts: Iterable[int] | None = None,
    codes: Iterable[int] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Usage]:
    """What ``redemptions_of`` the same come to, one entry per currency."""
    found = redemptions_of(discounts=discounts, codes=codes, since=since, until=until)
    rows = (
        found.exclude(state=RedemptionState.REVERSED)
        .values("currency")
        .annotate(
            redemptions=Count("pk"),
            orders=Count("order_ref", distinct=True),
            contacts=Count("contact", distinct=True),
            amount=Sum(F("amount_minor") - F("reversed_minor")),
        )
        .order_by("currency")
    )
    return [Usage(r["currency"], r["redemptions"], r["orders"], r["contacts"], r["amount"] or 0) for r in rows]


def usage_by_discount(discounts: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Discount id: redemptions and what they took off (minor units of the discount's currency)."""
    rows = (
        redemptions_of(discounts=discounts)
        .exclude(state=RedemptionState.REVERSED)
        .values("discount_id")
        .annotate(redemptions=Count("pk"), amount=Sum(F("amount_minor") - F("reversed_minor")))
        .order_by()
    )
    return {row["discount_id"]: (row["redemptions"], row["amount"] or 0) for row in rows}
