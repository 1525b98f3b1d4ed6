"""REST: the report of a campaign, the figures of a period, and the return on investment of campaigns."""

from datetime import date
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from wagtail_marketing.api.schema import extend_schema
from wagtail_marketing.api.viewsets import MarketingViewSet
from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.money import to_decimal

from . import selectors


def _amount(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=20, decimal_places=4, **options)


class ReportSerializer(serializers.Serializer):
    """Counts as integers, money and shares as decimal strings; rates divide by delivered."""

    campaign = serializers.IntegerField()
    currency = serializers.CharField()
    audience = serializers.IntegerField()
    messages = serializers.IntegerField()
    pending = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    unknown = serializers.IntegerField()
    suppressed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    opened = serializers.IntegerField()
    clicked = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()
    orders = serializers.IntegerField()
    revenue = _amount(help_text="Net of refunds, cancelled orders and discounts.")
    discount = _amount()
    cost = _amount()
    open_rate = _amount(allow_null=True)
    click_rate = _amount(allow_null=True)
    unsubscribe_rate = _amount(allow_null=True)
    order_rate = _amount(allow_null=True)
    roi = _amount(allow_null=True, help_text="(revenue - cost) / cost; null without a cost.")


class FiguresSerializer(serializers.Serializer):
    revenue = _amount()
    orders = serializers.IntegerField()
    attributed_revenue = _amount()
    attributed_orders = serializers.IntegerField()
    delivered = serializers.IntegerField()
    clicked = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()
    cost = _amount()


class DaySerializer(serializers.Serializer):
    day = serializers.DateField()
    revenue = _amount()
    attributed_revenue = _amount()


class DashboardSerializer(serializers.Serializer):
    currency = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    now = FiguresSerializer()
    before = FiguresSerializer(help_text="The same number of days just before.")
    days = DaySerializer(many=True)


class RoiSerializer(serializers.Serializer):
    campaign = serializers.IntegerField()
    name = serializers.CharField()
    delivered = serializers.IntegerField()
    clicked = serializers.IntegerField()
    orders = serializers.IntegerField()
    revenue = _amount()
    cost = _amount()
    roi = _amount(allow_null=True)


class ReportViewSet(MarketingViewSet):
    required_scopes = ("reports:read",)
    serializer_class = ReportSerializer
    queryset = Campaign.objects.none()
    pagination_class = None

    @extend_schema(operation_id="campaigns_report_retrieve", responses=ReportSerializer)
    def list(self, request: Request, campaign_pk: str) -> Response:
        """Every figure of the campaign, as the admin's report shows it."""
        campaign = get_object_or_404(Campaign.objects.select_related("state"), pk=campaign_pk)
        return Response({"campaign": campaign.pk, **selectors.campaign_report(campaign).as_dict()})


PERIOD = [
    OpenApiParameter("from", OpenApiTypes.DATE, description="First day in the shop's zone; default: 29 days ago."),
    OpenApiParameter("to", OpenApiTypes.DATE, description="Last day, included; default: today."),
]


def period_of(request: Request) -> selectors.Period:
    """Raises ``InvalidInput`` for what is no period."""
    usual = selectors.last_days(30)
    days = {}
    for name, default in (("from", usual.first), ("to", usual.last)):
        given = request.query_params.get(name)
        try:
            days[name] = date.fromisoformat(given) if given else default
        except ValueError as error:
            raise InvalidInput(_("“%(value)s” is not a day.") % {"value": given}, field=name) from error
    first, last = days["from"], days["to"]
    if last < first or (last - first).days >= selectors.MOST_DAYS:
        raise InvalidInput(_("The period must have 1 to %(most)d days.") % {"most": selectors.MOST_DAYS}, field="from")
    return selectors.Period(first, last)


class AnalyticsViewSet(MarketingViewSet):
    required_scopes = ("reports:read",)
    serializer_class = DashboardSerializer
    queryset = Campaign.objects.none()
    pagination_class = None

    @extend_schema(parameters=PERIOD, responses=DashboardSerializer)
    @action(detail=False, methods=["get"])
    def dashboard(self, request: Request) -> Response:
        """The figures of a period, of the one before, and revenue by day."""
        board = selectors.dashboard(period_of(request))

        def money(minor: int) -> str:
            return str(to_decimal(minor, board.currency))

        def figures(found: selectors.Figures) -> dict[str, Any]:
            return {
                "revenue": money(found.revenue_minor),
                "orders": found.orders,
                "attributed_revenue": money(found.attributed_minor),
                "attributed_orders": found.attributed_orders,
                "delivered": found.delivered,
                "clicked": found.clicked,
                "unsubscribed": found.unsubscribed,
                "cost": money(found.cost_minor),
            }

        return Response(
            {
                "currency": board.currency,
                "first": board.period.first,
                "last": board.period.last,
                "now": figures(board.now),
                "before": figures(board.before),
                "days": [
                    {
                        "day": day.day,
                        "revenue": money(day.revenue_minor),
                        "attributed_revenue": money(day.attributed_minor),
                    }
                    for day in board.days
                ],
            }
        )

    @extend_schema(responses=RoiSerializer(many=True))
    @action(detail=False, methods=["get"])
    def roi(self, request: Request) -> Response:
        """The campaigns launched last (at most 200) with revenue, cost and return."""
        currency = selectors.base_currency()
        return Response(
            [
                {
                    "campaign": line.campaign.pk,
                    "name": line.campaign.name,
                    "delivered": line.delivered,
                    "clicked": line.clicked,
                    "orders": line.orders,
                    "revenue": str(to_decimal(line.revenue_minor, currency)),
                    "cost": str(to_decimal(line.cost_minor, currency)),
                    "roi": None if line.roi is None else str(round(line.roi, 4)),
                }
                for line in selectors.recent_campaigns(200)
            ]
        )
