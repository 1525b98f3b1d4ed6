"""Many contacts at once: the page that asks, with how many they are, who for example, and what will happen."""

import secrets
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import ConfirmView
from wagtail_marketing.contacts.criteria import IDS, Criteria, parameters
from wagtail_marketing.contacts.masking import may_see_people, shown_address, shown_name
from wagtail_marketing.contacts.registry import BulkAction, bulk_actions
from wagtail_marketing.contacts.services.bulk import ask_bulk
from wagtail_marketing.core.errors import DomainError, InvalidInput
from wagtail_marketing.jobs.admin.views import VIEW as VIEW_JOBS
from wagtail_marketing.jobs.models import Job

from .bulk_forms import BulkForm

VIEW = "wagtail_marketing_contacts.view_contact"
#: People shown as an example.
SAMPLE = 5


def allowed_actions(user: Any) -> list[tuple[str, BulkAction]]:
    """What ``user`` may do with many contacts, in the order in which it is offered."""
    found = [(name, action) for name, action in bulk_actions.items() if may(user, action.permissions)]
    return sorted(found, key=lambda item: item[1].order)


class BulkView(ConfirmView):
    """``?action=tag&scope=selected&ids=1&ids=2``, or ``scope=all`` with the filters of the list."""

    template_name = "wagtail_marketing_contacts/bulk.html"
    header_icon = "wm-contacts"
    cancel_label = gettext_lazy("Cancel")

    def get_marketing_permission(self) -> tuple[str, ...]:
        return (VIEW, *self.action.permissions) if self.action else (VIEW,)

    @cached_property
    def action(self) -> BulkAction | None:
        return bulk_actions.get(self.request.GET.get("action", ""))

    @cached_property
    def criteria(self) -> Criteria:
        """Only the rows that were chosen, or everybody who fits the filters. Raises ``InvalidInput``."""
        plain = may_see_people(self.request.user)
        if self.request.GET.get("scope") == "all":
            asked = self.request.GET.copy()
            asked.pop(IDS, None)
            return Criteria.read(asked, plain=plain)
        chosen = Criteria.read({IDS: self.request.GET.getlist(IDS)}, plain=plain)
        if not chosen:
            raise InvalidInput(_("Choose at least one row, or all that match."), field=IDS)
        return chosen

    @cached_property
    def count(self) -> int:
        return self.criteria.contacts().count()

    @cached_property
    def form(self) -> BulkForm:
        form_class = import_string(self.action.form)  # type: ignore[union-attr]
        return form_class(self.request.POST if self.request.method == "POST" else None)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.get_marketing_permission() and not may(request.user, self.get_marketing_permission()):
            return super().dispatch(request, *args, **kwargs)
        if self.action is None:
            raise Http404
        try:
            if not self.count:
                raise InvalidInput(_("Nobody matches."), remedy=_("Change the filter."))
        except InvalidInput as error:
            messages.warning(request, str(error))
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    # What is shown -------------------------------------------------------------------------------

    def get_page_title(self) -> str:
        return str(self.action.label) if self.action else ""

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [{"url": reverse("marketing_contacts:index"), "label": _("Contacts")}]

    def get_question(self) -> str:
        text = ngettext("%(action)s: %(count)s contact?", "%(action)s: %(count)s contacts?", self.count)
        return text % {"action": self.get_page_title(), "count": intcomma(self.count)}

    def get_confirm_label(self) -> str:
        text = ngettext("Yes, for %(count)s contact", "Yes, for %(count)s contacts", self.count)
        return text % {"count": intcomma(self.count)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        plain = may_see_people(self.request.user)
        sample = self.criteria.contacts().defer("attributes").order_by("-pk")[:SAMPLE]
        return super().get_context_data(
            form=self.form,
            warning=self.action.warning if self.action else "",
            filters=self.criteria.words(),
            sample=[(shown_name(row, plain=plain), shown_address(row.email, plain=plain)) for row in sample],
            more=max(0, self.count - SAMPLE),
            once=self.request.POST.get("once") or secrets.token_urlsafe(12),
            **kwargs,
        )

    @property
    def destructive(self) -> bool:  # type: ignore[override]
        return bool(self.action and self.action.destructive)

    # What is done --------------------------------------------------------------------------------

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        try:
            job, _created = ask_bulk(
                action=request.GET["action"],
                criteria=self.criteria,
                options=self.form.options(),
                by=request.user,
                once=request.POST.get("once", "")[:100],
            )
        except DomainError as error:
            self.form.add_error(error.field if error.field in self.form.fields else None, str(error))
            return self.render_to_response(self.get_context_data(), status=422)
        messages.success(request, _("This is done in the background; you can leave this page."))
        return redirect(self.get_job_url(job))

    def get_job_url(self, job: Job) -> str:
        if may(self.request.user, VIEW_JOBS):
            return reverse("marketing_jobs:job", args=[job.pk])
        return self.get_success_url()

    def get_success_url(self) -> str:
        """The list as it was."""
        asked = self.request.GET.copy()
        for name in list(asked):
            if name not in parameters() or name == IDS:
                asked.pop(name)
        query = asked.urlencode()
        return reverse("marketing_contacts:index") + (f"?{query}" if query else "")


def kept_filters(criteria: Criteria) -> list[tuple[str, str]]:
    """The filters of a list as hidden fields, for the form that asks for a bulk action."""
    return [(name, text) for name, texts in criteria.values.items() if name != IDS for text in texts]
