"""What was redeemed of a campaign's codes: loaded only where the discounts app is installed."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from wagtail_marketing.campaigns.models import CampaignDiscount
from wagtail_marketing.discounts.models import Redemption


def redemptions_of(links: QuerySet[CampaignDiscount]) -> QuerySet[Redemption]:
    """Redemptions by a code that one of ``links`` carries, each once; automatic discounts have no code."""
    same = links.filter(discount_id=OuterRef("discount_id"))
    return Redemption.objects.filter(code__isnull=False).filter(
        Exists(same.filter(Q(code_id__isnull=True) | Q(code_id=OuterRef("code_id"))))
    )
