"""Every error in one form: ``{"code", "message", "field", "remedy"}`` (and ``"errors"``, one per field)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from wagtail_marketing.core.errors import DomainError, NotConfigured, WrongState


def body(code: str, message: Any, field: str = "", remedy: Any = "") -> dict[str, Any]:
    return {"code": code, "message": str(message), "field": field, "remedy": str(remedy)}


def _flatten(detail: Any, path: str = "") -> list[dict[str, Any]]:
    """DRF's nested details as a flat list, fields by dotted path."""
    if isinstance(detail, dict):
        return [
            error
            for key, value in detail.items()
            for error in _flatten(value, path if key == "non_field_errors" else f"{path}.{key}".lstrip("."))
        ]
    if isinstance(detail, list):
        return [
            error
            for index, value in enumerate(detail)
            for error in _flatten(value, f"{path}.{index}" if isinstance(value, dict) else path)
        ]
    return [body(getattr(detail, "code", "invalid"), detail, path)]


def status_of(error: DomainError) -> int:
    """409 for a wrong state, 503 for a missing setting, 422 for what was asked."""
    if isinstance(error, WrongState):
        return 409
    return 503 if isinstance(error, NotConfigured) else 422


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook; ``None`` lets a fault of ours be a 500 and reach the log."""
    if isinstance(error, DomainError):
        return Response(body(error.code, error.message, error.field, error.remedy), status=status_of(error))
    if isinstance(error, DjangoValidationError):
        error = exceptions.ValidationError(getattr(error, "message_dict", None) or error.messages)
    elif isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = drf_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        errors = _flatten(error.detail) or [body("invalid", error)]
        response.data = {**errors[0], "errors": errors}
    elif isinstance(error, exceptions.APIException):
        detail = error.detail
        response.data = body(getattr(detail, "code", error.default_code), detail)
    return response
