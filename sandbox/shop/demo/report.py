"""The figures of a campaign's report, as the admin shows them."""

from __future__ import annotations

from typing import Any

from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.insights.selectors import campaign_report


def figures_of(campaign: Campaign) -> dict[str, Any]:
    """Money in dollars, the return on investment as a share to four digits."""
    report = campaign_report(campaign)
    return {
        "audience": report.audience,
        "sent": report.sent,
        "clicked": report.clicked,
        "orders": report.orders,
        "revenue": report.revenue,
        "discount": report.discount,
        "roi": None if report.roi is None else round(report.roi, 4),
        "unsubscribed": report.unsubscribed,
    }
