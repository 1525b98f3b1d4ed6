"""Segments in the Marketing menu."""

from functools import cached_property
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.forms import Media
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, ObjectList, PublishingPanel
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views.snippets import EditView, IndexView

from wagtail_marketing.admin.columns import LocalTimeColumn
from wagtail_marketing.admin.viewsets import ListingMixin, MarketingSnippetViewSet
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.figures import listed, use_counts
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.services import check_rules

from . import actions
from .analysis import OverlapView, PerformanceView
from .columns import ReachColumn, SizeColumn, StateColumn, SummaryColumn, UsesColumn
from .endpoints import PreviewView, SuggestView
from .lists import OfListView, ToListView
from .members import ExportMembersView, MembersView
from .overview import OverviewView
from .parts import SEGMENT_MEDIA, VIEW
from .why import WhyView
from .widgets import RulesPanel


class SegmentForm(WagtailAdminModelForm):
    """Refuses a circle of segments at the field; what a tree may be is the model's own ``clean``."""

    def clean_rules(self) -> Any:
        rules = self.cleaned_data["rules"]
        try:
            check_rules(rules=rules, segment=self.instance)
        except InvalidRules as error:
            raise ValidationError(str(error)) from error
        return rules


#: Filter "Status" -> condition on an annotated queryset.
STATES = {
    "active": (_("Active"), Q(live=True, active=True)),
    "deactivated": (_("Deactivated"), Q(live=True, active=False)),
    "draft": (_("Draft"), Q(live=False)),
    "changed": (_("With a newer draft"), Q(live=True, has_unpublished_changes=True)),
}


class SegmentFilterSet(WagtailFilterSet):
    state = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[(key, label) for key, (label, _condition) in STATES.items()],
        method="filter_state",
    )

    class Meta:
        model = Segment
        fields = ("state", "site")

    def filter_state(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(STATES[value][1])


class SegmentIndexView(ListingMixin, IndexView):
    def get_base_queryset(self) -> Any:
        return listed(super().get_base_queryset())

    def get_table(self, object_list: Any) -> Any:
        counts = use_counts([segment.pk for segment in object_list])
        for segment in object_list:
            segment.uses = counts.get(segment.pk, 0)
        return super().get_table(object_list)

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        context["media"] = context.get("media", Media()) + SEGMENT_MEDIA
        return context


class SegmentEditView(EditView):
    def form_valid(self, form: Any) -> Any:
        """Publish as a whole or not at all: somebody may have published the other half of a circle just now."""
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except InvalidRules as error:
            form.add_error("rules", str(error))
            self.produced_error_code = "validation_error"
            self.produced_error_message = self.get_error_message()
            return self.form_invalid(form)

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        overview = reverse("marketing_segments:inspect", args=(self.object.pk,))
        return [Button(_("Overview"), url=overview, icon_name="group", priority=5), *super().header_more_buttons]


class SegmentViewSet(MarketingSnippetViewSet):
    model = Segment
    slug = "segments"
    icon = "wm-segments"
    menu_label = _("Segments")
    index_view_class = SegmentIndexView
    edit_view_class = SegmentEditView
    delete_view_class = actions.SegmentDeleteView
    inspect_view_enabled = True
    inspect_view_class = OverviewView
    #: Cloning takes the pins along, which Wagtail's copy of a form cannot.
    copy_view_enabled = False
    filterset_class = SegmentFilterSet
    search_fields = ("name", "description")
    search_backend_name = None
    ordering = ("name",)
    list_display = (
        "name",
        SummaryColumn("summary", label=_("Who belongs to it")),
        SizeColumn("size", label=_("People"), sort_key="size"),
        ReachColumn("reachable", label=_("By e-mail"), sort_key="reachable"),
        LocalTimeColumn("refreshed_at", label=_("Last refreshed"), sort_key="refreshed_at"),
        UsesColumn("uses", label=_("Used by")),
        StateColumn("live", label=_("Status")),
    )
    list_export = ("name", "description", "size", "reachable", "refreshed_at", "live", "active")
    export_permission = VIEW
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            FieldPanel("description"),
            RulesPanel("rules"),
            FieldPanel("site"),
            PublishingPanel(),
        ],
        base_form_class=SegmentForm,
    )

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("preview-rules/", PreviewView.as_view(), name="preview"),
            path("suggest/", SuggestView.as_view(), name="suggest"),
            path("refresh/<int:pk>/", actions.RefreshView.as_view(), name="refresh"),
            path("schedule/<int:pk>/", actions.ScheduleView.as_view(), name="schedule"),
            path("activate/<int:pk>/", actions.ActivateView.as_view(), name="activate"),
            path("deactivate/<int:pk>/", actions.DeactivateView.as_view(), name="deactivate"),
            path("clone/<int:pk>/", actions.CloneView.as_view(), name="clone"),
            path("pin/<int:pk>/", actions.PinView.as_view(), name="pin"),
            path("unpin/<int:pk>/<int:contact>/", actions.UnpinView.as_view(), name="unpin"),
            path("members/<int:pk>/", MembersView.as_view(), name="members"),
            path("members/<int:pk>/export/", ExportMembersView.as_view(), name="export_members"),
            path("overlap/<int:pk>/", OverlapView.as_view(), name="overlap"),
            path("performance/<int:pk>/", PerformanceView.as_view(), name="performance"),
            path("why/<int:pk>/", WhyView.as_view(), name="why"),
            path("of-list/<int:pk>/", OfListView.as_view(), name="of_list"),
            path("to-list/<int:pk>/", ToListView.as_view(), name="to_list"),
        ]
