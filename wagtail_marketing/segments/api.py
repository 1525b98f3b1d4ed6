"""REST: segments with their rules, the preview of any rules, and who is in."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
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
from wagtail_marketing.contacts.models import Contact

from . import selectors, services
from .api_figures import FiguresMixin
from .limits import guarded
from .models import Membership, Segment, SegmentPin, SegmentState


@extend_schema_field(OpenApiTypes.OBJECT)
class RulesField(serializers.JSONField):
    """A rule tree; see the reference "Segment rules"."""


class SegmentSerializer(serializers.ModelSerializer):
    rules = RulesField(help_text="The rule tree; of a draft, while it is newer than what is published.")
    summary = serializers.SerializerMethodField(help_text="The published rules in words.")
    version = serializers.IntegerField(source="version_number", read_only=True, allow_null=True)
    size = serializers.IntegerField(read_only=True, allow_null=True, help_text="People at the last refresh.")
    refreshed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    active = serializers.BooleanField(read_only=True, help_text="False: deactivated, with the members it had.")
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
            "active",
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


class StateSerializer(serializers.Serializer):
    active = serializers.BooleanField()
    changed_at = serializers.DateTimeField()
    used_by = serializers.ListField(child=serializers.CharField(), help_text="What goes on with its members.")


class CloneSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=120, required=False, default="", help_text='Default: "Copy of …".')


class PinSerializer(serializers.ModelSerializer):
    contact = serializers.SlugRelatedField("uuid", queryset=Contact.objects.all())
    key = serializers.CharField(source="contact.external_key", read_only=True, allow_null=True)
    always = serializers.BooleanField(help_text="True: always in; false: never in, whatever the rules say.")

    class Meta:
        model = SegmentPin
        fields = ("contact", "key", "always", "created_at")
        read_only_fields = ("created_at",)
        # One pin a contact: a second one replaces it.
        validators: ClassVar[list] = []


class SegmentViewSet(FiguresMixin, ListModelMixin, RetrieveModelMixin, DestroyModelMixin, MarketingViewSet):
    required_scopes = {
        "read": ("segments:read",),
        "write": ("segments:write",),
        "preview": ("segments:read",),
        # Who is in is people, not a figure.
        "members": ("segments:read", "contacts:read"),
        "pins": ("segments:read", "contacts:read"),
        "pin": ("segments:write", "contacts:read"),
        "unpin": ("segments:write", "contacts:read"),
        "growth": ("segments:read",),
        "overlap": ("segments:read",),
        "performance": ("segments:read",),
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

    def _state(self, state: SegmentState, segment: Segment) -> Response:
        found = {"active": state.active, "changed_at": state.changed_at, "used_by": selectors.used_by(segment)}
        return Response(StateSerializer(found).data)

    @extend_schema(request=None, responses=StateSerializer)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        """Let the rules decide again."""
        segment = self.get_object()
        return self._state(services.activate_segment(segment=segment), segment)

    @extend_schema(request=None, responses=StateSerializer)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: str) -> Response:
        """Keep the members as they are; what is named in `used_by` goes on with them."""
        segment = self.get_object()
        return self._state(services.deactivate_segment(segment=segment), segment)

    @extend_schema(request=CloneSerializer, responses={201: SegmentSerializer})
    @action(detail=True, methods=["post"])
    def clone(self, request: Request, pk: str) -> Response:
        """A draft with the same rules, site and pins."""
        asked = CloneSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        copy = services.clone_segment(segment=self.get_object(), **asked.validated_data)
        return self._answer(copy, status.HTTP_201_CREATED)

    @extend_schema(responses=PinSerializer(many=True))
    @action(detail=True, methods=["get"])
    def pins(self, request: Request, pk: str) -> Response:
        """Who is always in, and who never."""
        segment = self.get_object()
        self.keyset_ordering = ("-created_at", "-pk")
        page = self.paginate_queryset(selectors.pins(segment))
        return self.get_paginated_response(PinSerializer(page, many=True).data)

    @extend_schema(request=PinSerializer, responses={200: PinSerializer})
    @pins.mapping.post
    def pin(self, request: Request, pk: str) -> Response:
        """Always in, or never in, whatever the rules say; replaces the contact's other pin."""
        asked = PinSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(PinSerializer(services.pin_contact(segment=self.get_object(), **asked.validated_data)).data)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["delete"], url_path=r"pins/(?P<contact_uuid>[0-9a-fA-F-]{32,36})")
    def unpin(self, request: Request, pk: str, contact_uuid: str) -> Response:
        """Let the rules decide again."""
        found = get_object_or_404(Contact, uuid=contact_uuid)
        services.unpin_contact(segment=self.get_object(), contact=found)
        return Response(status=status.HTTP_204_NO_CONTENT)
