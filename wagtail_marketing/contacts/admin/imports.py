"""``/admin/marketing/imports/``: the history of imports, and the way into a new one."""

from typing import Any

from django.urls import path, reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.widgets.button import HeaderButton

from wagtail_marketing.admin.columns import LocalTimeColumn, NumberColumn, StatusColumn
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.viewsets import MarketingIndexView, MarketingModelViewSet
from wagtail_marketing.contacts.models import ContactImport

from . import import_actions as actions
from . import import_views as views


def import_buttons(user: Any) -> list[HeaderButton]:
    """“Import”, for who may; the list of contacts shows it too."""
    if not may(user, views.IMPORT):
        return []
    return [HeaderButton(_("Import"), url=reverse("marketing_imports:add"), icon_name="upload", priority=30)]


class CountColumn(NumberColumn):
    """One of the counts, empty before there are any."""

    def get_value(self, instance: ContactImport) -> Any:
        return instance.counts.get(self.name, 0) if instance.counts else ""


class ImportIndexView(MarketingIndexView):
    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("created_by").defer("names", "columns", "layout")

    @cached_property
    def header_buttons(self) -> list[Any]:
        return import_buttons(self.request.user)


class WhoColumn(Column):
    def get_value(self, instance: ContactImport) -> str:
        return str(instance.created_by or instance.asked_by)


class ImportViewSet(MarketingModelViewSet):
    model = ContactImport
    slug = "imports"
    menu_label = gettext_lazy("Imports")
    icon = "wm-contacts"
    read_only = True
    index_view_class = ImportIndexView
    parent_breadcrumbs = ({"url": reverse_lazy("marketing_contacts:index"), "label": gettext_lazy("Contacts")},)
    list_filter = ["state"]
    list_display = [
        TitleColumn("file_name", label=gettext_lazy("File"), url_name="marketing_imports:import"),
        StatusColumn("state", label=gettext_lazy("State"), tones=views.TONES),
        CountColumn("rows", label=gettext_lazy("Rows")),
        CountColumn("new", label=gettext_lazy("New")),
        CountColumn("updated", label=gettext_lazy("Updated")),
        CountColumn("invalid", label=gettext_lazy("To correct")),
        WhoColumn("created_by", label=gettext_lazy("By")),
        LocalTimeColumn("created_at", label=gettext_lazy("Uploaded"), sort_key="created_at"),
    ]

    def get_urlpatterns(self) -> list[Any]:
        def view(view_class: Any) -> Any:
            return self.construct_view(view_class, marketing_permission=views.IMPORT)

        return [
            *super().get_urlpatterns(),
            path("add/", view(views.UploadView), name="add"),
            path("<int:pk>/", view(views.ImportView), name="import"),
            path("<int:pk>/columns/", view(views.ColumnsView), name="columns"),
            path("<int:pk>/progress/", view(views.ImportProgressView), name="progress"),
            path("<int:pk>/run/", view(actions.RunView), name="run"),
            path("<int:pk>/stop/", view(actions.StopView), name="stop"),
            path("<int:pk>/resume/", view(actions.ResumeView), name="resume"),
            path("<int:pk>/undo/", view(actions.UndoView), name="undo"),
            path("<int:pk>/to-correct.csv", view(actions.FaultsFileView), name="faults"),
        ]
