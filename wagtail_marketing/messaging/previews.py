"""A template as a page in the admin: the e-mail inside a sandbox, under a line that says how it arrives."""

from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string

from .brand import brand_for
from .errors import ContentError, RecipientError
from .services.trial import preview

#: The page frames the e-mail, and neither may run anything: an editor's HTML must not act in the admin's name.
POLICY = (
    "default-src 'none'; script-src 'none'; img-src * data:; style-src 'self' 'unsafe-inline'; frame-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


def preview_response(template: Any, mode: str, contact: Any = None) -> HttpResponse:
    """``mode``: desktop, mobile, dark or text. A mistake in the content is shown with its place."""
    context: dict[str, Any] = {"mode": mode, "template": template, "contact": contact}
    try:
        rendered = preview(template, contact)
    except (ContentError, RecipientError) as error:
        context["error"] = error
    else:
        html = rendered.html
        if mode == "dark":
            # The reader's own setting decides in a mail program; here the rules hold without asking.
            html = html.replace("@media (prefers-color-scheme: dark)", "@media all")
        brand = brand_for(template.site)
        context |= {"rendered": rendered, "html": html, "brand": brand}
    response = HttpResponse(render_to_string("wagtail_marketing/messaging/admin/preview.html", context))
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    return response
