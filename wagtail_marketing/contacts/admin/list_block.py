"""The static lists of one person, on their page: which, since when, and onto one more."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from wagtail.admin import messages

from wagtail_marketing.admin.components import DataTable, KitComponent, Section
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingView
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import Contact, ContactList

from .list_views import CHANGE, source_words
from .profile import local


class ListBox(KitComponent):
    """The lists that the person is not on, and a button that puts them on one."""

    template_name = "wagtail_marketing_contacts/list_box.html"

    def __init__(self, contact: Contact, others: list[ContactList], request: HttpRequest):
        self.contact, self.others, self.request = contact, others, request

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {"contact": self.contact, "others": self.others, "csrf_token": get_token(self.request)}


def lists_block(contact: Contact, request: HttpRequest) -> list[Any]:
    """Two statements for who may change lists, one for who may only see them."""
    memberships = list(contact.list_memberships.select_related("contact_list").order_by("contact_list__name", "pk"))
    rows = [
        (
            format_html(
                '<a href="{}">{}</a>', reverse("marketing_lists:inspect", args=[one.contact_list_id]), one.contact_list
            ),
            local(one.added_at),
            source_words(one.source),
        )
        for one in memberships
    ]
    parts: list[Any] = []
    if rows:
        parts.append(DataTable((_("List"), _("Since"), _("By")), rows, caption=_("Lists"), quiet_caption=True))
    if may(request.user, CHANGE):
        others = ContactList.objects.exclude(pk__in=[one.contact_list_id for one in memberships])
        if found := list(others):
            parts.append(ListBox(contact, found, request))
    if not parts:
        return []
    return [Section(_("Lists"), parts, text="" if rows else _("On no list yet."))]


class PutView(MarketingView):
    """Put one person on one list."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, contact: int) -> HttpResponse:
        person = get_object_or_404(Contact, pk=contact)
        asked = request.POST.get("list", "")
        contact_list = get_object_or_404(ContactList, pk=int(asked) if asked.isdecimal() and len(asked) < 19 else 0)
        services.add_to_list(contact_list=contact_list, contacts=[person.pk], user=request.user)
        messages.success(request, _("On the list “%(list)s” now.") % {"list": contact_list})
        return redirect("marketing_contacts:inspect", person.pk)
