"""The sign-up form: standing alone, or posted to from a block on any page, cached or not."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.models import Site

from wagtail_marketing.conf import settings
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.client import client_ip, evidence_ip, may_ask
from wagtail_marketing.contacts.links import BadToken
from wagtail_marketing.contacts.models import Topic
from wagtail_marketing.contacts.services.sign_up import topics_of
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput, NotConfigured

from . import offers
from .forms import FIELDS, TRAP, SignUpForm, pointed_at_errors
from .offers import Offer
from .pages import language_or_own, page

SCOPE = "sign-up"


@csrf_exempt  # cookie-less: the form may stand on a cached page, and nobody's session is used
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """GET shows the site's own form; POST takes any form of ours and answers everybody alike."""
    if request.method != "POST":
        site = Site.find_for_request(request)
        topics = topics_of(site)
        return _form(request, offers.for_site(site, topics), topics)
    try:
        offer = offers.read(request.POST.get("offer", ""))
    except BadToken:
        site = Site.find_for_request(request)
        topics = topics_of(site)
        fresh = offers.for_site(site, topics)
        problem = _("The page with the form was too old. Please send it again from here.")
        form = SignUpForm(fresh, topics, initial=request.POST.dict())
        return _form(request, fresh, topics, form, problem, status=400)
    with translation.override(language_or_own(offer.language)):
        return _take(request, offer)


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """What everybody reads who sent the form."""
    return page(request, "sign_up_done.html", {}, language=request.GET.get("lang", ""))


def _take(request: HttpRequest, offer: Offer) -> HttpResponse:
    # A channel whose sender was taken away since is not offered any more.
    offer = replace(offer, channels=offers.open_channels(offer.channels))
    site = Site.objects.filter(pk=offer.site).first() if offer.site else None
    topics = topics_of(site, ids=offer.topics) if offer.topics else []
    form = SignUpForm(offer, topics, request.POST)
    if request.POST.get(TRAP):
        return _done(offer)  # a program: it is told what everybody is told
    if not may_ask(client_ip(request), scope=SCOPE, rate=settings.sign_up_rate):
        problem = _("Too many sign-ups came from your network. Please try again in an hour.")
        return _form(request, offer, topics, form, problem, status=429)
    if not offer.channels or (offer.topics and not topics):
        return _form(request, offer, topics, form, _("What this form was for is not offered any more."), status=422)
    if clock.now().timestamp() - offer.at < settings.sign_up_min_seconds:
        # The signed time stays: sent once more, it is old enough.
        problem = _("That was very quick. Please send the form once more.")
        return _form(request, offer, topics, form, problem, status=422)
    if form.is_valid() and _store(request, form, offer, site):
        return _done(offer)
    return _form(request, offer, topics, form, status=422)


def _store(request: HttpRequest, form: SignUpForm, offer: Offer, site: Any) -> bool:
    """Whether all of it was taken; what is wrong stands at its field."""
    given = form.cleaned_data
    asked = [(channel, given[FIELDS[channel]]) for channel in offer.channels if given.get(FIELDS[channel])]
    try:
        for channel, address in asked:
            services.sign_up(
                channel=channel,
                address=address,
                region=given.get("country", ""),
                topics=form.chosen,
                offered=form.offered,
                text=offer.text,
                text_version=offer.version,
                language=offer.language,
                site=site,
                first_name=given.get("first_name", ""),
                origin=offer.origin,
                ip=evidence_ip(request),
            )
    except (InvalidInput, NotConfigured) as error:
        field = error.field if error.field in form.fields else None
        form.add_error(field, str(error))
        return False
    return True


def _done(offer: Offer) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('wagtail_marketing:sign_up_done')}?lang={offer.language}", status=303)


def _form(
    request: HttpRequest,
    offer: Offer,
    topics: list[Topic],
    form: SignUpForm | None = None,
    problem: str = "",
    *,
    status: int = 200,
) -> HttpResponse:
    signed = request.POST.get("offer", "") if request.method == "POST" and status != 400 else ""
    context = {
        "offer": offer,
        "form": pointed_at_errors(form or SignUpForm(offer, topics)),
        "signed": signed or offer.signed(),
        "trap": TRAP,
        "problem": problem,
        "action": reverse("wagtail_marketing:sign_up"),
    }
    return page(request, "sign_up.html", context, language=offer.language, status=status)
