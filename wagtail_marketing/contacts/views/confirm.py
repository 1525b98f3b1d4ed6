"""The page behind the link of a confirmation. A GET changes nothing: scanners follow every link of a message."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.client import evidence_ip
from wagtail_marketing.contacts.links import BadToken, preferences_url, read_confirm
from wagtail_marketing.contacts.models import SignUp
from wagtail_marketing.contacts.services.confirm import asked_for

from .pages import page, unknown


@csrf_exempt  # no cookie is looked at; the signature in the address is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what was asked for and a button; POST says yes to it."""
    try:
        uuid = read_confirm(token)
    except BadToken:
        return unknown(request)
    sign_up = SignUp.objects.select_related("contact", "site").filter(uuid=uuid).first()
    asked = asked_for(sign_up) if sign_up is not None else None
    if sign_up is None or asked is None:
        return unknown(request)
    context = {
        "sign_up": sign_up,
        "asked": asked,
        "preferences_url": preferences_url(asked.contact, address_hash=sign_up.address_hash),
    }
    if request.method == "POST" and asked.rows:
        services.confirm(sign_up=sign_up, ip=evidence_ip(request))
        return page(request, "confirmed.html", context, language=sign_up.language)
    return page(request, "confirm.html" if asked.rows else "confirmed.html", context, language=sign_up.language)
