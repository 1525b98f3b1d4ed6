"""``/admin/marketing/jobs/``."""

from typing import Any

from django.urls import path, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import TitleColumn

from wagtail_marketing.admin.columns import LocalTimeColumn, NumberColumn, StatusColumn
from wagtail_marketing.admin.viewsets import MarketingIndexView, MarketingModelViewSet
from wagtail_marketing.jobs.models import Job

from .views import TONES, VIEW, JobCancelView, JobFileView, JobProgressView, JobView


class JobIndexView(MarketingIndexView):
    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("created_by").defer("errors", "result", "params", "cursor")


class JobViewSet(MarketingModelViewSet):
    """List and pages of jobs; nothing is added or edited by hand."""

    model = Job
    slug = "jobs"
    read_only = True
    parent_breadcrumbs = ({"url": reverse_lazy("marketing_settings:index"), "label": _("Marketing settings")},)
    icon = "wm-jobs"
    menu_label = _("Jobs")
    index_view_class = JobIndexView
    list_display = [
        TitleColumn("label", label=_("Job"), url_name="marketing_jobs:job"),
        StatusColumn("state", label=_("State"), tones=TONES),
        NumberColumn("done", label=_("Done")),
        NumberColumn("error_count", label=_("Errors")),
        LocalTimeColumn("created_at", label=_("Asked"), sort_key="created_at"),
        LocalTimeColumn("finished_at", label=_("Finished"), sort_key="finished_at"),
    ]
    list_filter = ["state", "kind"]
    ordering = ["-pk"]

    @cached_property
    def view_kwargs(self) -> dict[str, Any]:
        return {"marketing_permission": VIEW}

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("<int:pk>/", self.construct_view(JobView, **self.view_kwargs), name="job"),
            path("<int:pk>/progress/", self.construct_view(JobProgressView, **self.view_kwargs), name="progress"),
            path("<int:pk>/file/", self.construct_view(JobFileView, **self.view_kwargs), name="file"),
            path("<int:pk>/cancel/", self.construct_view(JobCancelView, **self.view_kwargs), name="cancel"),
        ]
