"""The timeline on a contact's page, and the notes that staff write there."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from wagtail_marketing.activity import selectors, services
from wagtail_marketing.activity.models import Activity
from wagtail_marketing.activity.words import kind_of
from wagtail_marketing.admin.components import KitComponent, Section, Timeline, TimelineItem
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingTemplateView, MarketingView
from wagtail_marketing.contacts.masking import may_see_people
from wagtail_marketing.contacts.models import Channel, Contact
from wagtail_marketing.contacts.registry import ProfileBlock
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.core.money import format_money

NOTE = "wagtail_marketing_activity.add_note"
DELETE = "wagtail_marketing_activity.delete_note"

#: What the filter offers: room of the type -> words.
FILTERS = (
    ("", gettext_lazy("Everything")),
    ("order", gettext_lazy("Orders")),
    ("email", gettext_lazy("E-mails")),
    ("consent", gettext_lazy("Consent")),
    ("segment", gettext_lazy("Segments")),
    ("note", gettext_lazy("Notes")),
)


#: Days that the filter offers; empty is any time.
PERIODS = (
    ("", gettext_lazy("Any time")),
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("A year")),
)


class TimelineFilter(KitComponent):
    """Links that narrow the timeline by kind and period; they work without JavaScript."""

    template_name = "wagtail_marketing_activity/filter.html"

    def __init__(self, chosen: str, days: str):
        self.chosen, self.days = chosen, days

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        def link(what: str, days: str) -> str:
            query = {name: value for name, value in (("what", what), ("days", days)) if value}
            return f"?{urlencode(query)}#timeline"

        return {
            "kinds": [(link(key, self.days), label, key == self.chosen) for key, label in FILTERS],
            "periods": [(link(self.chosen, key), label, key == self.days) for key, label in PERIODS],
        }


class NoteForm(KitComponent):
    template_name = "wagtail_marketing_activity/note_form.html"

    def __init__(self, contact: Contact, request: HttpRequest):
        self.contact, self.request = contact, request

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {"contact": self.contact, "csrf_token": get_token(self.request), "most": services.MOST_NOTE}


def timeline_block(contact: Contact, request: HttpRequest) -> list[Any]:
    what = request.GET.get("what", "")
    what = what if what in dict(FILTERS) else ""
    days = request.GET.get("days", "")
    days = days if days in dict(PERIODS) else ""
    page = selectors.timeline(
        contact=contact,
        types=[what] if what else (),
        page=request.GET.get("before", ""),
        since=clock.now() - timedelta(days=int(days)) if days else None,
    )
    plain = may_see_people(request.user)
    writers = _writers(page.items)
    more = ""
    if page.next:
        query = {"before": page.next} | ({"what": what} if what else {}) | ({"days": days} if days else {})
        more = f"?{urlencode(query)}#timeline"
    items = [item_of(row, plain=plain, writers=writers, user=request.user) for row in page.items]
    parts: list[Any] = [TimelineFilter(what, days)]
    if plain and may(request.user, NOTE):
        parts.append(NoteForm(contact, request))
    parts.append(Timeline(items, more_url=more, empty_text=_("Nothing here yet.")))
    return [Section(_("Timeline"), parts)]


def may_change(row: Activity, user: Any) -> bool:
    """Their own note, or everybody's for who may delete notes."""
    return may(user, NOTE) and (row.user_id == str(user.pk) or may(user, DELETE))


def item_of(row: Activity, *, plain: bool, writers: dict[str, str], user: Any = None) -> TimelineItem:
    """A row in words; what staff wrote about a person is for who may see people."""
    kind = kind_of(row.type)
    detail: Any = row.subject
    if row.type.startswith("order.") and "currency" in row.data:
        minor = row.data.get("amount_minor", row.data.get("total_minor", 0))
        detail = f"{row.subject} · {format_money(minor, row.data['currency'])}"
    elif row.type.startswith("consent."):
        channel = Channel(row.subject).label if row.subject in Channel.values else row.subject
        detail = f"{channel} · {row.data.get('source', '')}"
    elif row.type == "note.added":
        text = row.data.get("text", "") if plain else _("(not shown)")
        writer = writers.get(row.user_id, "")
        detail = f"{text} — {writer}" if writer and plain else text
    elif row.url:
        detail = f"{row.subject} · {row.url}"
    url = ""
    if row.type == "note.added" and plain and user is not None and may_change(row, user):
        url = reverse("marketing_notes:edit", args=[row.pk])
    return TimelineItem(row.occurred_at, kind.label, detail, icon=kind.icon, kind=row.type, url=url)


def _writers(rows: Any) -> dict[str, str]:
    """The names of the staff who wrote the notes of a page: one statement, none without notes."""
    ids = {row.user_id for row in rows if row.user_id.isdigit()}
    if not ids:
        return {}
    return {str(user.pk): user.get_username() for user in get_user_model()._default_manager.filter(pk__in=ids)}


TIMELINE = ProfileBlock(50, timeline_block)


class AddNoteView(MarketingView):
    """POST only: a note on a contact."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = get_object_or_404(Contact, pk=pk)
        try:
            services.record_note(contact=contact, text=request.POST.get("text", ""), user_id=str(request.user.pk))
            messages.success(request, _("The note is on the timeline."))
        except DomainError as error:
            messages.error(request, str(error))
        return redirect("marketing_contacts:inspect", pk)


class EditNoteView(MarketingTemplateView):
    """One's own note changed or taken away; others' notes for who may delete notes."""

    template_name = "wagtail_marketing_activity/edit_note.html"
    page_title = gettext_lazy("Note")
    header_icon = "edit"
    http_method_names = ["get", "post", "head", "options"]

    @cached_property
    def note(self) -> Activity:
        return get_object_or_404(Activity.objects.select_related("contact"), pk=self.kwargs["pk"], type="note.added")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if may(request.user, NOTE) and not may_change(self.note, request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        url = reverse("marketing_contacts:inspect", args=[self.note.contact_id])
        return [{"url": url, "label": str(self.note.contact)}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(note=self.note, text=self.note.data.get("text", ""), most=services.MOST_NOTE)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            if "delete" in request.POST:
                services.delete_note(note=self.note)
                messages.success(request, _("The note is gone."))
            else:
                services.change_note(note=self.note, text=request.POST.get("text", ""))
                messages.success(request, _("The note is changed."))
        except DomainError as error:
            messages.error(request, str(error))
        return redirect("marketing_contacts:inspect", self.note.contact_id)
