"""The last-touch rule once more, as plainly as it can be said, over plain values: for the differential test."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Click:
    id: int
    person: int
    campaign: int
    message: int
    at: datetime
    counted: bool


@dataclass(frozen=True)
class Placed:
    id: int
    person: int | None
    at: datetime
    total: int
    refunded: int
    cancelled: bool
    codes: tuple[int, ...]


def last_touch(
    orders: list[Placed],
    clicks: list[Click],
    launched: dict[int, datetime | None],
    carries: dict[int, set[int]],
    window: timedelta,
) -> dict[int, tuple[int, str, int | None, int]]:
    """Order: (campaign, via, message, amount). ``carries``: campaign -> the codes that count for it."""
    credits = {}
    for order in orders:
        if order.cancelled:
            continue
        near = [
            click
            for click in clicks
            if click.counted
            and click.person == order.person
            and order.person is not None
            and timedelta(0) <= order.at - click.at <= window
        ]
        near.sort(key=lambda click: (click.at, click.id))
        by_code = [
            campaign
            for campaign, codes in carries.items()
            if codes & set(order.codes) and launched[campaign] is not None and launched[campaign] <= order.at
        ]
        if by_code:

            def rank(campaign, near=near, order=order):
                own = [click for click in near if click.campaign == campaign]
                last = own[-1].at if own else None
                return (last is not None, last or order.at, launched[campaign], campaign)

            winner = max(by_code, key=rank)
            own = [click for click in near if click.campaign == winner]
            credits[order.id] = (winner, "code", own[-1].message if own else None, order.total - order.refunded)
        elif near:
            last = near[-1]
            credits[order.id] = (last.campaign, "click", last.message, order.total - order.refunded)
    return credits
