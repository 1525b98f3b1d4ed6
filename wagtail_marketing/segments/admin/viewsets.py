"""Segments in the Marketing menu."""

from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, ObjectList, PublishingPanel
from wagtail.admin.ui.tables import Column, NumberColumn
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views.snippets import EditView, IndexView

from wagtail_marketing.admin.columns import LocalTimeColumn
from wagtail_marketing.admin.components import StatusBadge
from wagtail_marketing.admin.viewsets import ListingMixin, MarketingSnippetViewSet
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.selectors import summary, with_sizes
from wagtail_marketing.segments.services import check_rules

from .endpoints import PreviewView, SuggestView
from .lists import OfListView, ToListView
from .pages import OverviewView, RefreshView, WhyView
from .widgets import RulesPanel


class SummaryColumn(Column):
    """The published rules in words; a draft's own where nothing is published."""

    def get_value(self, instance: Segment) -> str:
        return summary(instance.published_rules or instance.rules)


class SizeColumn(NumberColumn):
    """How many were in at the last refresh, leading to who they are."""

    def get_value(self, instance: Segment) -> Any:
        size = super().get_value(instance)
        if size is None:
            return _("not counted yet")
        return format_html('<a href="{}">{}</a>', reverse("marketing_segments:inspect", args=(instance.pk,)), size)


class StateColumn(Column):
    """Published, with a newer draft, or a draft (Wagtail's own column asks the database once a row)."""

    def get_value(self, instance: Segment) -> StatusBadge:
        if not instance.live:
            return StatusBadge("draft", _("Draft"))
        if instance.has_unpublished_changes:
            return StatusBadge("changed", _("Published, newer draft"), tone="warning")
        return StatusBadge("published", _("Published"), tone="positive")


class SegmentForm(WagtailAdminModelForm):
    """Refuses a circle of segments at the field; what a tree may be is the model's own ``clean``."""

    def clean_rules(self) -> Any:
        rules = self.cleaned_data["rules"]
        try:
            check_rules(rules=rules, segment=self.instance)
        except InvalidRules as error:
            raise ValidationError(str(error)) from error
        return rules


class SegmentFilterSet(WagtailFilterSet):
    class Meta:
        model = Segment
        fields = ("live", "site")


class SegmentIndexView(ListingMixin, IndexView):
    def get_base_queryset(self) -> Any:
        return with_sizes(super().get_base_queryset())


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
        return [Button(_("Members"), url=overview, icon_name="group", priority=5), *super().header_more_buttons]


class SegmentViewSet(MarketingSnippetViewSet):
    model = Segment
    slug = "segments"
    icon = "wm-segments"
    menu_label = _("Segments")
    index_view_class = SegmentIndexView
    edit_view_class = SegmentEditView
    inspect_view_enabled = True
    inspect_view_class = OverviewView
    copy_view_enabled = True
    filterset_class = SegmentFilterSet
    search_fields = ("name", "description")
    search_backend_name = None
    ordering = ("name",)
    list_display = (
        "name",
        SummaryColumn("summary", label=_("Who belongs to it")),
        SizeColumn("size", label=_("People"), sort_key="size"),
        LocalTimeColumn("refreshed_at", label=_("Last refreshed"), sort_key="refreshed_at"),
        StateColumn("live", label=_("Status")),
    )
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
            path("refresh/<int:pk>/", RefreshView.as_view(), name="refresh"),
            path("why/<int:pk>/", WhyView.as_view(), name="why"),
            path("of-list/<int:pk>/", OfListView.as_view(), name="of_list"),
            path("to-list/<int:pk>/", ToListView.as_view(), name="to_list"),
        ]
