"""Importing people: upload, columns, check, run, result. Each write is one service."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import localize
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.log_actions import log

from wagtail_marketing.admin.components import ProgressBar, StatCard, StatGrid, StatusBadge
from wagtail_marketing.admin.views import MarketingTemplateView, MarketingView
from wagtail_marketing.contacts.imports import words
from wagtail_marketing.contacts.imports.errors import row_error
from wagtail_marketing.contacts.imports.plan import adds_consent
from wagtail_marketing.contacts.masking import PERMISSION
from wagtail_marketing.contacts.models import ContactImport, ImportState
from wagtail_marketing.contacts.services import imports
from wagtail_marketing.core.errors import DomainError

from .import_forms import ColumnsForm, LayoutForm, UploadForm

IMPORT = ("wagtail_marketing_contacts.import_contact", PERMISSION)
INDEX = "marketing_imports:index"
TONES = {
    "uploaded": "warning",
    "checking": "info",
    "checked": "info",
    "running": "info",
    "done": "positive",
    "failed": "critical",
    "cancelled": "neutral",
}
FAULTS_PER_PAGE = 25
STEPS = (
    (1, gettext_lazy("File")),
    (2, gettext_lazy("Columns")),
    (3, gettext_lazy("Check")),
    (4, gettext_lazy("Import")),
)


def steps(at: int) -> list[dict[str, Any]]:
    return [{"number": number, "label": label, "here": number == at, "done": number < at} for number, label in STEPS]


class OfImport:
    """The import of the URL, with the way back to it."""

    kwargs: dict[str, Any]
    header_icon = "wm-contacts"

    @cached_property
    def source(self) -> ContactImport:
        return get_object_or_404(ContactImport.objects.select_related("job", "created_by"), pk=self.kwargs["pk"])

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [*parents(), {"url": self.get_success_url(), "label": self.source.file_name}]

    def get_success_url(self) -> str:
        return reverse("marketing_imports:import", args=[self.source.pk])


def parents() -> list[dict[str, Any]]:
    return [
        {"url": reverse("marketing_contacts:index"), "label": _("Contacts")},
        {"url": reverse(INDEX), "label": _("Imports")},
    ]


class UploadView(MarketingTemplateView):
    """Step 1: the file, and what to do with people whom we know."""

    template_name = "wagtail_marketing_contacts/imports/upload.html"
    page_title = gettext_lazy("Import contacts")
    header_icon = "wm-contacts"
    http_method_names = ["get", "post", "head", "options"]

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return parents()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", UploadForm())
        context = super().get_context_data(steps=steps(1), cancel_url=reverse("marketing_contacts:index"), **kwargs)
        context["media"] = context["media"] + context["form"].media
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                source = imports.create_import(
                    file=upload, file_name=upload.name, user=request.user, options=form.options
                )
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            else:
                log(source, "wagtail_marketing.import.upload", user=request.user)
                return redirect("marketing_imports:columns", source.pk)
        return self.render_to_response(self.get_context_data(form=form), status=422)


class ColumnsView(OfImport, MarketingTemplateView):
    """Step 2: what the columns mean, and what the file says of consent."""

    template_name = "wagtail_marketing_contacts/imports/columns.html"
    page_title = gettext_lazy("What the columns mean")
    http_method_names = ["get", "post", "head", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().dispatch(request, *args, **kwargs)
        except DomainError as error:
            # The file went, or somebody else has started the import.
            messages.error(request, str(error))
            return redirect(self.get_success_url() if self.source.file and not self._is_mappable else INDEX)

    @property
    def _is_mappable(self) -> bool:
        return self.source.state in (ImportState.UPLOADED, ImportState.CHECKED)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self._is_mappable:
            return redirect(self.get_success_url())
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        layout = self.source.layout
        kwargs.setdefault("form", ColumnsForm(source=self.source))
        kwargs.setdefault("layout_form", LayoutForm(initial=layout))
        form = kwargs["form"]
        context = super().get_context_data(
            steps=steps(2),
            source=self.source,
            columns=form.columns_of(imports.samples(self.source)),
            known_program=(
                "Mailchimp"
                if self.source.preset.startswith("mailchimp")
                else {"klaviyo": "Klaviyo"}.get(self.source.preset, "")
            ),
            asks_consent=adds_consent(self.source.columns, self.source.options.get("status", "")),
            is_text=layout.get("kind") == "csv",
            encoding=dict(kwargs["layout_form"].fields["encoding"].choices).get(layout.get("encoding")),
            **kwargs,
        )
        context["media"] = context["media"] + form.media
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "read_again" in request.POST:
            layout_form = LayoutForm(request.POST)
            if layout_form.is_valid():
                imports.read_again(source=self.source, **layout_form.cleaned_data)
                return redirect("marketing_imports:columns", self.source.pk)
            return self.render_to_response(self.get_context_data(layout_form=layout_form), status=422)
        form = ColumnsForm(request.POST, source=self.source)
        if form.is_valid():
            try:
                source = imports.set_plan(source=self.source, columns=form.columns, options=form.options)
                imports.start_check(source=source, user=request.user)
                return redirect(self.get_success_url())
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
        return self.render_to_response(self.get_context_data(form=form), status=422)


def body_context(source: ContactImport, page: Any = 1) -> dict[str, Any]:
    """What the page shows of an import in its present state; the part that polls."""
    dry = source.state in (ImportState.CHECKING, ImportState.CHECKED)
    counts = source.checked_counts if dry else source.counts
    died = source.state in (ImportState.CHECKING, ImportState.RUNNING) and not source.is_working
    failed = died or source.state == ImportState.FAILED
    job_errors = [error["message"] for error in source.job.errors] if failed and source.job else []
    taken = sum(counts.get(name, 0) for name in ("new", "updated"))
    return {
        "source": source,
        "dry": dry,
        "badge": StatusBadge(
            "failed" if died else source.state,
            _("Failed") if died else source.get_state_display(),
            "critical" if died else TONES[source.state],
        ),
        "progress": ProgressBar(
            source.position, source.total, (source.job.note if source.job else "") or _("waiting for a worker")
        ),
        "stats": StatGrid(
            [
                StatCard(label, localize(counts.get(key, 0)), definition=meaning, key=f"import-{key}")
                for key, (label, meaning) in words.ROWS.items()
                if counts.get(key) or key in ("new", "updated", "invalid")
            ],
            label=_("Rows"),
        ),
        "shows_counts": bool(counts.get("rows")) and not source.is_working,
        "consent_lines": words.consent_lines(counts, dry=dry),
        "taken": taken,
        "changes_something": any(
            value for name, value in counts.items() if name not in ("rows", "invalid", "unchanged", "no_date")
        ),
        "faults": faults_page(source, page),
        "died": died,
        "job_errors": job_errors,
        "may_undo": not dry
        and not source.is_working
        and source.undone_at is None
        and bool(source.counts)
        and bool(source.options.get("tag") or source.options.get("list") or "tags" in source.columns),
    }


def faults_page(source: ContactImport, page: Any) -> Any:
    """Rows to correct, one line per fault: row, column, what stands there, what to do."""
    found = Paginator(source.faults.order_by("number"), FAULTS_PER_PAGE).get_page(page)
    lines = []
    for fault in found.object_list:
        for place, code in fault.errors.items():
            at = int(place) if place else None
            name = source.names[at] if at is not None and at < len(source.names) else ""
            value = fault.cells[at] if at is not None and at < len(fault.cells) else ""
            lines.append({**row_error(fault.number, name, code), "value": value[:80]})
    found.lines = lines
    return found


class ImportView(OfImport, MarketingTemplateView):
    """Steps 3 and 4: how far it is, what a check found, what came of it."""

    template_name = "wagtail_marketing_contacts/imports/import.html"

    def get_page_title(self) -> str:
        return self.source.file_name

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return parents()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.source.state == ImportState.UPLOADED:
            return redirect("marketing_imports:columns", self.source.pk)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        body = body_context(self.source, self.request.GET.get("p", 1))
        return super().get_context_data(steps=steps(3 if body["dry"] else 4), **body, **kwargs)


class ImportProgressView(OfImport, MarketingView):
    """The fragment that the page polls."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        body = body_context(self.source)
        return render(request, "wagtail_marketing_contacts/imports/body.html", body)
