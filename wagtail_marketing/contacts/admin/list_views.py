"""One list: who is on it, a page at a time by key, and its file."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.forms import Media
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import localize
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.log_actions import log

from wagtail_marketing.admin.export import csv_lines
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import MarketingTemplateView, MarketingView
from wagtail_marketing.contacts.list_selectors import members
from wagtail_marketing.contacts.masking import PERMISSION, may_see_people, shown_address, shown_name
from wagtail_marketing.contacts.models import Contact, ContactList, ListMembership
from wagtail_marketing.contacts.registry import list_actions
from wagtail_marketing.contacts.selectors import search_q

from .profile import local

VIEW = "wagtail_marketing_contacts.view_contactlist"
CHANGE = "wagtail_marketing_contacts.change_contactlist"
DELETE = "wagtail_marketing_contacts.delete_contactlist"
#: A file of people is for who may both export and see them.
EXPORT = (VIEW, "wagtail_marketing_contacts.export_contact", PERMISSION)
PER_PAGE = 50
EXPORTED = (
    "uuid",
    "external_key",
    "email",
    "phone",
    "first_name",
    "last_name",
    "country",
    "region",
    "city",
    "language",
    "source",
)


class OfList:
    """The list of the address, with the way back to it."""

    header_icon = "list-ul"
    media_of_lists = Media(css={"all": ["wagtail_marketing_contacts/css/lists.css"]})
    kwargs: dict[str, Any]
    request: HttpRequest

    @cached_property
    def contact_list(self) -> ContactList:
        return get_object_or_404(ContactList, pk=self.kwargs["pk"])

    def get_media(self) -> Media:
        return super().get_media() + self.media_of_lists  # type: ignore[misc]

    @property
    def list_url(self) -> str:
        return reverse("marketing_lists:inspect", args=[self.contact_list.pk])

    def get_page_subtitle(self) -> str:
        return str(self.contact_list)

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("marketing_lists:index"), "label": _("Lists")},
            {"url": self.list_url, "label": str(self.contact_list)},
        ]


class MembersView(OfList, MarketingTemplateView):
    """Three statements for any page of any list: the list, its members with their contacts, nothing counted."""

    template_name = "wagtail_marketing_contacts/list_members.html"

    def get_page_title(self) -> str:
        return str(self.contact_list)

    def get_page_subtitle(self) -> str:
        return ""

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return super().get_parent_breadcrumbs()[:1]

    @cached_property
    def may_change(self) -> bool:
        return may(self.request.user, CHANGE)

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not may(self.request.user, (CHANGE, PERMISSION)):
            return []
        url = reverse("marketing_lists:add_people", args=[self.contact_list.pk])
        return [HeaderButton(_("Add people"), url=url, icon_name="plus")]

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        user, pk = self.request.user, self.contact_list.pk
        offered: list[tuple[str, str, str, Any]] = [
            ("edit", _("Edit"), "edit", CHANGE),
            ("duplicates", _("Find duplicates"), "copy", (CHANGE, PERMISSION)),
            ("export", _("Download CSV"), "download", EXPORT),
            ("history", _("History"), "history", CHANGE),
            ("delete", _("Delete"), "bin", DELETE),
        ]
        ours = [
            (label, reverse(f"marketing_lists:{name}", args=[pk]), icon, need) for name, label, icon, need in offered
        ]
        theirs = [(plug.label, plug.url(self.contact_list), plug.icon, plug.permission) for plug in list_actions]
        return [
            Button(label, url=url, icon_name=icon, priority=10 * number)
            for number, (label, url, icon, need) in enumerate([*theirs, *ours])
            if may(user, need)
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked, after = self.request.GET.get("q", "").strip()[:200], self.request.GET.get("after", "")
        rows = list(self._rows(asked, int(after) if after.isdecimal() and len(after) < 19 else None))
        page = rows[:PER_PAGE]
        size = self.contact_list.size
        return super().get_context_data(
            contact_list=self.contact_list,
            sentence=ngettext("%(n)s member", "%(n)s members", size) % {"n": localize(size)},
            members=[self._cells(row) for row in page],
            asked=asked,
            first_page=not after,
            older=page[-1].pk if len(rows) > PER_PAGE else None,
            may_change=self.may_change,
            add_url=self.header_buttons[0].url if self.header_buttons else "",
            plain=may_see_people(self.request.user),
            **kwargs,
        )

    def _rows(self, asked: str, after: int | None) -> QuerySet[ListMembership]:
        rows = members(self.contact_list)
        if asked:
            rows = rows.filter(
                contact__in=Contact.objects.filter(search_q(asked, plain=may_see_people(self.request.user)))
            )
        if after is not None:
            rows = rows.filter(pk__lt=after)
        return rows[: PER_PAGE + 1]

    def _cells(self, row: ListMembership) -> dict[str, Any]:
        plain = may_see_people(self.request.user)
        return {
            "contact": row.contact_id,
            "name": shown_name(row.contact, plain=plain),
            "email": shown_address(row.contact.email, plain=plain),
            "added_at": local(row.added_at),
            "source": source_words(row.source),
        }


def source_words(source: str) -> str:
    """How somebody came on a list, in words; what another room wrote stands as it is."""
    return {
        "staff": _("chosen by hand"),
        "paste": _("pasted address"),
        "file": _("file"),
        "filter": _("filter of contacts"),
        "segment": _("segment"),
        "import": _("import"),
        "api": _("program"),
    }.get(source, source)


class ExportView(OfList, MarketingView):
    """The members as CSV: read in chunks, written as they are read, no cell a formula."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        contact_list = self.contact_list
        log(
            contact_list,
            "wagtail_marketing.list.export",
            user=request.user,
            data={"count": contact_list.size, "source": "csv"},
        )
        lines = csv_lines([*EXPORTED, "added_at"], self._cells(contact_list))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        name = slugify(contact_list.name) or f"list-{contact_list.pk}"
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response

    def _cells(self, contact_list: ContactList) -> Iterator[list[Any]]:
        for row in members(contact_list).iterator(chunk_size=2000):
            values = [getattr(row.contact, name) for name in EXPORTED]
            yield ["" if value is None else value for value in (*values, row.added_at.isoformat())]
