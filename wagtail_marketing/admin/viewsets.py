"""Base viewsets: Wagtail's own, with our URLs, our safe export, and nothing on that nobody asked for.

::

    class ContactViewSet(MarketingModelViewSet):          # lists, ledgers, plain forms
        model = Contact
        slug = "contacts"                                 # /admin/marketing/contacts/, namespace marketing_contacts
        menu_label = _("Contacts")
        icon = "wm-contacts"
        list_display = ["name", StatusColumn("status", ...)]
        list_filter = ["status"]
        list_export = ["email"]
        export_permission = "wagtail_marketing_contacts.export_contact"
        read_only = True                                  # no add, edit, delete, copy: list and inspect only

    class EmailTemplateViewSet(MarketingSnippetViewSet):  # drafts, preview, workflow
        model = EmailTemplate
        slug = "emails"

    class DashboardViewSet(MarketingViewSet):             # own pages
        slug = "dashboard"
        menu_label = _("Dashboard")
        icon = "wm-dashboard"
        marketing_permission = "wagtail_marketing_insights.view_dashboard"

        def get_urlpatterns(self):
            return [path("", self.view(DashboardView), name="index")]

``reverse("marketing_contacts:index")``. ``self.view`` hands the viewset's permission to a view that names
none of its own. The menu entry hides itself from who may not open it.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.urls import path
from django.utils.functional import cached_property
from wagtail.admin.menu import MenuItem
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.snippets.views.snippets import IndexView as SnippetIndexView
from wagtail.snippets.views.snippets import SnippetViewSet

from .choosers import MarketingSnippetChooserViewSet
from .export import SafeExportMixin
from .guards import GuardedViewsMixin
from .media import KIT_MEDIA
from .pagination import CappedPaginator
from .permissions import as_tuple, may


class ListingMixin(SafeExportMixin):
    """What every list of ours has: capped count, safe export, the kit's styles."""

    paginator_class = CappedPaginator

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)  # type: ignore[misc]
        context["media"] = context["media"] + KIT_MEDIA
        return context


class MarketingIndexView(ListingMixin, generic.IndexView):
    """List of a :class:`MarketingModelViewSet`; override ``get_base_queryset`` to scope or annotate."""


class MarketingSnippetIndexView(ListingMixin, SnippetIndexView):
    """List of a :class:`MarketingSnippetViewSet`."""


class _Slugged:
    """URLs under ``marketing/<slug>/`` and a namespace that no other package takes."""

    slug = ""

    @cached_property
    def url_prefix(self) -> str:
        return f"marketing/{self.slug or self.model_name}"  # type: ignore[attr-defined]

    @cached_property
    def url_namespace(self) -> str:
        return f"marketing_{(self.slug or self.model_name).replace('-', '_')}"  # type: ignore[attr-defined]


class _ListingOptions:
    """Options that both kinds of model viewset hand to their index view."""

    export_permission: str | tuple[str, ...] | None = None
    copy_view_enabled = False
    #: Levels between Home and the list: ``[{"url": reverse_lazy(...), "label": ...}]``.
    parent_breadcrumbs: tuple[dict[str, Any], ...] = ()

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        common = super().get_common_view_kwargs(**kwargs)  # type: ignore[misc]
        base = common.get("breadcrumbs_items") or WagtailAdminTemplateMixin.breadcrumbs_items
        return {**common, "breadcrumbs_items": [*base, *self.parent_breadcrumbs]}

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_index_view_kwargs(export_permission=self.export_permission, **kwargs)  # type: ignore[misc]

    def on_register(self) -> None:
        if self.list_export is not ViewSet.UNDEFINED and self.list_export and not self.export_permission:  # type: ignore[attr-defined]
            raise ImproperlyConfigured(f"{type(self).__name__} has list_export: name its export_permission.")
        super().on_register()  # type: ignore[misc]

    def get_permissions_to_register(self) -> Any:
        """All permissions of the model, "view" too: analysts read what they may not change."""
        from django.contrib.auth.models import Permission
        from django.contrib.contenttypes.models import ContentType

        return Permission.objects.filter(content_type=ContentType.objects.get_for_model(self.model))  # type: ignore[attr-defined]


class MarketingModelViewSet(GuardedViewsMixin, _Slugged, _ListingOptions, ModelViewSet):
    """``ModelViewSet`` with our URLs, no copy, safe export and, where ``read_only``, nothing that writes."""

    index_view_class = MarketingIndexView
    #: Only the list and, when switched on, the inspect view: ledgers and facts of the host.
    read_only = False
    #: Ledgers and mirrors are not what the reference index is for; it reads every row on rebuild.
    add_to_reference_index = False

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        if self.read_only:
            kwargs = {
                "add_url_name": None,
                "edit_url_name": None,
                "delete_url_name": None,
                "usage_url_name": None,
                "history_url_name": None,
                **kwargs,
            }
        return super().get_common_view_kwargs(**kwargs)

    def get_urlpatterns(self) -> list[Any]:
        if not self.read_only:
            return super().get_urlpatterns()
        patterns = [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
        ]
        if self.inspect_view_enabled:
            patterns.append(path(f"inspect/<{self.pk_path_converter}:pk>/", self.inspect_view, name="inspect"))
        return patterns

    def register_admin_url_finder(self) -> None:
        if not self.read_only:
            super().register_admin_url_finder()


class MarketingSnippetViewSet(GuardedViewsMixin, _Slugged, _ListingOptions, SnippetViewSet):
    """``SnippetViewSet`` with our URLs, no copy and safe export."""

    index_view_class = MarketingSnippetIndexView
    chooser_viewset_class = MarketingSnippetChooserViewSet


class PermissionMenuItem(MenuItem):
    """A menu entry for who holds ``permissions`` only."""

    permissions: tuple[str, ...] = ()

    def is_shown(self, request: Any) -> bool:
        return may(request.user, self.permissions, owner="This menu entry")


class MarketingViewSet(_Slugged, ViewSet):
    """Own pages under one slug; fails closed: without ``marketing_permission`` it cannot be registered."""

    marketing_permission: str | tuple[str, ...] | None = None

    @cached_property
    def name(self) -> str:
        return self.url_namespace

    @cached_property
    def menu_item_class(self) -> type[MenuItem]:
        needed = as_tuple(self.marketing_permission, owner=type(self).__name__)
        return type(f"{type(self).__name__}MenuItem", (PermissionMenuItem,), {"permissions": needed})

    def on_register(self) -> None:
        as_tuple(self.marketing_permission, owner=type(self).__name__)
        super().on_register()

    def view(self, view_class: Any, **kwargs: Any) -> Callable[..., Any]:
        """``view_class.as_view()`` with the viewset's permission where the class names none."""
        if getattr(view_class, "marketing_permission", None) is None:
            kwargs.setdefault("marketing_permission", self.marketing_permission)
        if hasattr(view_class, "header_icon"):
            kwargs.setdefault("header_icon", self.icon or view_class.header_icon)
        return self.construct_view(view_class, **kwargs)


class InstancePermissionMixin:
    """For an edit, inspect or delete view whose objects are scoped (per site): refuses what the policy refuses."""

    instance_permission = "change"

    def get_object(self, *args: Any, **kwargs: Any) -> Any:
        found = super().get_object(*args, **kwargs)  # type: ignore[misc]
        if not self.user_has_permission_for_instance(self.instance_permission, found):  # type: ignore[attr-defined]
            raise PermissionDenied
        return found
