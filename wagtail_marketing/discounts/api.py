"""REST: discounts with their rules and usage, and the engine as a service."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from wagtail_marketing.api.schema import extend_schema
from wagtail_marketing.api.viewsets import MarketingViewSet
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput

from . import engine, selectors, words
from .models import Discount, Status
from .rules import rules_of

#: The engine answers at once and in memory; beyond these it is no request for a web server.
MAX_LINES = 1000
MAX_DISCOUNTS = 1000
MAX_UNITS = 10_000


class DiscountSerializer(serializers.ModelSerializer):
    status = serializers.SerializerMethodField(help_text="Now: a started discount waits for its first day.")
    summary = serializers.SerializerMethodField(help_text="The rules in plain words.")
    rules = serializers.SerializerMethodField(help_text="The rules in the engine's JSON form.")
    version = serializers.IntegerField(source="live_version.number", default=None, allow_null=True, read_only=True)
    redemptions = serializers.SerializerMethodField(help_text="Orders that used it and were not cancelled.")
    given = serializers.SerializerMethodField(help_text="What it took off, net of refunds.")

    class Meta:
        model = Discount
        fields = (
            "id",
            "name",
            "public_title",
            "status",
            "starts_at",
            "ends_at",
            "currency",
            "summary",
            "rules",
            "version",
            "redemptions",
            "given",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_status(self, discount: Discount) -> str:
        return str(discount.status_at(self.context["now"]))

    def get_summary(self, discount: Discount) -> str:
        return words.summary(rules_of(discount), starts_at=discount.starts_at, ends_at=discount.ends_at)

    def get_rules(self, discount: Discount) -> dict[str, Any]:
        return rules_of(discount)

    def get_redemptions(self, discount: Discount) -> int:
        return self._usage(discount)[0]

    def get_given(self, discount: Discount) -> str:
        return engine.format_amount(self._usage(discount)[1], engine.digits(discount.currency))

    def _usage(self, discount: Discount) -> tuple[int, int]:
        """One query for the whole page, asked when the first row is written."""
        known = self.context.setdefault("usage", {})
        if discount.pk not in known:
            rows = self.parent.instance if self.parent is not None else [discount]
            ids = [row.pk for row in rows]
            known |= dict.fromkeys(ids, (0, 0)) | selectors.usage_by_discount(ids)
        return known[discount.pk]


class EvaluationRequestSerializer(serializers.Serializer):
    cart = serializers.DictField(help_text="Currency, lines, shipping, attributes.")
    discounts = serializers.ListField(child=serializers.DictField(), help_text="In the engine's JSON form.")
    facts = serializers.DictField(required=False)
    now = serializers.DateTimeField(help_text="With its offset from UTC.")
    codes = serializers.ListField(child=serializers.CharField(), required=False)


class EvaluationSerializer(serializers.Serializer):
    subtotal = serializers.CharField()
    discount_total = serializers.CharField()
    shipping = serializers.CharField()
    total = serializers.CharField()
    applied = serializers.ListField(child=serializers.DictField())
    gifts = serializers.ListField(child=serializers.DictField())
    points_multiplier = serializers.CharField()
    rejected = serializers.ListField(child=serializers.DictField())
    hints = serializers.ListField(child=serializers.DictField())
    trace = serializers.DictField()


class DiscountViewSet(ListModelMixin, RetrieveModelMixin, MarketingViewSet):
    required_scopes = {"read": ("discounts:read",), "write": ("discounts:read",)}
    queryset = Discount.objects.select_related("live_version")
    serializer_class = DiscountSerializer
    lookup_value_regex = r"\d+"
    keyset_ordering = ("-created_at", "-pk")

    def get_queryset(self) -> "QuerySet[Discount]":
        found = super().get_queryset()
        wanted = self.request.query_params.get("status")
        if wanted:
            if wanted not in Status.values:
                raise InvalidInput(f"status: {', '.join(Status.values)}", field="status")
            found = found.with_status_at(clock.now()).filter(current_status=wanted)
        return found

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": clock.now()}

    @extend_schema(parameters=[OpenApiParameter("status", str, enum=Status.values)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request=EvaluationRequestSerializer,
        responses=EvaluationSerializer,
        parameters=[OpenApiParameter("runs", bool, description="Equal neighbouring units as one entry with a count.")],
    )
    @action(detail=False, methods=["post"])
    def evaluate(self, request: Request) -> Response:
        """Price a cart by the discounts that come with it. Reads no row and changes none."""
        data = request.data if isinstance(request.data, dict) else {}
        _bounded("discounts", data.get("discounts"), MAX_DISCOUNTS)
        cart = data.get("cart")
        _bounded("cart.lines", cart.get("lines") if isinstance(cart, dict) else None, MAX_LINES)
        runs = request.query_params.get("runs", "") in ("1", "true")
        try:
            evaluation = engine.evaluate_json(request.data)
        except engine.InvalidInput as error:
            raise InvalidInput(error.message, field=error.path) from error
        units = sum(unit.count for applied in evaluation.applied for unit in applied.units)
        if not runs and units > MAX_UNITS:
            raise InvalidInput(f"has {units} discounted units", field="cart.lines", remedy="Ask with ?runs=true.")
        return Response(evaluation.as_json(runs=runs))


def _bounded(field: str, values: Any, most: int) -> None:
    if isinstance(values, list) and len(values) > most:
        raise InvalidInput(f"has more than {most} entries", field=field)
