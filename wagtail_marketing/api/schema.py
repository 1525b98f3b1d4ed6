"""The OpenAPI schema of our own URLs, set per view and never through the host's settings."""

from typing import Any

from drf_spectacular.openapi import AutoSchema


class MarketingSchema(AutoSchema):
    """Names the security scheme, the error form and the idempotency header of every operation."""

    def get_auth(self) -> list[dict[str, list[str]]]:
        return [{"token": []}]

    def get_tags(self) -> list[str]:
        path = self.path.strip("/").split("/")
        after = path[path.index("v1") + 1 :] if "v1" in path else path
        return [after[0]] if after else ["marketing"]

    def get_override_parameters(self) -> list[Any]:
        from drf_spectacular.types import OpenApiTypes
        from drf_spectacular.utils import OpenApiParameter

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

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        responses = super()._get_response_bodies(*args, **kwargs)
        responses.setdefault(
            "default",
            {
                "description": "Any error.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/MarketingError"}}},
            },
        )
        return responses
