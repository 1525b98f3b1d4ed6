"""What every public page of this room has: its language, no trace in caches, referrers and search engines."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import add_never_cache_headers


def language_or_own(language: str) -> str:
    """``language`` where the site speaks it, else that of the request."""
    if language and translation.check_for_language(language):
        return language
    return translation.get_language() or "en"


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, language: str = "", status: int = 200
) -> HttpResponse:
    """``wagtail_marketing/contacts/<template>`` in ``language``."""
    with translation.override(language_or_own(language)):
        return private(render(request, f"wagtail_marketing/contacts/{template}", context, status=status))


def private(response: HttpResponse) -> HttpResponse:
    """Kept nowhere, told nobody."""
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    add_never_cache_headers(response)
    return response


def unknown(request: HttpRequest) -> HttpResponse:
    """A page that helps: the link is not ours, its time is up, or what it led to is gone."""
    return page(request, "unknown_link.html", {}, status=404)
