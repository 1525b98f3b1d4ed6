"""REST: campaigns, their review, and the steps that send; sending has a scope of its own."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from wagtail.models import Site

from wagtail_marketing.api.schema import extend_schema
from wagtail_marketing.api.viewsets import MarketingViewSet
from wagtail_marketing.conf import settings
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.money import to_decimal
from wagtail_marketing.messaging.models import EmailTemplate
from wagtail_marketing.segments.models import Segment

from . import selectors, services
from .models import Campaign, CostKind, Goal, Role, Status
from .services import CostInput

AMOUNT = {"max_digits": 18, "decimal_places": 4, "min_value": 0}


class DiscountLinkSerializer(serializers.Serializer):
    discount = serializers.IntegerField(source="discount_id")
    code = serializers.IntegerField(source="code_id", allow_null=True, required=False, default=None)


class CostSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=CostKind.choices, default=CostKind.OTHER)
    note = serializers.CharField(max_length=150, required=False, default="", allow_blank=True)
    amount = serializers.DecimalField(**AMOUNT, help_text="In the shop's base currency.")
    incurred_on = serializers.DateField(required=False, allow_null=True, default=None)

    def to_representation(self, cost: Any) -> dict[str, Any]:
        return {
            "kind": cost.kind,
            "note": cost.note,
            "amount": str(to_decimal(cost.amount_minor, cost.currency)),
            "incurred_on": cost.incurred_on.isoformat(),
        }


class CampaignSerializer(serializers.Serializer):
    """A campaign. Audience, e-mails and UTM words may change only in a draft; money is in ``currency``."""

    id = serializers.IntegerField(read_only=True)
    uuid = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=150)
    goal = serializers.ChoiceField(choices=[("", ""), *Goal.choices], required=False)
    notes = serializers.CharField(required=False, allow_blank=True)
    site = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all(), required=False, allow_null=True)
    utm_source = serializers.CharField(max_length=100, required=False, allow_blank=True)
    utm_medium = serializers.CharField(max_length=100, required=False, allow_blank=True)
    utm_campaign = serializers.CharField(max_length=150, required=False, allow_blank=True)
    budget = serializers.DecimalField(**AMOUNT, required=False, allow_null=True)
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    include = serializers.PrimaryKeyRelatedField(queryset=Segment.objects.all(), many=True, required=False)
    exclude = serializers.PrimaryKeyRelatedField(queryset=Segment.objects.all(), many=True, required=False)
    templates = serializers.PrimaryKeyRelatedField(queryset=EmailTemplate.objects.all(), many=True, required=False)
    discounts = DiscountLinkSerializer(many=True, required=False)
    costs = CostSerializer(many=True, required=False)
    currency = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=Status.choices, source="state.status", read_only=True)
    submitted_at = serializers.DateTimeField(source="state.submitted_at", read_only=True, allow_null=True)
    scheduled_at = serializers.DateTimeField(source="state.scheduled_at", read_only=True, allow_null=True)
    launched_at = serializers.DateTimeField(source="state.launched_at", read_only=True, allow_null=True)
    ended_at = serializers.DateTimeField(source="state.ended_at", read_only=True, allow_null=True)
    pause_reason = serializers.CharField(source="state.pause_reason", read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_currency(self, campaign: Campaign) -> str:
        return settings.currency

    def to_representation(self, campaign: Campaign) -> dict[str, Any]:
        links = list(campaign.segment_links.all())
        budget = campaign.budget_minor
        shown = {name: field for name, field in self.fields.items() if name not in _OWN}
        found = {name: _plain(field, campaign) for name, field in shown.items()}
        return found | {
            "site": campaign.site_id,
            "budget": None if budget is None else str(to_decimal(budget, settings.currency)),
            "include": [link.segment_id for link in links if link.role == Role.INCLUDE],
            "exclude": [link.segment_id for link in links if link.role == Role.EXCLUDE],
            "templates": [message.template_id for message in campaign.messages.all()],
            "discounts": [
                {"discount": link.discount_id, "code": link.code_id} for link in campaign.discount_links.all()
            ],
            "costs": CostSerializer(campaign.costs.all(), many=True).data,
            "currency": settings.currency,
        }


#: Fields that ``to_representation`` writes by itself.
_OWN = frozenset({"site", "budget", "include", "exclude", "templates", "discounts", "costs", "currency"})


def _plain(field: Any, campaign: Campaign) -> Any:
    value = field.get_attribute(campaign)
    return None if value is None else field.to_representation(value)


class LaunchSerializer(serializers.Serializer):
    at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="Aware; left out: now.")


class PauseSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=255, required=False, default="", allow_blank=True)


class RowSerializer(serializers.Serializer):
    level = serializers.ChoiceField(choices=["ok", "warn", "block"])
    key = serializers.CharField()
    text = serializers.CharField()
    step = serializers.CharField()
    field = serializers.CharField()
    object_id = serializers.IntegerField(allow_null=True)


class ReviewSerializer(serializers.Serializer):
    ready = serializers.BooleanField()
    sentence = serializers.CharField(help_text="The reach in words.")
    total = serializers.IntegerField(allow_null=True)
    reachable = serializers.IntegerField(allow_null=True)
    rows = RowSerializer(many=True)


class CampaignViewSet(ListModelMixin, RetrieveModelMixin, DestroyModelMixin, MarketingViewSet):
    required_scopes = {
        "read": ("campaigns:read",),
        "write": ("campaigns:write",),
        **dict.fromkeys(("launch", "pause", "resume", "cancel"), ("campaigns:send",)),
    }
    queryset = Campaign.objects.all()
    serializer_class = CampaignSerializer
    lookup_value_regex = r"\d+"
    keyset_ordering: Any = ("-created_at", "-pk")

    def get_queryset(self) -> Any:
        found = selectors.campaigns()
        wanted = self.request.query_params.get("status", "")
        if wanted and wanted not in Status.values:
            raise InvalidInput(f"“{wanted}” is not a status.", field="status")
        return found.filter(state__status=wanted) if wanted else found

    def _answer(self, campaign: Campaign, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(selectors.campaigns().get(pk=campaign.pk)).data, status=code)

    def _asked(self, request: Request, partial: bool = False) -> dict[str, Any]:
        asked = self.get_serializer(data=request.data, partial=partial)
        asked.is_valid(raise_exception=True)
        found = dict(asked.validated_data)
        if "discounts" in found:
            found["discounts"] = [(link["discount_id"], link["code_id"]) for link in found["discounts"]]
        if "costs" in found:
            found["costs"] = [CostInput(**cost) for cost in found["costs"]]
        return found

    @extend_schema(parameters=[OpenApiParameter("status", OpenApiTypes.STR, enum=Status.values)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={201: CampaignSerializer})
    def create(self, request: Request) -> Response:
        """A draft."""
        asked = self._asked(request)
        return self._answer(services.save_campaign(campaign=None, **asked), status.HTTP_201_CREATED)

    @extend_schema(request=CampaignSerializer, responses=CampaignSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given; lists are replaced whole."""
        asked = self._asked(request, partial=True)
        return self._answer(services.save_campaign(campaign=self.get_object(), **asked))

    def perform_destroy(self, campaign: Campaign) -> None:
        services.delete_campaign(campaign=campaign)

    @extend_schema(responses=ReviewSerializer)
    @action(detail=True, methods=["get"])
    def review(self, request: Request, pk: str) -> Response:
        """The checklist and the reach; ``block`` keeps it from being launched."""
        review = selectors.review(self.get_object())
        found = {
            "ready": review.ready,
            "sentence": review.sentence,
            "total": review.reach.total if review.reach else None,
            "reachable": review.reach.reachable if review.reach else None,
            "rows": review.rows,
        }
        return Response(ReviewSerializer(found).data)

    @extend_schema(request=LaunchSerializer, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def launch(self, request: Request, pk: str) -> Response:
        """Send now or ``at`` a time; again does nothing."""
        asked = LaunchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self._answer(services.launch_campaign(campaign=self.get_object(), at=asked.validated_data["at"]))

    @extend_schema(request=PauseSerializer, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Hold what has not left yet."""
        asked = PauseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self._answer(services.pause_campaign(campaign=self.get_object(), **asked.validated_data))

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on."""
        return self._answer(services.resume_campaign(campaign=self.get_object()))

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """End it; what has not left never will."""
        return self._answer(services.cancel_campaign(campaign=self.get_object()))
