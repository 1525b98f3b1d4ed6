"""Contacts under the Marketing menu: the list, a page of each person, tags."""

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column, TitleColumn

from wagtail_marketing.admin.columns import LocalTimeColumn
from wagtail_marketing.admin.components import StatusBadge
from wagtail_marketing.admin.viewsets import MarketingIndexView, MarketingModelViewSet
from wagtail_marketing.contacts.masking import PERMISSION, mask, may_see_people, shown_name
from wagtail_marketing.contacts.models import ConsentState, Contact
from wagtail_marketing.contacts.registry import ListColumn, list_columns
from wagtail_marketing.contacts.selectors import search_q

from .filters import ContactFilterSet
from .profile import TONES, AddTagView, ProfileView, RemoveTagView

VIEW = "wagtail_marketing_contacts.view_contact"
TAG = "wagtail_marketing_contacts.add_tag"
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
    "created_at",
)


class NameColumn(TitleColumn):
    """The name, or only the row's number for who may not see people."""

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


class ContactIndexView(MarketingIndexView):
    """Three statements for any page: the rows, their count up to a cap, their consent."""

    default_ordering = "-pk"

    def get_base_queryset(self) -> "QuerySet[Contact]":
        contacts = Contact.objects.defer("attributes")
        for plug in list_columns:
            if plug.annotate:
                contacts = plug.annotate(contacts)
        return contacts

    def search_queryset(self, queryset: "QuerySet[Contact]") -> "QuerySet[Contact]":
        query = (self.search_query or "").strip()
        return queryset.filter(search_q(query, plain=may_see_people(self.request.user))) if query else queryset

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        rows = list(context["object_list"])
        plain = may_see_people(self.request.user)
        states = {
            state.contact_id: state
            for state in ConsentState.objects.filter(contact__in=rows, channel="email", topic__isnull=True)
        }
        for row in rows:
            row.wm_plain, row.wm_email_state = plain, states.get(row.pk)
        return context

    # Files ----------------------------------------------------------------------------------------

    def get_value_of(self, field: str, row: Contact) -> Any:
        plug = list_columns.get(field)
        return (plug.export or plug.value)(row) if plug else getattr(row, field)

    def to_row_dict(self, item: Contact) -> dict[str, Any]:
        return {field: self.get_value_of(field, item) for field in self.list_export}


class ContactViewSet(MarketingModelViewSet):
    model = Contact
    slug = "contacts"
    menu_label = _("Contacts")
    icon = "wm-contacts"
    index_view_class = ContactIndexView
    filterset_class = ContactFilterSet
    # What is searched is decided by ``search_q``; this only switches the search on.
    search_fields = ["external_key"]
    list_per_page = 50
    read_only = True
    # A file of people is for who may both export and see them.
    export_permission = ("wagtail_marketing_contacts.export_contact", PERMISSION)

    @cached_property
    def list_export(self) -> list[str]:
        return [*EXPORTED, *list_columns.keys()]

    @cached_property
    def export_headings(self) -> dict[str, Any]:
        return {name: plug.label for name, plug in list_columns.items()}

    @cached_property
    def list_display(self) -> list[Any]:
        return [
            NameColumn("name", label=_("Name"), url_name=self.get_url_name("inspect")),
            EmailColumn("email", label=_("E-mail")),
            ConsentColumn("consent", label=_("Consent")),
            *(RegisteredColumn(name, plug) for name, plug in list_columns.items()),
            Column("source", label=_("Source")),
            LocalTimeColumn("created_at", label=_("Customer since"), sort_key="created_at"),
        ]

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_index_view_kwargs(export_headings=self.export_headings, **kwargs)

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("<int:pk>/", ProfileView.as_view(marketing_permission=VIEW), name="inspect"),
            path("<int:pk>/tags/", AddTagView.as_view(marketing_permission=(VIEW, TAG)), name="add_tag"),
            path(
                "<int:pk>/tags/<int:tag>/remove/",
                RemoveTagView.as_view(marketing_permission=(VIEW, TAG)),
                name="remove_tag",
            ),
        ]
