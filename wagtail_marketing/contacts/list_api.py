"""REST: static lists and who is on them."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from wagtail.models import Site

from wagtail_marketing.api.schema import extend_schema
from wagtail_marketing.api.viewsets import MarketingViewSet
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.identity import normalise_email

from . import services
from .list_selectors import members
from .models import Contact, ContactList, ListMembership

#: People that one request puts on a list or takes off.
MOST = 1000
NAMES = ("uuid", "external_key", "email")


class ContactListSerializer(serializers.ModelSerializer):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=255, required=False, allow_blank=True)
    site = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all(), required=False, allow_null=True)

    class Meta:
        model = ContactList
        fields = ("id", "name", "description", "site", "size", "created_at", "changed_at")
        read_only_fields = ("size", "created_at", "changed_at")
        # The service answers with a code of its own.
        validators: tuple[Any, ...] = ()


class ListMemberSerializer(serializers.ModelSerializer):
    contact = serializers.UUIDField(source="contact.uuid")
    key = serializers.CharField(source="contact.external_key", allow_null=True, help_text="The shop's customer key.")

    class Meta:
        model = ListMembership
        fields = ("contact", "key", "added_at", "source")


class WhoSerializer(serializers.Serializer):
    uuid = serializers.ListField(child=serializers.UUIDField(), required=False, default=list)
    external_key = serializers.ListField(child=serializers.CharField(max_length=190), required=False, default=list)
    email = serializers.ListField(
        child=serializers.CharField(max_length=254),
        required=False,
        default=list,
        help_text="Of several contacts with one address the one that gets the mail is meant.",
    )

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        count = sum(len(asked[name]) for name in NAMES)
        if not 0 < count <= MOST:
            raise serializers.ValidationError(f"Name 1 to {MOST} people by uuid, external_key or email.")
        return asked


class UnknownSerializer(serializers.Serializer):
    uuid = serializers.ListField(child=serializers.UUIDField())
    external_key = serializers.ListField(child=serializers.CharField())
    email = serializers.ListField(child=serializers.CharField())


class AddedSerializer(serializers.Serializer):
    added = serializers.IntegerField(help_text="Who was not on the list before.")
    size = serializers.IntegerField()
    unknown = UnknownSerializer(help_text="Whom no contact answers to; they are not made.")


class RemovedSerializer(serializers.Serializer):
    removed = serializers.IntegerField(help_text="Who was on the list before.")
    size = serializers.IntegerField()
    unknown = UnknownSerializer()


class ContactListViewSet(ListModelMixin, RetrieveModelMixin, DestroyModelMixin, MarketingViewSet):
    required_scopes = {
        "read": ("lists:read",),
        "write": ("lists:write",),
        # Who is on it is people, not a name.
        "members": ("lists:read", "contacts:read"),
        # The answer says which addresses the shop knows.
        "add_members": ("lists:write", "contacts:read"),
        "remove_members": ("lists:write", "contacts:read"),
    }
    queryset = ContactList.objects.all()
    serializer_class = ContactListSerializer
    lookup_value_regex = r"\d{1,18}"
    keyset_ordering: Any = ("-created_at", "-pk")

    @extend_schema(responses={201: ContactListSerializer})
    def create(self, request: Request) -> Response:
        """A new, empty list. A name that the site has already is refused (``list_exists``)."""
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        contact_list = services.create_list(**asked.validated_data)
        return Response(self.get_serializer(contact_list).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the name, the description or the site."""
        contact_list = self.get_object()
        asked = self.get_serializer(contact_list, data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        contact_list = services.update_list(contact_list=contact_list, **asked.validated_data)
        return Response(self.get_serializer(contact_list).data)

    def perform_destroy(self, contact_list: ContactList) -> None:
        services.delete_list(contact_list=contact_list)

    @extend_schema(responses=ListMemberSerializer(many=True))
    @action(detail=True, methods=["get"])
    def members(self, request: Request, pk: str) -> Response:
        """Who is on the list, newest first."""
        contact_list = self.get_object()
        self.keyset_ordering = ("-pk",)
        page = self.paginate_queryset(members(contact_list))
        return self.get_paginated_response(ListMemberSerializer(page, many=True).data)

    @extend_schema(request=WhoSerializer, responses=AddedSerializer)
    @members.mapping.post
    def add_members(self, request: Request, pk: str) -> Response:
        """Put contacts on the list; who is on it stays, again is harmless. Nobody is made by it."""
        asked = WhoSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        contact_list = self.get_object()
        contacts, unknown = _known(asked.validated_data)
        added = services.add_to_list(contact_list=contact_list, contacts=contacts, source="api")
        contact_list.refresh_from_db()
        return Response(AddedSerializer({"added": added, "size": contact_list.size, "unknown": unknown}).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("uuid", str, many=True, description="Contacts by uuid."),
            OpenApiParameter("external_key", str, many=True, description="Contacts by the shop's customer key."),
            OpenApiParameter("email", str, many=True, description="Contacts by address."),
        ],
        responses={200: RemovedSerializer},
    )
    @members.mapping.delete
    def remove_members(self, request: Request, pk: str) -> Response:
        """Take contacts off the list; they stay contacts. Again is harmless; nobody named is refused."""
        asked = WhoSerializer(data={name: request.query_params.getlist(name) for name in NAMES})
        asked.is_valid(raise_exception=True)
        contact_list = self.get_object()
        contacts, unknown = _known(asked.validated_data, every=True)
        removed = services.remove_from_list(contact_list=contact_list, contacts=contacts, source="api")
        contact_list.refresh_from_db()
        return Response(RemovedSerializer({"removed": removed, "size": contact_list.size, "unknown": unknown}).data)


def _known(asked: dict[str, list[Any]], *, every: bool = False) -> tuple[set[int], dict[str, list[Any]]]:
    """The contacts that are meant, and what names nobody; ``every`` means all contacts of an address."""
    addresses = {written: normalise_email(written) for written in asked["email"]}
    for written, address in addresses.items():
        if not address:
            raise InvalidInput(f"“{written}” is not an e-mail address.", field="email")
    wanted = Q(uuid__in=asked["uuid"]) | Q(external_key__in=asked["external_key"])
    wanted |= Q(email_normalised__in=addresses.values())
    keys, uuids, by_address = set(asked["external_key"]), set(asked["uuid"]), set(addresses.values())
    found, first = set[int](), dict[str, int]()
    known: dict[str, set[Any]] = {"uuid": set(), "external_key": set(), "email": set()}
    rows = Contact.objects.filter(wanted).order_by("pk")
    for pk, uuid, key, address in rows.values_list("pk", "uuid", "external_key", "email_normalised"):
        if uuid in uuids or key in keys:
            found.add(pk)
        if address in by_address and (every or first.setdefault(address, pk) == pk):
            found.add(pk)
        known["uuid"].add(uuid)
        known["external_key"].add(key)
        known["email"].add(address)
    unknown = {
        "uuid": [uuid for uuid in asked["uuid"] if uuid not in known["uuid"]],
        "external_key": [key for key in asked["external_key"] if key not in known["external_key"]],
        "email": [written for written, address in addresses.items() if address not in known["email"]],
    }
    return found, unknown
