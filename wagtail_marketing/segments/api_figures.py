"""REST: a segment's growth, its overlap with others, and what its members did."""

from dataclasses import asdict
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from wagtail_marketing.api.schema import extend_schema
from wagtail_marketing.conf import settings
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.money import to_decimal

from . import figures
from .models import Segment


class GrowthSerializer(serializers.Serializer):
    day = serializers.DateField()
    size = serializers.IntegerField(help_text="People at the last count of the day.")
    entered = serializers.IntegerField()
    left = serializers.IntegerField()


class OverlapSerializer(serializers.Serializer):
    segment = serializers.IntegerField(source="other.pk", help_text="The other segment.")
    name = serializers.CharField(source="other.name")
    both = serializers.IntegerField()
    only_this = serializers.IntegerField()
    only_other = serializers.IntegerField()


class PerformanceSerializer(serializers.Serializer):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(help_text="Exclusive.")
    currency = serializers.CharField()
    members = serializers.IntegerField()
    buyers = serializers.IntegerField()
    orders = serializers.IntegerField()
    revenue = serializers.CharField(help_text="Net of refunds, without cancelled orders.")
    average_order = serializers.CharField(allow_null=True)
    revenue_per_member = serializers.CharField(allow_null=True)
    mailed = serializers.IntegerField(help_text="People who were sent an e-mail in the period.")
    opened = serializers.IntegerField(help_text="Of those, people who opened one; never machines.")
    clicked = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()


class FiguresMixin:
    """Endpoints of one segment that tell figures and never people."""

    get_object: Any

    @extend_schema(
        parameters=[OpenApiParameter("days", int, description="How far back; default 90, at most 400.")],
        responses=GrowthSerializer(many=True),
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def growth(self, request: Request, pk: str) -> Response:
        """The growth curve, a point a day, the oldest first."""
        days = _number(request.query_params.get("days", "90"), "days", most=figures.MOST_DAYS)
        return Response(GrowthSerializer(figures.growth(self.get_object(), days=days), many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("with", int, many=True, required=True, description="Ids of other segments.")],
        responses=OverlapSerializer(many=True),
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def overlap(self, request: Request, pk: str) -> Response:
        """People in both, only in this one, only in the other; by the members of the last refresh."""
        segment = self.get_object()
        asked = ",".join(request.query_params.getlist("with")).split(",")
        ids = [_number(one, "with", most=2**31 - 1) for one in asked[: figures.MOST_OTHERS]]
        others = list(Segment.objects.filter(pk__in=ids).exclude(pk=segment.pk).order_by("name", "pk"))
        return Response(OverlapSerializer(figures.overlaps(segment, others), many=True).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("from", date, description="First day; default: 90 days before the last."),
            OpenApiParameter("to", date, description="Last day; default: today."),
        ],
        responses=PerformanceSerializer,
    )
    @action(detail=True, methods=["get"])
    def performance(self, request: Request, pk: str) -> Response:
        """What the members did in a period, whether they were in then or not."""
        start, end = figures.days_to_instants(*figures.read_period(request.query_params, days=90))
        found = figures.performance(self.get_object(), start=start, end=end)
        money = {"revenue": found.revenue, "average_order": found.average_order, "revenue_per_member": found.per_member}
        amounts = {name: _amount(minor) for name, minor in money.items()}
        return Response(PerformanceSerializer({**asdict(found), **amounts, "currency": settings.currency}).data)


def _number(text: str, field: str, *, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise InvalidInput(_("A whole number from 1 to %(most)s is needed here.") % {"most": most}, field=field)
    return int(text)


def _amount(minor: int | None) -> str | None:
    return None if minor is None else str(to_decimal(minor, settings.currency))
