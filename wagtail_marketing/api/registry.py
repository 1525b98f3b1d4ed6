"""The plug of the REST API: capabilities bring their viewsets and scopes.

::

    # wagtail_marketing/contacts/apps.py, in ready()
    from wagtail_marketing.api import registry

    registry.register_scope("contacts:read", _("Read contacts and their consent"))
    registry.register_scope("contacts:write", _("Create and change contacts"))
    registry.register("contacts", "wagtail_marketing.contacts.api.ContactViewSet", basename="contact")

The viewset is named by its dotted path and imported when the URLs load, so that ``ready()`` stays cheap.
Each becomes ``/marketing/api/v1/<prefix>/``; URL names are ``wagtail_marketing:api:<basename>-list``.
"""

from dataclasses import dataclass
from typing import Any

from wagtail_marketing.core.registry import Registry


@dataclass(frozen=True)
class Route:
    """One viewset under one prefix."""

    prefix: str
    viewset: str
    basename: str


routes: Registry[Route] = Registry("API routes")
_scopes: Registry[Any] = Registry("API scopes")


def register(prefix: str, viewset: str, *, basename: str) -> None:
    """Serve the viewset at the dotted path ``viewset`` under ``prefix``; a second time is harmless."""
    if prefix not in routes:
        routes.register(prefix, Route(prefix, viewset, basename))


def register_scope(scope: str, description: Any) -> None:
    """Make ``scope`` (``<noun>:<verb>``) known, so that a token may hold it."""
    if scope not in _scopes:
        _scopes.register(scope, description)


def scopes() -> dict[str, Any]:
    """Every known scope with what it allows, by name."""
    return dict(sorted(_scopes.items()))
