"""Contacts under the Marketing menu: the list, a page of each person, tags."""

from typing import Any

from django.urls import path
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from wagtail_marketing.admin.columns import LocalTimeColumn
from wagtail_marketing.admin.viewsets import MarketingModelViewSet
from wagtail_marketing.contacts.masking import PERMISSION
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import list_columns

from .bulk import BulkView
from .contact_views import ContactAddView, ContactEditView, ContactHistoryView
from .filters import contact_filterset
from .listing import ConsentColumn, ContactIndexView, EmailColumn, NameColumn, RegisteredColumn
from .merge_views import CompareView, DuplicatesView, FindOtherView, MergeView, UndoMergeView
from .person_views import ErasePersonView, ExportPersonView, PausePersonView, SuppressPersonView
from .profile import AddTagView, ProfileView, RemoveTagView

VIEW = "wagtail_marketing_contacts.view_contact"
TAG = "wagtail_marketing_contacts.add_tag"
CHANGE = (VIEW, "wagtail_marketing_contacts.change_contact")
MERGE = (VIEW, PERMISSION, "wagtail_marketing_contacts.merge_contact")
ERASE = (VIEW, "wagtail_marketing_contacts.erase_contact")
EXPORT = (VIEW, PERMISSION, "wagtail_marketing_contacts.export_contact")
SUPPRESS = (VIEW, "wagtail_marketing_contacts.suppress_contact")


class ContactViewSet(MarketingModelViewSet):
    model = Contact
    slug = "contacts"
    menu_label = _("Contacts")
    icon = "wm-contacts"
    index_view_class = ContactIndexView
    # What is searched is decided by ``Criteria``; this only switches the search on.
    search_fields = ["external_key"]
    index_results_template_name = "wagtail_marketing_contacts/index_results.html"
    list_per_page = 50
    # The columns are ``files.columns``; this switches the buttons on.
    list_export = ["uuid"]
    read_only = True
    # A file of people is for who may both export and see them.
    export_permission = ("wagtail_marketing_contacts.export_contact", PERMISSION)

    @cached_property
    def filterset_class(self) -> Any:
        return contact_filterset()

    @cached_property
    def list_display(self) -> list[Any]:
        return [
            NameColumn("name", label=_("Name"), sort_key="name", url_name=self.get_url_name("inspect")),
            EmailColumn("email", label=_("E-mail")),
            ConsentColumn("consent", label=_("Consent")),
            *(RegisteredColumn(name, plug) for name, plug in list_columns.items()),
            Column("source", label=_("Source")),
            LocalTimeColumn("created_at", label=_("Customer since"), sort_key="created_at"),
        ]

    def history(self, **kwargs: Any) -> Any:
        return self.construct_view(
            ContactHistoryView,
            model=self.model,
            index_url_name=self.get_url_name("index"),
            edit_url_name=self.get_url_name("edit"),
            history_url_name=self.get_url_name("history"),
            history_results_url_name=self.get_url_name("history_results"),
            **kwargs,
        )

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("bulk/", BulkView.as_view(), name="bulk"),
            path("add/", ContactAddView.as_view(), name="add"),
            path("<int:pk>/edit/", ContactEditView.as_view(), name="edit"),
            path("<int:pk>/history/", self.history(), name="history"),
            path("<int:pk>/history/results/", self.history(results_only=True), name="history_results"),
            path("<int:pk>/", ProfileView.as_view(marketing_permission=VIEW), name="inspect"),
            path("duplicates/", DuplicatesView.as_view(marketing_permission=MERGE), name="duplicates"),
            path("compare/<int:a>/<int:b>/", CompareView.as_view(marketing_permission=MERGE), name="compare"),
            path("merge/<int:a>/<int:b>/", MergeView.as_view(marketing_permission=MERGE), name="merge"),
            path("merge/<int:pk>/undo/", UndoMergeView.as_view(marketing_permission=MERGE), name="undo_merge"),
            path("<int:pk>/compare/", FindOtherView.as_view(marketing_permission=MERGE), name="find_other"),
            path("<int:pk>/export/", ExportPersonView.as_view(marketing_permission=EXPORT), name="export_person"),
            path("<int:pk>/erase/", ErasePersonView.as_view(marketing_permission=ERASE), name="erase_person"),
            path(
                "<int:pk>/suppress/", SuppressPersonView.as_view(marketing_permission=SUPPRESS), name="suppress_person"
            ),
            path("<int:pk>/pause/", PausePersonView.as_view(marketing_permission=CHANGE), name="pause_person"),
            path("<int:pk>/tags/", AddTagView.as_view(marketing_permission=(VIEW, TAG)), name="add_tag"),
            path(
                "<int:pk>/tags/<int:tag>/remove/",
                RemoveTagView.as_view(marketing_permission=(VIEW, TAG)),
                name="remove_tag",
            ),
        ]
