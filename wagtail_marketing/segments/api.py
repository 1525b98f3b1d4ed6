"""REST: segments with their rules, the preview of any rules, and who is in."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from wagtail.models import Site

from wagtail_marketing.api.schema import extend_schema
from wagtail_marketing.api.viewsets import MarketingViewSet

from . import selectors, services
from .limits import guarded
from .models import Membership, Segment


@extend_schema_field(OpenApiTypes.OBJECT)
class RulesField(serializers.JSONField):
    """A rule tree; see the reference "Segment rules"."""


class SegmentSerializer(serializers.ModelSerializer):
    rules = RulesField(help_text="The rule tree; of a draft, while it is newer than what is published.")
    summary = serializers.SerializerMethodField(help_text="The published rules in words.")
    version = serializers.IntegerField(source="version_number", read_only=True, allow_null=True)
    size = serializers.IntegerField(read_only=True, allow_null=True, help_text="People at the last refresh.")
    refreshed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    site = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all(), required=False, allow_null=True)
    publish = serializers.BooleanField(
        write_only=True, required=False, default=True, help_text="False keeps the change as a draft."
    )

    class Meta:
        model = Segment
        fields = (
            "id",
            "name",
            "description",
            "site",
            "rules",
            "publish",
            "live",
            "has_unpublished_changes",
            "summary",
            "version",
            "size",
            "refreshed_at",
            "created_at",
        )
        read_only_fields = ("live", "has_unpublished_changes", "created_at")

    def get_summary(self, segment: Segment) -> str:
        return selectors.summary(segment.published_rules or segment.rules)


class PreviewRequestSerializer(serializers.Serializer):
    rules = RulesField()
    now = serializers.DateTimeField(required=False, help_text="Judge the rules at this time; default: now.")


class PersonSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    key = serializers.CharField(help_text="The shop's customer key; empty for a guest.")


class PreviewSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    reachable = serializers.DictField(child=serializers.IntegerField(), help_text="By channel; one per address.")
    sample = PersonSerializer(many=True)
    summary = serializers.CharField(help_text="The rules in words.")


class RefreshSerializer(serializers.Serializer):
    measured_at = serializers.DateTimeField()
    size = serializers.IntegerField()
    entered = serializers.IntegerField()
    left = serializers.IntegerField()


class MemberSerializer(serializers.ModelSerializer):
    contact = serializers.UUIDField(source="contact.uuid")
    key = serializers.CharField(source="contact.external_key", allow_null=True)

    class Meta:
        model = Membership
        fields = ("contact", "key", "entered_at")


class SegmentViewSet(ListModelMixin, RetrieveModelMixin, DestroyModelMixin, MarketingViewSet):
    required_scopes = {
        "read": ("segments:read",),
        "write": ("segments:write",),
        "preview": ("segments:read",),
        # Who is in is people, not a figure.
        "members": ("segments:read", "contacts:read"),
    }
    queryset = Segment.objects.all()
    serializer_class = SegmentSerializer
    lookup_value_regex = r"\d+"
    keyset_ordering: Any = ("-created_at", "-pk")

    def get_queryset(self) -> "QuerySet[Segment]":
        return selectors.with_sizes(super().get_queryset())

    def _answer(self, segment: Segment, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=segment.pk)).data, status=code)

    @extend_schema(responses={201: SegmentSerializer})
    def create(self, request: Request) -> Response:
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self._answer(services.create_segment(**asked.validated_data), status.HTTP_201_CREATED)

    def _change(self, request: Request, partial: bool) -> Response:
        segment = self.get_object()
        asked = self.get_serializer(segment, data=request.data, partial=partial)
        asked.is_valid(raise_exception=True)
        return self._answer(services.update_segment(segment=segment, **asked.validated_data))

    @extend_schema(request=SegmentSerializer, responses=SegmentSerializer)
    def update(self, request: Request, pk: str) -> Response:
        return self._change(request, partial=False)

    @extend_schema(request=SegmentSerializer, responses=SegmentSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        return self._change(request, partial=True)

    def perform_destroy(self, segment: Segment) -> None:
        services.delete_segment(segment=segment)

    @extend_schema(request=PreviewRequestSerializer, responses=PreviewSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Whom any rules choose: how many, how many each channel reaches, three of them."""
        asked = PreviewRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        found = selectors.preview(asked.validated_data["rules"], now=asked.validated_data.get("now"))
        return Response(
            {
                "count": found.count,
                "reachable": found.reachable,
                "sample": [{"id": person.id, "key": person.key} for person in found.sample],
                "summary": selectors.summary(asked.validated_data["rules"]),
            }
        )

    @extend_schema(request=None, responses=RefreshSerializer)
    @action(detail=True, methods=["post"])
    def refresh(self, request: Request, pk: str) -> Response:
        """Bring the members up to date now."""
        with guarded(timeout=False):
            return Response(RefreshSerializer(services.refresh_segment(segment=self.get_object())).data)

    @extend_schema(responses=MemberSerializer(many=True))
    @action(detail=True, methods=["get"])
    def members(self, request: Request, pk: str) -> Response:
        """Who was in at the last refresh."""
        segment = self.get_object()
        self.keyset_ordering = ("-entered_at", "-pk")
        page = self.paginate_queryset(selectors.members(segment))
        return self.get_paginated_response(MemberSerializer(page, many=True).data)
