"""REST: contacts, and where they stand on each channel."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from wagtail_marketing.api.idempotency import HEADER
from wagtail_marketing.api.schema import extend_schema
from wagtail_marketing.api.viewsets import MarketingViewSet
from wagtail_marketing.core.errors import InvalidInput

from . import selectors, services
from .bulk_api import BulkMixin, filter_parameters
from .criteria import IDS, Criteria
from .models import Contact, Topic
from .services.fields import PERSON_FIELDS


@extend_schema_field(OpenApiTypes.OBJECT)
class AttributesField(serializers.DictField):
    """Name -> text, number, boolean or ISO date; null takes the attribute away."""

    child = serializers.JSONField(allow_null=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        for name, value in values.items():
            if isinstance(value, list | dict):
                raise serializers.ValidationError({name: "Text, number, boolean, ISO date or null."})
            if len(name) > 80 or (isinstance(value, str) and len(value) > 1000):
                raise serializers.ValidationError({name: "At most 80 characters of name and 1,000 of value."})
        return values


class ContactSerializer(serializers.ModelSerializer):
    external_key = serializers.CharField(
        max_length=190, required=False, allow_null=True, help_text="The shop's customer key; set once."
    )
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    attributes = AttributesField(required=False)
    tags = serializers.SlugRelatedField("name", many=True, read_only=True)

    class Meta:
        model = Contact
        fields = ("uuid", "external_key", *PERSON_FIELDS, "attributes", "tags", "source", "created_at", "updated_at")
        read_only_fields = ("uuid", "tags", "source", "created_at", "updated_at")


class StandingSerializer(serializers.Serializer):
    channel = serializers.CharField()
    state = serializers.CharField(help_text="never, pending, subscribed or unsubscribed.")
    changed_at = serializers.DateTimeField(allow_null=True)
    suppressed = serializers.CharField(help_text="Why the address must not be written to; empty: it may.")
    deliverable = serializers.BooleanField(help_text="Whether a message would be sent now.")
    topics = serializers.SerializerMethodField(help_text="State by topic.")

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_topics(self, standing: selectors.ChannelStanding) -> dict[str, str]:
        return dict(standing.topics)


class UnsubscribeSerializer(serializers.Serializer):
    channel = serializers.CharField(help_text="email or sms.")
    topic = serializers.SlugRelatedField(
        "slug", queryset=Topic.objects.all(), required=False, allow_null=True, help_text="Left out: the whole channel."
    )


class ErasedSerializer(serializers.Serializer):
    erased = serializers.BooleanField(help_text="Always true: what cannot be erased is an error.")


class ContactViewSet(BulkMixin, ListModelMixin, RetrieveModelMixin, MarketingViewSet):
    required_scopes = {
        "read": ("contacts:read",),
        "write": ("contacts:write",),
        "unsubscribe": ("consent:write",),
        "export": ("contacts:export",),
        "erase": ("contacts:erase",),
    }
    queryset = Contact.objects.prefetch_related("tags")
    serializer_class = ContactSerializer
    lookup_field = "uuid"
    lookup_value_regex = "[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"
    keyset_ordering = ("-pk",)

    def get_queryset(self) -> "QuerySet[Contact]":
        found = super().get_queryset()
        if self.action != "list":
            return found
        asked = {name: texts for name, texts in self.request.query_params.lists() if name != IDS}
        return found.filter(Criteria.read(asked, plain=True).condition())

    @extend_schema(parameters=filter_parameters())
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={201: ContactSerializer})
    def create(self, request: Request) -> Response:
        """A new contact. It gives no consent: whoever wants mail says so by the site's form."""
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        key = values.pop("external_key", None) or ""
        contact = services.create_contact(source="api", external_key=key, **values)
        return Response(self.get_serializer(contact).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, uuid: str) -> Response:
        """Change some fields. What the shop says of its own customers comes back with its next change."""
        contact = self.get_object()
        asked = self.get_serializer(contact, data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        if values.pop("external_key", contact.external_key) != contact.external_key:
            raise InvalidInput("The customer key is set once.", field="external_key")
        contact = services.update_contact(contact=contact, **values)
        return Response(self.get_serializer(contact).data)

    @extend_schema(responses=StandingSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def consent(self, request: Request, uuid: str) -> Response:
        """Where the contact stands on every channel."""
        return Response(StandingSerializer(selectors.standing(self.get_object()), many=True).data)

    @extend_schema(request=UnsubscribeSerializer, responses=StandingSerializer(many=True))
    @action(detail=True, methods=["post"], pagination_class=None)
    def unsubscribe(self, request: Request, uuid: str) -> Response:
        """Take the contact off a channel or topic; again is harmless. Nothing here puts anybody on."""
        contact = self.get_object()
        asked = UnsubscribeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.unsubscribe(contact=contact, source="api", **asked.validated_data)
        return Response(StandingSerializer(selectors.standing(contact), many=True).data)

    @extend_schema(responses=OpenApiTypes.OBJECT, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def export(self, request: Request, uuid: str) -> Response:
        """Everything that is known of the person, one key per part of the system."""
        return Response(services.export_person(contact=self.get_object()))

    @extend_schema(
        request=None,
        responses={200: ErasedSerializer},
        parameters=[OpenApiParameter(HEADER, str, OpenApiParameter.HEADER, required=True)],
    )
    @action(detail=True, methods=["post"], pagination_class=None)
    def erase(self, request: Request, uuid: str) -> Response:
        """Forget the person for good; needs an idempotency key. Orders and the ledger stay under the uuid."""
        if HEADER not in request.headers:
            raise InvalidInput("Erasing needs an idempotency key.", field=HEADER)
        services.erase_person(contact=self.get_object())
        return Response({"erased": True})
