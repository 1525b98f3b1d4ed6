"""The timeline on a contact's page, and the notes that staff write there."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from wagtail_marketing.activity import selectors, services
from wagtail_marketing.activity.models import Activity
from wagtail_marketing.activity.words import kind_of
from wagtail_marketing.admin.components import KitComponent, Section, Timeline, TimelineItem
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingView
from wagtail_marketing.contacts.masking import may_see_people
from wagtail_marketing.contacts.models import Channel, Contact
from wagtail_marketing.contacts.registry import ProfileBlock
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.core.money import format_money

NOTE = "wagtail_marketing_activity.add_note"

#: What the filter offers: room of the type -> words.
FILTERS = (
    ("", gettext_lazy("Everything")),
    ("order", gettext_lazy("Orders")),
    ("email", gettext_lazy("E-mails")),
    ("consent", gettext_lazy("Consent")),
    ("segment", gettext_lazy("Segments")),
    ("note", gettext_lazy("Notes")),
)


class TimelineFilter(KitComponent):
    """Links that narrow the timeline; they work without JavaScript."""

    template_name = "wagtail_marketing_activity/filter.html"

    def __init__(self, chosen: str):
        self.chosen = chosen

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {
            "links": [
                (f"?{urlencode({'what': key})}#timeline" if key else "?#timeline", label, key == self.chosen)
                for key, label in FILTERS
            ]
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
    page = selectors.timeline(contact=contact, types=[what] if what else (), page=request.GET.get("before", ""))
    plain = may_see_people(request.user)
    writers = _writers(page.items)
    more = ""
    if page.next:
        query = {"before": page.next} | ({"what": what} if what else {})
        more = f"?{urlencode(query)}#timeline"
    items = [item_of(row, plain=plain, writers=writers) for row in page.items]
    parts: list[Any] = [TimelineFilter(what)]
    if plain and may(request.user, NOTE):
        parts.append(NoteForm(contact, request))
    parts.append(Timeline(items, more_url=more, empty_text=_("Nothing here yet.")))
    return [Section(_("Timeline"), parts)]


def item_of(row: Activity, *, plain: bool, writers: dict[str, str]) -> TimelineItem:
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
    return TimelineItem(row.occurred_at, kind.label, detail, icon=kind.icon, kind=row.type)


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
