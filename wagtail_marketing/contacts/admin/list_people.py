"""Who comes on a list and who goes off it, by hand, by paste and by file; duplicates."""

import csv
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from wagtail_marketing.admin.components import DataTable
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import ConfirmView, MarketingTemplateView, MarketingView
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.engine.addresses import lines_of_csv
from wagtail_marketing.contacts.list_selectors import Resolved, doubled, resolve, superfluous
from wagtail_marketing.contacts.models import Contact, ListMembership
from wagtail_marketing.contacts.selectors import search_q
from wagtail_marketing.contacts.services.lists import NEW_AT_ONCE, add_new_to_list, keep_one_per_address
from wagtail_marketing.core.errors import DomainError, InvalidInput

from .list_views import OfList

ADD_CONTACT = "wagtail_marketing_contacts.add_contact"
IMPORT = "wagtail_marketing_contacts.import_contact"
#: What one request reads; a longer file is an import.
MOST_LINES = 50_000
MOST_BYTES = 5 * 1024 * 1024
#: Contacts that a search offers, and addresses that the page of duplicates shows.
MOST_FOUND = 20
MOST_DOUBLED = 50


def chosen(request: HttpRequest) -> list[int]:
    """The contacts that were ticked."""
    return [int(pk) for pk in request.POST.getlist("contact") if pk.isdecimal() and len(pk) < 19][:1000]


class AddPeopleView(OfList, MarketingTemplateView):
    """Search and tick, paste lines, or bring a file. What nobody is known by stays on the page to correct."""

    template_name = "wagtail_marketing_contacts/list_add.html"
    page_title = gettext_lazy("Add people")
    http_method_names = ["get", "post", "head", "options"]

    @cached_property
    def may_make(self) -> bool:
        return may(self.request.user, ADD_CONTACT)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("q", "").strip()[:200]
        context = {"lines": "", "left": None, "error": "", **kwargs}
        return super().get_context_data(
            contact_list=self.contact_list,
            asked=asked,
            found=self._found(asked) if asked else [],
            most=MOST_FOUND,
            may_make=self.may_make,
            may_import=may(self.request.user, IMPORT),
            list_url=self.list_url,
            **context,
        )

    def _found(self, asked: str) -> list[Contact]:
        found = list(Contact.objects.filter(search_q(asked, plain=True)).order_by("pk")[:MOST_FOUND])
        there = set(
            ListMembership.objects.filter(contact_list=self.contact_list, contact__in=found).values_list(
                "contact_id", flat=True
            )
        )
        for contact in found:
            contact.wm_there = contact.pk in there
        return found

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "contact" in request.POST:
            self._add(chosen(request), "staff")
            return redirect(self.list_url)
        try:
            lines, source = self._lines()
            if request.POST.get("make") and self.may_make:
                made = add_new_to_list(
                    contact_list=self.contact_list, addresses=lines, source=source, user=request.user
                )
                messages.success(
                    request,
                    ngettext("%(n)s contact made and added.", "%(n)s contacts made and added.", made)
                    % {"n": localize(made)},
                )
                return redirect(self.list_url)
            found = resolve(lines)
            self._add(found.contacts, source, found)
        except DomainError as error:
            shown = request.POST.get("lines", "")
            return self.render_to_response(self.get_context_data(error=str(error), lines=shown), status=422)
        if found.unknown or found.unreadable:
            left = [*found.unknown, *found.unreadable]
            return self.render_to_response(
                self.get_context_data(
                    left=found,
                    lines="\n".join(left[:MOST_LINES]),
                    may_make_these=self.may_make and not found.unreadable and len(found.unknown) <= NEW_AT_ONCE,
                )
            )
        return redirect(self.list_url)

    def _lines(self) -> tuple[list[str], str]:
        upload = self.request.FILES.get("file")
        if upload is None:
            lines, source = self.request.POST.get("lines", "").splitlines(), "paste"
        else:
            if upload.size > MOST_BYTES:
                raise InvalidInput(_("The file is too large."), field="file", remedy=_("Import it instead."))
            try:
                lines, source = lines_of_csv(upload.read()), "file"
            except csv.Error as error:
                raise InvalidInput(
                    _("This is not a CSV file."), field="file", remedy=_("Save it as CSV and try again.")
                ) from error
        lines = [line for line in lines if line.strip()]
        if not lines:
            raise InvalidInput(_("There are no addresses in it."), remedy=_("Write one a line."))
        if len(lines) > MOST_LINES:
            raise InvalidInput(
                _("%(count)s lines are too many for one go.") % {"count": localize(len(lines))},
                remedy=_("Import them as a file."),
            )
        return lines, source

    def _add(self, contacts: list[int], source: str, found: Resolved | None = None) -> None:
        added = services.add_to_list(
            contact_list=self.contact_list, contacts=contacts, source=source, user=self.request.user
        )
        said = [ngettext("%(n)s person added.", "%(n)s people added.", added) % {"n": localize(added)}]
        if there := len(set(contacts)) - added:
            said.append(
                ngettext("%(n)s was on the list already.", "%(n)s were on the list already.", there)
                % {"n": localize(there)}
            )
        if found and found.repeated:
            said.append(
                ngettext("%(n)s line said the same again.", "%(n)s lines said the same again.", found.repeated)
                % {"n": localize(found.repeated)}
            )
        messages.success(self.request, " ".join(said))


class RemoveView(OfList, MarketingView):
    """Take those who are ticked off the list."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        removed = services.remove_from_list(contact_list=self.contact_list, contacts=chosen(request), user=request.user)
        messages.success(
            request,
            ngettext("%(n)s person taken off the list.", "%(n)s people taken off the list.", removed)
            % {"n": localize(removed)},
        )
        return redirect(self.list_url)


class DuplicatesView(OfList, ConfirmView):
    """Several contacts with one address: who they are, and a button that keeps one of each."""

    template_name = "wagtail_marketing_contacts/list_duplicates.html"
    page_title = gettext_lazy("Duplicates")
    question = gettext_lazy("Keep one contact per address?")
    confirm_label = gettext_lazy("Keep one per address")
    cancel_label = gettext_lazy("Back to the list")

    def get_details(self) -> list[str]:
        return [
            _("The contact with the lowest number stays: it is the one that gets the mail."),
            _("The others are only taken off this list; they stay contacts."),
        ]

    def get_success_url(self) -> str:
        return self.list_url

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        groups = doubled(self.contact_list, most=MOST_DOUBLED + 1)
        kept = Contact.objects.in_bulk([one.kept for one in groups])
        rows = [[one.address, str(kept[one.kept]), one.count - 1] for one in groups[:MOST_DOUBLED]]
        more = _("The first %(n)s addresses; there are more.") % {"n": MOST_DOUBLED}
        table = DataTable(
            [_("Address"), _("Stays"), _("Taken off")],
            rows,
            caption=more if len(groups) > MOST_DOUBLED else _("Addresses that several contacts share"),
            numeric=(2,),
        )
        count = superfluous(self.contact_list).count() if groups else 0
        return super().get_context_data(table=table if rows else None, count=count, **kwargs)

    def perform(self) -> int:
        return keep_one_per_address(contact_list=self.contact_list, user=self.request.user)

    def get_success_message(self, removed: int) -> str:
        return ngettext("%(n)s duplicate taken off.", "%(n)s duplicates taken off.", removed) % {"n": localize(removed)}
