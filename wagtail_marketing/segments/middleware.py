"""Private pages stay private: what the block "show to a segment" put into a response is stored by no cache."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

#: Stands on a request that this middleware looks after; without it the block shows nothing private.
WATCHED, PRIVATE = "_wm_watched", "_wm_private"


def make_private(request: HttpRequest) -> bool:
    """Say that the response will hold something for this visitor only. False: nobody would keep that promise."""
    if not getattr(request, WATCHED, False):
        return False
    setattr(request, PRIVATE, True)
    # Django's cache, also as the decorator ``cache_page``, which acts before any middleware sees the response.
    request._cache_update_cache = False  # type: ignore[attr-defined]
    return True


def no_store(response: HttpResponse) -> HttpResponse:
    """No cache, shared or the browser's, keeps ``response``."""
    response["Cache-Control"] = "private, no-store"
    for header in ("Expires", "ETag", "Last-Modified"):
        response.headers.pop(header, None)
    patch_vary_headers(response, ["Cookie"])
    return response


class PrivateContentMiddleware:
    """After ``UpdateCacheMiddleware`` and its like, so that they see the headers that this one sets."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        setattr(request, WATCHED, True)
        response = self.get_response(request)
        return no_store(response) if getattr(request, PRIVATE, False) else response
