"""One job: progress while it runs, result, errors, file."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import log

from wagtail_marketing.admin.components import ProgressBar, StatusBadge
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import ConfirmView, MarketingTemplateView, MarketingView
from wagtail_marketing.jobs import services
from wagtail_marketing.jobs.models import Job

VIEW = "wagtail_marketing_jobs.view_job"
TONES = {"queued": "neutral", "running": "info", "done": "positive", "failed": "critical", "cancelled": "neutral"}


class JobMixin:
    """The job of the URL."""

    kwargs: dict[str, Any]

    @cached_property
    def job(self) -> Job:
        return get_object_or_404(Job.objects.select_related("created_by"), pk=self.kwargs["pk"])


def fragment_context(job: Job, user: Any) -> dict[str, Any]:
    return {
        "job": job,
        "badge": StatusBadge(job.state, job.get_state_display(), TONES[job.state]),
        "progress": ProgressBar(done=job.done, total=job.total, label=job.note or job.label),
        "result": [(key.replace("_", " "), value) for key, value in job.result.items()],
        "may_touch": may(user, job.permission),
    }


class JobView(JobMixin, MarketingTemplateView):
    """The page; the part that changes polls itself until the job is over."""

    template_name = "wagtail_marketing/admin/jobs/job.html"
    header_icon = "wm-jobs"

    def get_page_title(self) -> str:
        return self.job.label

    def get_page_subtitle(self) -> str:
        return _("Job %(number)s") % {"number": self.job.pk}

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("marketing_settings:index"), "label": _("Marketing settings")},
            {"url": reverse("marketing_jobs:index"), "label": _("Jobs")},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**fragment_context(self.job, self.request.user), **kwargs)


class JobProgressView(JobMixin, MarketingView):
    """The fragment that the page polls."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return render(request, "wagtail_marketing/admin/jobs/progress.html", fragment_context(self.job, request.user))


class JobFileView(JobMixin, MarketingView):
    """The file, for who may do what the job did."""

    http_method_names = ["get"]

    def get_marketing_permission(self) -> tuple[str, ...]:
        return (VIEW, *self.job.permission)

    def get(self, request: HttpRequest, pk: int) -> FileResponse:
        if not self.job.result_file:
            raise Http404
        try:
            content = self.job.result_file.open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        return FileResponse(content, as_attachment=True, filename=self.job.result_name)


class JobCancelView(JobMixin, ConfirmView):
    """Asks, then stops."""

    page_title = gettext_lazy("Stop this job")
    header_icon = "wm-jobs"
    question = gettext_lazy("Stop this job?")
    details = (gettext_lazy("What it has done so far stays done."),)
    confirm_label = gettext_lazy("Yes, stop it")
    destructive = True
    success_message = gettext_lazy("The job stops at its next step.")

    def get_marketing_permission(self) -> tuple[str, ...]:
        return ("wagtail_marketing_jobs.change_job", *self.job.permission)

    def get_success_url(self) -> str:
        return reverse("marketing_jobs:job", args=[self.job.pk])

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("marketing_jobs:index"), "label": _("Jobs")},
            {"url": self.get_success_url(), "label": str(self.job)},
        ]

    def perform(self) -> Job:
        job = services.cancel_job(job=self.job)
        log(job, "wagtail_marketing.cancel_job", user=self.request.user)
        return job
