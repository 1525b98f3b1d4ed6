"""The OpenAPI schema of our own URLs: set per view, built from our routes, free of the host's settings."""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language, override
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from drf_spectacular.utils import extend_schema as _extend_schema
from rest_framework.schemas.openapi import AutoSchema as ForeignSchema

from .permissions import HasScopes

ERROR = {
    "type": "object",
    "required": ["code", "message", "field", "remedy"],
    "properties": {
        "code": {"type": "string", "description": "Stable, for programs."},
        "message": {"type": "string", "description": "For people, in the request's language."},
        "field": {"type": "string", "description": "The input at fault, by dotted path; may be empty."},
        "remedy": {"type": "string", "description": "What to do next; may be empty."},
        "errors": {
            "type": "array",
            "description": "With a body that does not validate: one per field.",
            "items": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    },
}


class TokenScheme(OpenApiAuthenticationExtension):
    """How a caller says who it is."""

    target_class = "wagtail_marketing.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token made by `manage.py marketing_api_token` or under Marketing, Settings, API tokens.",
        }


class MarketingSchema(AutoSchema):
    """Adds to every operation: its scopes, the error form and, for POST, the idempotency header."""

    def get_tags(self) -> list[str]:
        path = [part for part in self.path.strip("/").split("/") if not part.startswith("{")]
        after = path[path.index("v1") + 1 :] if "v1" in path else path
        return [after[0]] if after else ["marketing"]

    def get_override_parameters(self) -> list[Any]:
        if self.method != "POST":
            return []
        return [
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="A repeat with the same key gets the first answer and does nothing again (24 hours).",
            )
        ]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        operation["x-required-scopes"] = list(HasScopes.needed(_Method(self.method), self.view))
        operation["responses"].setdefault(
            "default",
            {
                "description": "Any error.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/MarketingError"}}},
            },
        )
        return operation


def extend_schema(**options: Any) -> Callable[[Any], Any]:
    """drf-spectacular's decorator, on our schema class; write it above ``@action``.

    Theirs builds on ``REST_FRAMEWORK["DEFAULT_SCHEMA_CLASS"]``, which is the host's and need not be theirs.
    """

    def decorate(target: Any) -> Any:
        if callable(target) and not isinstance(target, type):
            target.kwargs = {"schema": MarketingSchema, **getattr(target, "kwargs", {})}
        return _extend_schema(**options)(target)

    return decorate


class _Method:
    """All that ``HasScopes.needed`` asks of a request."""

    def __init__(self, method: str):
        self.method = method


class MarketingGenerator(SchemaGenerator):
    """Our title and version in place of the host's; the error form as a component."""

    def create_view(self, callback: Any, method: str, request: Any = None) -> Any:
        view = super().create_view(callback, method, request)
        if not isinstance(view.schema, MarketingSchema) or isinstance(view.schema, ForeignSchema):
            raise ImproperlyConfigured(
                f"{type(view).__name__}: take extend_schema from wagtail_marketing.api.schema, and the base "
                "classes from wagtail_marketing.api.viewsets."
            )
        return view

    def get_schema(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from wagtail_marketing import __version__

        schema = super().get_schema(*args, **kwargs)
        schema["info"] = {
            "title": "wagtail_marketing",
            "version": __version__,
            "description": "Contacts, segments, campaigns and what they earned. Lists have pages: follow next.",
        }
        schema.setdefault("components", {}).setdefault("schemas", {})["MarketingError"] = ERROR
        return schema


_lock = threading.Lock()


def get_schema() -> dict[str, Any]:
    """The schema of every installed route, in the current language; built once per process and language."""
    with _lock:
        return _build(get_language() or "en")


@cache
def _build(language: str) -> dict[str, Any]:
    from django.urls import include, path, reverse

    from . import urls

    base = reverse("wagtail_marketing:api:schema-json").removesuffix("v1/schema.json").strip("/")
    patterns = [path(f"{base}/v1/" if base else "v1/", include(urls.router.urls))]
    with override(language):
        return MarketingGenerator(patterns=patterns).get_schema(request=None, public=True)
