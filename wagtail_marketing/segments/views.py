"""What a visitor's browser asks for: the content of a block that only members of a segment see."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.generic import View
from wagtail.models import Page, Site

from .blocks import shown_to_segments
from .middleware import no_store
from .visitor import holds


class FragmentView(View):
    """200 with the fragment for a member; 204 for everybody else, whatever the reason: the default stays."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, page: int, digest: str) -> HttpResponse:
        html = self._fragment(request, page, digest)
        response = no_store(HttpResponse(html) if html else HttpResponse(status=204))
        response["X-Robots-Tag"] = "noindex"
        return response

    def _fragment(self, request: HttpRequest, pk: int, digest: str) -> str:
        page = Page.objects.live().filter(pk=pk).specific().first()
        if page is None or not self._may_see(request, page):
            return ""
        for block, value in shown_to_segments(page):
            if block.digest(value) == digest:
                context: dict[str, Any] = {"page": page, "self": page, "request": request}
                return value["inside"].render_as_block(context) if holds(request, value["segment"]) else ""
        return ""

    def _may_see(self, request: HttpRequest, page: Page) -> bool:
        """On this site, and past its password, log-in or group."""
        site = Site.find_for_request(request)
        if site is None or not page.url_path.startswith(site.root_page.url_path):
            return False
        return all(restriction.accept_request(request) for restriction in page.get_view_restrictions())
