"""Public endpoints of messages. GET and HEAD change no consent, ever; only the POSTs below do."""

import base64
import logging

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from . import rendering, tokens, tracking
from .backends.email import message_links
from .engine.links import is_safe
from .models import Link, Message
from .services import reactions

logger = logging.getLogger(__name__)

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_AGENT = "HTTP_USER_AGENT"


@require_safe
def open_pixel(request: HttpRequest, token: str) -> HttpResponse:
    """One transparent dot, whatever the token: a broken picture in somebody's mail helps nobody."""
    message = _message(tracking.OPEN, token)
    if message is not None and message.send.track_opens:
        reactions.record_open(message=message, method=request.method or "", user_agent=request.META.get(_AGENT, ""))
    response = HttpResponse(PIXEL, content_type="image/gif")
    add_never_cache_headers(response)
    return response


@require_safe
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Redirect to the address that was frozen with the send, and nowhere else."""
    try:
        link_id, message_id = tracking.read_click(token)
    except tracking.BadToken:
        return _unknown(request)
    link = Link.objects.filter(pk=link_id).first()
    message = Message.objects.select_related("send").filter(pk=message_id).first()
    if link is None or message is None or link.send_id != message.send_id:
        return _unknown(request)
    url = (message.urls or {}).get(str(link.position), "") if link.dynamic else link.url
    if not is_safe(url):
        return _unknown(request)
    reactions.record_click(
        message=message, link=link, method=request.method or "", user_agent=request.META.get(_AGENT, "")
    )
    response = HttpResponseRedirect(url)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    add_never_cache_headers(response)
    return response


@csrf_exempt  # RFC 8058: the mail provider posts without cookies, referrer or token; the signature is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a page with a button. POST, the button's or a provider's, unsubscribes: 200, no redirect."""
    try:
        message_id = tracking.read_message(tracking.UNSUBSCRIBE, token)
    except tracking.BadToken:
        return _unknown(request)
    if message_id == 0:
        return _page(request, "test_message.html", {})
    message = Message.objects.select_related("send__topic", "contact").filter(pk=message_id).first()
    if message is None:
        return _unknown(request)
    if request.method == "POST":
        one_click = request.POST.get("List-Unsubscribe") == "One-Click"
        reactions.unsubscribe(
            message=message,
            source="one-click" if one_click else "form",
            ip=request.META.get("REMOTE_ADDR") or None,
        )
        return _page(request, "unsubscribed.html", {"message": message}, language=_language(message))
    return _page(request, "unsubscribe.html", {"message": message}, language=_language(message))


@require_safe
def web_version(request: HttpRequest, token: str) -> HttpResponse:
    """The message as its recipient got it, in a page that may run no script."""
    try:
        message_id = tracking.read_message(tracking.VIEW, token)
    except tracking.BadToken:
        return _unknown(request)
    if message_id == 0:
        return _page(request, "test_message.html", {})
    message = Message.objects.select_related("send__site", "contact").filter(pk=message_id).first()
    if message is None or message.contact is None or "html" not in message.send.content:
        return _unknown(request)
    content = message.send.content
    with translation.override(content["language"]):
        roots = rendering.Program(content).roots
        context = tokens.contexts([message.contact], roots=roots, context=tokens.TokenContext(site=message.send.site))[
            message.contact.pk
        ]
        context["links"] = message_links(content["base_url"], message.pk, message.contact)
        html = rendering.render(content, context).html
    if request.method == "GET":
        reactions.record_view(message=message)
    return sandboxed(html)


def sandboxed(html: str) -> HttpResponse:
    """HTML of an editor as a page that can run nothing, send nothing and be framed by nobody but us."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'none'; img-src * data:; style-src 'unsafe-inline'; font-src 'none'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups "
        "allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
    )
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    add_never_cache_headers(response)
    return response


def _message(purpose: str, token: str) -> Message | None:
    try:
        message_id = tracking.read_message(purpose, token)
    except tracking.BadToken:
        return None
    return Message.objects.select_related("send").filter(pk=message_id).first()


def _language(message: Message) -> str:
    return message.send.content.get("language") or translation.get_language() or "en"


def _page(
    request: HttpRequest, template: str, context: dict, *, language: str | None = None, status: int = 200
) -> HttpResponse:
    with translation.override(language or translation.get_language()):
        response = render(request, f"wagtail_marketing/messaging/{template}", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    add_never_cache_headers(response)
    return response


def _unknown(request: HttpRequest) -> HttpResponse:
    """A page that helps: the link is not ours, or what it led to is gone."""
    return _page(request, "unknown_link.html", {}, status=404)
