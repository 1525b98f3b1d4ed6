"""The list of contacts: what a row shows, and which rows, found by index and paged by key."""

from tempfile import TemporaryFile
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.widgets.button import HeaderButton

from wagtail_marketing.admin.components import StatusBadge
from wagtail_marketing.admin.export import csv_lines, write_xlsx
from wagtail_marketing.admin.keyset import KeysetListingMixin, Order
from wagtail_marketing.admin.pagination import capped_count
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.viewsets import MarketingIndexView
from wagtail_marketing.contacts import files
from wagtail_marketing.contacts.criteria import Criteria
from wagtail_marketing.contacts.masking import mask, may_see_people, shown_name
from wagtail_marketing.contacts.models import ConsentState, Contact
from wagtail_marketing.contacts.registry import BulkAction, ListColumn, list_columns
from wagtail_marketing.contacts.services.export import file_name
from wagtail_marketing.core.errors import InvalidInput

from .bulk import allowed_actions, kept_filters
from .contact_views import ADD
from .imports import import_buttons
from .merge_views import duplicates_buttons
from .profile import TONES


class NameColumn(TitleColumn):
    """The name, or only the row's number for who may not see people."""

    def get_value(self, instance: Contact) -> str:
        return shown_name(instance, plain=instance.wm_plain)


class SelectColumn(Column):
    """A box to choose the row by."""

    header_template_name = "wagtail_marketing_contacts/select_header.html"
    cell_template_name = "wagtail_marketing_contacts/select_cell.html"

    def get_value(self, instance: Contact) -> str:
        return shown_name(instance, plain=instance.wm_plain)


class EmailColumn(Column):
    def get_value(self, instance: Contact) -> str:
        return instance.email if instance.wm_plain else mask(instance.email)


class ConsentColumn(Column):
    """Where the person stands on e-mail, in a word."""

    def get_value(self, instance: Contact) -> Any:
        state = instance.wm_email_state
        if state is None:
            return StatusBadge("never", _("never asked"))
        return StatusBadge(state.state, state.get_state_display(), TONES.get(state.state, "neutral"))


class RegisteredColumn(Column):
    """A column that another room brings."""

    def __init__(self, name: str, plug: ListColumn):
        super().__init__(name, label=plug.label, sort_key=plug.sort_key or None)
        self.plug = plug
        if plug.numeric:
            self.classname = "wm-number"

    def get_value(self, instance: Contact) -> Any:
        return self.plug.value(instance)


class ContactIndexView(KeysetListingMixin, MarketingIndexView):
    """Three statements for any page: the rows, their count up to a cap, their consent."""

    @cached_property
    def keyset_orders(self) -> dict[str, Order]:  # type: ignore[override]
        ours = {
            "pk": Order(),
            "created_at": Order("created_at"),
            "name": Order("last_name_folded", "first_name_folded"),
        }
        theirs = {plug.sort_key: Order(*plug.sort_by, null=plug.sort_null) for plug in list_columns if plug.sort_key}
        return ours | theirs

    @cached_property
    def header_buttons(self) -> list[Any]:
        user = self.request.user
        add = HeaderButton(_("Add a contact"), url=reverse("marketing_contacts:add"), icon_name="plus")
        added = [add] if may(user, ADD) else []
        return [*super().header_buttons, *added, *import_buttons(user), *duplicates_buttons(user)]

    @cached_property
    def plain(self) -> bool:
        return may_see_people(self.request.user)

    @cached_property
    def criteria(self) -> Criteria | None:
        """What is asked for; None where a value cannot be read, and then nobody is shown."""
        try:
            return Criteria.read(self.request.GET, plain=self.plain)
        except InvalidInput as error:
            messages.warning(self.request, str(error))
            return None

    @cached_property
    def bulk_actions(self) -> list[tuple[str, BulkAction]]:
        return allowed_actions(self.request.user)

    @cached_property
    def columns(self) -> list[Any]:
        columns = super().columns
        return [SelectColumn("ids"), *columns] if self.bulk_actions else columns

    def get_valid_orderings(self) -> list[str]:
        # An order by name tells names to who may not see them.
        return [name for name in super().get_valid_orderings() if self.plain or name not in ("name", "-name")]

    def get_base_queryset(self) -> "QuerySet[Contact]":
        contacts = Contact.objects.defer("attributes")
        for plug in list_columns:
            if plug.annotate:
                contacts = plug.annotate(contacts)
        return contacts

    def filter_queryset(self, queryset: "QuerySet[Contact]") -> "QuerySet[Contact]":
        return queryset.none() if self.criteria is None else queryset.filter(self.criteria.condition())

    def search_queryset(self, queryset: "QuerySet[Contact]") -> "QuerySet[Contact]":
        """The text is one of the criteria."""
        return queryset

    def get_counted(self, queryset: "QuerySet[Contact]") -> "QuerySet[Contact]":
        return Contact.objects.none() if self.criteria is None else self.criteria.contacts()

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        rows = list(context["object_list"])
        states = {
            state.contact_id: state
            for state in ConsentState.objects.filter(contact__in=rows, channel="email", topic__isnull=True)
        }
        for row in rows:
            row.wm_plain, row.wm_email_state = self.plain, states.get(row.pk)
        context["bulk_actions"] = self.bulk_actions
        context["kept_filters"] = kept_filters(self.criteria) if self.criteria else []
        return context

    # Files ----------------------------------------------------------------------------------------

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.export() if self.is_export else super().get(request, *args, **kwargs)

    def export(self) -> HttpResponse:
        """The file at once, or for more people than the list counts, the page that asks for it."""
        kind = self.request.GET["export"]
        if self.criteria is None:
            return redirect(self.index_url)
        people = self.criteria.contacts()
        if capped_count(people)[1]:
            asked = self.request.GET.copy()
            asked.pop("export")
            asked.update({"action": "export", "scope": "all"})
            return redirect(f"{reverse('marketing_contacts:bulk')}?{asked.urlencode()}")
        columns = files.columns()
        headings, rows = [column.key for column in columns], files.cells(files.rows(people, columns))
        if kind == self.FORMAT_CSV:
            response: Any = StreamingHttpResponse(csv_lines(headings, rows), content_type=files.FORMATS[kind])
            response["Content-Disposition"] = f'attachment; filename="{file_name(kind)}"'
            return response
        book = TemporaryFile()  # noqa: SIM115  the response closes it
        write_xlsx(book, headings, rows)
        book.seek(0)
        return FileResponse(book, as_attachment=True, filename=file_name(kind), content_type=files.FORMATS[kind])
