"""The schema as JSON and YAML, and a page of it that needs no script and no third party."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from drf_spectacular.renderers import OpenApiYamlRenderer

from . import registry
from .schema import get_schema


def schema_json(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3 as JSON. Open to all: it says what the code says, and nothing of the shop."""
    return JsonResponse(get_schema(), json_dumps_params={"indent": 1})


def schema_yaml(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3 as YAML."""
    return HttpResponse(OpenApiYamlRenderer().render(get_schema()), content_type="application/yaml")


def docs(request: HttpRequest) -> HttpResponse:
    """Every operation by area, readable with scripts off."""
    schema = get_schema()
    areas: dict[str, list[dict[str, Any]]] = {}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            areas.setdefault(operation["tags"][0], []).append(
                {
                    "id": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "description": operation.get("description", ""),
                    "scopes": operation.get("x-required-scopes", []),
                    "parameters": [
                        {**parameter, "type": parameter.get("schema", {}).get("type", "")}
                        for parameter in operation.get("parameters", [])
                    ],
                    "body": _fields(body, schema),
                    "answers": [
                        (status, answer.get("description", ""))
                        for status, answer in operation["responses"].items()
                        if status != "default"
                    ],
                }
            )
    return render(
        request,
        "wagtail_marketing/api/docs.html",
        {
            "areas": sorted(areas.items()),
            "scopes": registry.scopes(),
            "info": schema["info"],
            "example": next((path for path, operations in schema["paths"].items() if "get" in operations), ""),
        },
    )


def _fields(body: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The properties of a request body, one level deep."""
    if "$ref" in body:
        body = schema["components"]["schemas"].get(body["$ref"].rsplit("/", 1)[-1], {})
    required = set(body.get("required", ()))
    return [
        {
            "name": name,
            "type": field.get("type", "object"),
            "required": name in required,
            "description": field.get("description", ""),
        }
        for name, field in body.get("properties", {}).items()
        if not field.get("readOnly")
    ]
