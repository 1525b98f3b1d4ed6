"""The preference centre: topics, channels, pause, contact time, language. Works without scripts and cookies."""

from datetime import timedelta
from typing import Any

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.models import Site

from wagtail_marketing.contacts import selectors, services
from wagtail_marketing.contacts.client import evidence_ip
from wagtail_marketing.contacts.links import BadToken, Visitor, account_url, read_preferences
from wagtail_marketing.contacts.masking import mask
from wagtail_marketing.contacts.models import ConsentChoice, ConsentState, Contact, ContactPreference, Topic
from wagtail_marketing.contacts.registry import confirmation_senders
from wagtail_marketing.contacts.services.preferences import Wish
from wagtail_marketing.contacts.services.sign_up import topics_of
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.host import get_adapter

from .forms import KEEP, PreferencesForm, channel_boxes, pointed_at_errors
from .pages import language_or_own, page, private, unknown


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """A customer who is logged in to the shop is led to their own page; others read where to find theirs."""
    key = get_adapter().customer_key_of(request)
    contact = Contact.objects.filter(external_key=key).first() if key else None
    if contact is None:
        return page(request, "preferences_by_mail.html", {})
    return private(HttpResponseRedirect(account_url(contact)))


@csrf_exempt  # no cookie is looked at; the signature in the address is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what is; POST saves what was changed on the page, and only that."""
    try:
        visitor = read_preferences(token)
    except BadToken:
        return unknown(request)
    if visitor.contact is None:
        return page(request, "test_link.html", {})
    contact = visitor.contact
    preference = selectors.preference_of(contact)
    language = language_or_own(selectors.language_of(contact, preference=preference))
    with translation.override(language):
        return _Centre(request, visitor, contact, preference, language).answer()


class _Centre:
    """One request to one person's page."""

    def __init__(
        self,
        request: HttpRequest,
        visitor: Visitor,
        contact: Contact,
        preference: ContactPreference | None,
        language: str,
    ):
        self.request, self.contact, self.preference, self.language = request, contact, preference, language
        self.proven = visitor.proven
        self.site = Site.find_for_request(request)
        self.topics: list[Topic] = topics_of(self.site)
        self.boxes = channel_boxes(
            selectors.standing(contact),
            self.topics,
            set(
                ConsentState.objects.filter(
                    contact=contact, topic__isnull=False, state=ConsentChoice.UNSUBSCRIBED
                ).values_list("channel", "topic_id")
            ),
            {*self.proven, *confirmation_senders.keys()},
        )

    def answer(self) -> HttpResponse:
        if self.request.method != "POST":
            return self.show(self.form())
        if self.request.POST.get("leave"):
            for box in self.boxes:
                services.unsubscribe(
                    contact=self.contact,
                    channel=box["name"],
                    source="preferences",
                    evidence=services.Evidence(_("Unsubscribe from everything"), ip=evidence_ip(self.request)),
                )
            return self.back("left")
        form = self.form(self.request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            self.save(form.cleaned_data)
            asked = self.apply()
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
            return self.show(form, status=422)
        return self.back("asked" if asked else "saved")

    def form(self, data: Any = None) -> PreferencesForm:
        known = self.preference.time_zone if self.preference else self.contact.time_zone
        chosen = selectors.language_of(self.contact, preference=self.preference)
        offered = {code for code, _name in django_settings.LANGUAGES}
        return PreferencesForm(
            self.preference, data, zone=known, language=chosen if chosen in offered else "", auto_id="wm-%s"
        )

    def save(self, given: dict[str, Any]) -> None:
        pause = given["pause"]
        until = self.preference.paused_until if self.preference and pause == KEEP else None
        if pause.isdigit():
            until = clock.now() + timedelta(days=int(pause))
        services.save_preferences(
            contact=self.contact,
            paused_until=until,
            contact_from=given["contact_from"],
            contact_until=given["contact_until"],
            time_zone=given["time_zone"],
            language=given["language"],
        )

    def apply(self) -> list[str]:
        """Only boxes that differ from what the page showed: an old page must not undo what came after it."""
        shown = set(self.request.POST.get("shown", "").split())
        ticked = set(self.request.POST.getlist("want"))
        topics = {f"{box['name']}:{entry['topic'].pk}": entry["topic"] for box in self.boxes for entry in box["topics"]}
        wishes = []
        for box in self.boxes:
            for name in (box["name"], *(entry["name"] for entry in box["topics"])):
                if (name in shown) != (name in ticked):
                    wishes.append(Wish(box["name"], name in ticked, topics.get(name)))
        words = [str(box["standing"].label) for box in self.boxes if box["name"] in ticked]
        words += [topics[name].words()[0] for name in topics if name in ticked]
        return services.apply_wishes(
            contact=self.contact,
            wishes=wishes,
            proven=self.proven,
            text=_("Preferences: %(chosen)s") % {"chosen": ", ".join(words) or _("nothing")},
            site=self.site,
            ip=evidence_ip(self.request),
        )

    def back(self, told: str) -> HttpResponse:
        """Show the page anew, so that reloading it sends nothing."""
        return private(HttpResponseRedirect(f"{self.request.path}?done={told}", status=303))

    def show(self, form: PreferencesForm, *, status: int = 200) -> HttpResponse:
        for box in self.boxes:
            box["address"] = mask(box["standing"].address)
            if self.request.method == "POST":
                ticked = self.request.POST.getlist("want")
                box["ticked"] = box["name"] in ticked
                for entry in box["topics"]:
                    entry["ticked"] = entry["name"] in ticked
            else:
                box["ticked"] = box["on"]
                for entry in box["topics"]:
                    entry["ticked"] = entry["on"]
        names = [box["name"] for box in self.boxes if box["on"]]
        names += [entry["name"] for box in self.boxes for entry in box["topics"] if entry["on"]]
        shown = self.request.POST.get("shown", "") if self.request.method == "POST" else " ".join(names)
        context = {
            "form": pointed_at_errors(form),
            "boxes": self.boxes,
            "shown": shown,
            "told": self.request.GET.get("done", ""),
            "contact_email": mask(self.contact.email),
            "subscribed": any(box["on"] for box in self.boxes),
        }
        return page(self.request, "preferences.html", context, language=self.language, status=status)
