"""Base viewsets: authentication, scopes, throttle, pages, errors and schema, none of it by the host's settings.

::

    class ContactViewSet(ListModelMixin, RetrieveModelMixin, MarketingViewSet):
        required_scopes = {"read": ("contacts:read",), "write": ("contacts:write",)}
        queryset = Contact.objects.all()
        serializer_class = ContactSerializer
        lookup_field = "uuid"
        keyset_ordering = ("-created_at", "-pk")     # a unique end makes pages stable

        @extend_schema(request=..., responses=...)   # from wagtail_marketing.api.schema
        @action(detail=True, methods=["post"])
        def tag(self, request, uuid):
            contact = services.tag_contact(contact=self.get_object(), ...)     # a DomainError becomes a 4xx
            return Response(self.get_serializer(contact).data)
"""

from typing import Any

from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from . import errors
from .authentication import TokenAuthentication
from .idempotency import IdempotencyMixin
from .pagination import KeysetPagination
from .permissions import HasScopes
from .schema import MarketingSchema
from .throttling import TokenThrottle


class ApiMixin:
    """What every view of the API has, whatever the host's ``REST_FRAMEWORK`` says."""

    authentication_classes: Any = (TokenAuthentication,)
    permission_classes: Any = (HasScopes,)
    throttle_classes: Any = (TokenThrottle,)
    renderer_classes: Any = (JSONRenderer,)
    parser_classes: Any = (JSONParser,)
    versioning_class: Any = None
    schema: Any = MarketingSchema()
    #: A tuple, or ``{"read": (...), "write": (...), "<action>": (...)}``; see ``HasScopes``.
    required_scopes: Any = None

    def get_exception_handler(self) -> Any:
        return errors.exception_handler


class MarketingAPIView(ApiMixin, APIView):
    """A single endpoint."""


class MarketingViewSet(IdempotencyMixin, ApiMixin, GenericViewSet):
    """Combine with DRF's mixins; POST honours ``Idempotency-Key``."""

    pagination_class = KeysetPagination
    filter_backends: tuple[Any, ...] = ()


class MarketingReadOnlyViewSet(IdempotencyMixin, ApiMixin, ReadOnlyModelViewSet):
    """Lists and details."""

    pagination_class = KeysetPagination
    filter_backends: tuple[Any, ...] = ()
