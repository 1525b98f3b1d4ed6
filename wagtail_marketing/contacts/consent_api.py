"""REST: topics, sign-ups of headless sites, and the addresses that must not be written to."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from wagtail.models import Site

from wagtail_marketing.api.schema import extend_schema
from wagtail_marketing.api.viewsets import MarketingViewSet
from wagtail_marketing.conf import settings
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.identity import address_hash

from . import services
from .client import evidence_ip
from .models import Suppression, SuppressionReason, Topic
from .registry import channel_address, channels


class TopicSerializer(serializers.ModelSerializer):
    translations = serializers.SerializerMethodField(help_text="Name and description by language.")

    class Meta:
        model = Topic
        fields = (
            "id",
            "slug",
            "name",
            "description",
            "site",
            "is_active",
            "is_public",
            "double_opt_in",
            "translations",
        )

    def get_translations(self, topic: Topic) -> dict[str, dict[str, str]]:
        return {text.language: {"name": text.name, "description": text.description} for text in topic.texts.all()}


class TopicViewSet(ListModelMixin, MarketingViewSet):
    required_scopes = {"read": ("topics:read",)}
    queryset = Topic.objects.prefetch_related("texts")
    serializer_class = TopicSerializer
    keyset_ordering = ("pk",)

    def get_queryset(self) -> "QuerySet[Topic]":
        found = super().get_queryset()
        if self.request.query_params.get("public") == "true":
            found = found.filter(is_active=True, is_public=True)
        return found

    @extend_schema(parameters=[OpenApiParameter("public", bool, description="Only those that people may choose.")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


class SignUpSerializer(serializers.Serializer):
    channel = serializers.CharField(default="email", help_text="email or sms.")
    address = serializers.CharField(max_length=254, help_text="E-mail address, or phone number in E.164.")
    topics = serializers.ListField(child=serializers.CharField(max_length=120), default=list, help_text="Slugs.")
    offered = serializers.ListField(
        child=serializers.CharField(max_length=120), required=False, help_text="Slugs of all that could be chosen."
    )
    text = serializers.CharField(max_length=5000, help_text="The exact words that the person saw; kept as evidence.")
    text_version = serializers.CharField(max_length=40, required=False, allow_blank=True)
    language = serializers.CharField(max_length=20, required=False, allow_blank=True)
    first_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    region = serializers.CharField(
        max_length=2, required=False, allow_blank=True, help_text="Country in which a number without + is read."
    )
    origin = serializers.CharField(max_length=255, required=False, allow_blank=True, help_text="Page of the form.")
    ip = serializers.IPAddressField(
        required=False, help_text="The person's address, where your server calls for them; kept if the site allows it."
    )


class AcceptedSerializer(serializers.Serializer):
    detail = serializers.CharField(help_text="The same for everybody, known or not.")


class SignUpViewSet(MarketingViewSet):
    """A token with this scope alone can do nothing else: it may stand in a public front end."""

    required_scopes = {"write": ("sign-ups:write",)}
    serializer_class = SignUpSerializer

    @extend_schema(request=SignUpSerializer, responses={202: AcceptedSerializer})
    def create(self, request: Request) -> Response:
        """Somebody asks to be written to. They get a message with a link; only its button gives consent."""
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        site = Site.find_for_request(request._request)
        chosen = _topics(values.pop("topics"), site)
        offered = _topics(values.pop("offered"), site) if "offered" in values else None
        ip = values.pop("ip", None) if settings.keep_consent_ip else None
        services.sign_up(
            **values, topics=chosen, offered=offered, source="api", site=site, ip=ip or evidence_ip(request._request)
        )
        return Response({"detail": "If a confirmation is needed, it is on its way."}, status=status.HTTP_202_ACCEPTED)


def _topics(slugs: list[str], site: Any) -> list[Topic]:
    """By slug; a site's own before one of all sites."""
    found = {topic.slug: topic for topic in Topic.objects.filter(slug__in=slugs, site=None)}
    found |= {topic.slug: topic for topic in Topic.objects.filter(slug__in=slugs, site=site) if site}
    for slug in slugs:
        if slug not in found:
            raise InvalidInput(f"There is no topic “{slug}”.", field="topics")
    return [found[slug] for slug in dict.fromkeys(slugs)]


class SuppressionSerializer(serializers.ModelSerializer):
    class Meta:
        model = Suppression
        fields = ("channel", "address_hash", "reason", "created_at")


class SuppressSerializer(serializers.Serializer):
    channel = serializers.ChoiceField(choices=("email", "sms"))
    address = serializers.CharField(max_length=254, help_text="Only a hash of it is kept.")
    reason = serializers.ChoiceField(
        choices=[value for value in SuppressionReason.values if value != SuppressionReason.ERASED], default="manual"
    )


class SuppressionViewSet(ListModelMixin, MarketingViewSet):
    required_scopes = {"read": ("suppressions:read",), "write": ("suppressions:write",)}
    queryset = Suppression.objects.all()
    serializer_class = SuppressionSerializer
    keyset_ordering = ("-pk",)

    def get_queryset(self) -> "QuerySet[Suppression]":
        found = super().get_queryset()
        if address := self.request.query_params.get("address"):
            hashes = {address_hash(channel.normalise(address)) for channel in channels} - {""}
            found = found.filter(address_hash__in=hashes)
        return found

    @extend_schema(parameters=[OpenApiParameter("address", str, description="Whether this address is on the list.")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=SuppressSerializer, responses={201: SuppressionSerializer})
    def create(self, request: Request) -> Response:
        """Never write to an address again; the first reason stays. Nothing here takes one off the list."""
        asked = SuppressSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        row = services.suppress(**asked.validated_data)
        if row is None:
            label = channel_address(asked.validated_data["channel"]).label
            raise InvalidInput(f"This is not an address of the channel “{label}”.", field="address")
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)
