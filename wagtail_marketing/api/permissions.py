"""Scopes: a view names what it needs, or it is broken."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import BasePermission

from .models import ApiToken

READING = frozenset({"GET", "HEAD", "OPTIONS"})


class HasScopes(BasePermission):
    """Every scope that the view names in ``required_scopes``; fails closed.

    ``required_scopes`` is a tuple (for every method), or a mapping from action or ``read``/``write`` to a
    tuple; an action that it does not name falls back to ``read`` or ``write`` by method.
    """

    def has_permission(self, request: Any, view: Any) -> bool:
        needed = self.needed(request, view)
        token = request.auth
        return isinstance(token, ApiToken) and set(needed) <= set(token.scopes)

    @staticmethod
    def needed(request: Any, view: Any) -> tuple[str, ...]:
        declared = getattr(view, "required_scopes", None)
        if isinstance(declared, dict):
            action = getattr(view, "action", None)
            kind = "read" if request.method in READING else "write"
            declared = declared.get(action) or declared.get(kind)
        if not declared or isinstance(declared, str):
            raise ImproperlyConfigured(f"{type(view).__name__} needs required_scopes for {request.method}.")
        return tuple(declared)
