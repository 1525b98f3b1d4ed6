"""What a campaign cost. Costs may be written in any state: invoices come late."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_marketing.campaigns.models import Campaign, CampaignCost, CostKind
from wagtail_marketing.conf import settings
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.money import to_minor

from .guards import touch


@dataclass(frozen=True)
class CostInput:
    """One cost; ``amount`` in the shop's base currency, as a Decimal or a string."""

    amount: Decimal | str
    kind: str = CostKind.OTHER
    note: str = ""
    incurred_on: date | None = None


def _cost(campaign: Campaign, cost: CostInput, now: datetime) -> CampaignCost:
    amount = to_minor(cost.amount, settings.currency)
    if amount < 0:
        raise InvalidInput(_("A cost is not negative."), field="amount")
    if cost.kind not in CostKind.values:
        raise InvalidInput(_("“%(kind)s” is not a kind of cost.") % {"kind": cost.kind}, field="kind")
    return CampaignCost(
        campaign=campaign,
        kind=cost.kind,
        note=cost.note.strip(),
        amount_minor=amount,
        currency=settings.currency,
        incurred_on=cost.incurred_on or now.astimezone(clock.shop_zone()).date(),
    )


@transaction.atomic
def add_cost(
    *,
    campaign: Campaign,
    amount: Decimal | str,
    kind: str = CostKind.OTHER,
    note: str = "",
    incurred_on: date | None = None,
    now: datetime | None = None,
) -> CampaignCost:
    """A cost in the base currency, in any state: invoices come late. Raises ``InvalidInput``."""
    now = now or clock.now()
    row = _cost(campaign, CostInput(amount=amount, kind=kind, note=note, incurred_on=incurred_on), now)
    row.save()
    touch(campaign, now)
    return row


@transaction.atomic
def set_costs(*, campaign: Campaign, costs: Iterable[CostInput], now: datetime | None = None) -> list[CampaignCost]:
    """Replace all costs. Raises ``InvalidInput``; then nothing has changed."""
    now = now or clock.now()
    rows = [_cost(campaign, cost, now) for cost in costs]
    CampaignCost.objects.filter(campaign=campaign).delete()
    CampaignCost.objects.bulk_create(rows)
    touch(campaign, now)
    return rows


@transaction.atomic
def delete_cost(*, cost: CampaignCost, now: datetime | None = None) -> None:
    campaign = cost.campaign
    cost.delete()
    touch(campaign, now)
