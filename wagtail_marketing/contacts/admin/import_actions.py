"""What is done with an import: run, stop, go on, take back, download the rows to correct."""

from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import log

from wagtail_marketing.admin.views import ConfirmView, MarketingView
from wagtail_marketing.contacts.imports import words
from wagtail_marketing.contacts.services import imports

from .import_views import OfImport


class RunView(OfImport, ConfirmView):
    """Step 4: asks once more, then runs."""

    page_title = gettext_lazy("Import")
    question = gettext_lazy("Import this file now?")
    confirm_label = gettext_lazy("Yes, import it")
    cancel_label = gettext_lazy("No, back to the check")

    def get_details(self) -> list[str]:
        counts = self.source.checked_counts
        lines = [
            f"{label}: {localize(counts[key])}" for key, (label, _meaning) in words.ROWS.items() if counts.get(key)
        ]
        return [
            *lines,
            *words.consent_lines(counts, dry=True),
            _("Tags and places on the list can be taken back afterwards; changed fields and consent cannot."),
        ]

    def perform(self) -> None:
        imports.start_import(source=self.source, user=self.request.user)
        log(self.source, "wagtail_marketing.import.run", user=self.request.user)


class StopView(OfImport, ConfirmView):
    page_title = gettext_lazy("Stop")
    question = gettext_lazy("Stop this import?")
    details = (gettext_lazy("What it has done so far stays done. It can go on later from there."),)
    confirm_label = gettext_lazy("Yes, stop it")
    destructive = True

    def perform(self) -> None:
        imports.stop_import(source=self.source)
        log(self.source, "wagtail_marketing.import.stop", user=self.request.user)


class ResumeView(OfImport, ConfirmView):
    page_title = gettext_lazy("Go on")
    question = gettext_lazy("Go on with this import?")
    confirm_label = gettext_lazy("Yes, go on")

    def get_details(self) -> list[str]:
        return [
            _("%(done)s of %(total)s rows are done; none of them is done again.")
            % {"done": localize(self.source.position), "total": localize(self.source.total or 0)}
        ]

    def perform(self) -> None:
        imports.resume_import(source=self.source, user=self.request.user)
        log(self.source, "wagtail_marketing.import.run", user=self.request.user)


class UndoView(OfImport, ConfirmView):
    page_title = gettext_lazy("Take back")
    question = gettext_lazy("Take back the tags and the places on the list that this import added?")
    details = (
        gettext_lazy("Contacts stay, with the fields that the file gave them."),
        gettext_lazy("Consent and unsubscribes stay: they are never taken back by a file."),
    )
    confirm_label = gettext_lazy("Yes, take them back")
    destructive = True

    def perform(self) -> dict[str, int]:
        taken = imports.undo_import(source=self.source, user=self.request.user)
        log(self.source, "wagtail_marketing.import.undo", user=self.request.user, data=taken)
        return taken

    def get_success_message(self, result: dict[str, int]) -> str:
        return _("%(tags)s tags and %(list)s places on the list were taken back.") % result


class FaultsFileView(OfImport, MarketingView):
    """The rows to correct, as they stood in the file, with what to do in a column of its own."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        lines = imports.csv_text(imports.fault_lines(self.source))
        # The mark lets spreadsheets see that it is UTF-8.
        response = StreamingHttpResponse(
            (("\ufeff" if first else "") + line for first, line in _with_first(lines)),
            content_type="text/csv; charset=utf-8",
        )
        response["Content-Disposition"] = f'attachment; filename="to-correct-{self.source.pk}.csv"'
        response["X-Content-Type-Options"] = "nosniff"
        log(self.source, "wagtail_marketing.import.faults", user=request.user)
        return response


def _with_first(lines: Any) -> Any:
    first = True
    for line in lines:
        yield first, line
        first = False
