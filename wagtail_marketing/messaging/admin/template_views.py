"""Pages around one e-mail: begin with a starter, look at it as somebody, send a test."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from wagtail.admin import messages
from wagtail.log_actions import log

from wagtail_marketing.admin.views import MarketingTemplateView, MarketingView
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.messaging import services
from wagtail_marketing.messaging.models import EmailTemplate
from wagtail_marketing.messaging.previews import preview_response

from .forms import PreviewForm, StarterForm, TestSendForm

INDEX = "marketing_emails:list"
APP = "wagtail_marketing_messaging"
VIEW, ADD, TEST = f"{APP}.view_emailtemplate", f"{APP}.add_emailtemplate", f"{APP}.test_emailtemplate"
PEOPLE = "wagtail_marketing_contacts.view_personal_data"


class _TemplateMixin:
    """The e-mail of the URL as its newest draft, and the levels above."""

    @cached_property
    def template(self) -> EmailTemplate:
        found = get_object_or_404(EmailTemplate, pk=self.kwargs["pk"])  # type: ignore[attr-defined]
        return found.get_latest_revision_as_object()

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse(INDEX), "label": _("E-mails")},
            {"url": reverse("marketing_emails:edit", args=[self.template.pk]), "label": str(self.template)},
        ]

    def get_page_subtitle(self) -> str:
        return str(self.template)


class StarterView(MarketingTemplateView):
    """A new e-mail out of the library."""

    marketing_permission = ADD
    template_name = "wagtail_marketing/messaging/admin/form.html"
    page_title = gettext_lazy("New e-mail from a starter")
    header_icon = "wm-emails"

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [{"url": reverse(INDEX), "label": _("E-mails")}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", StarterForm())
        return super().get_context_data(submit_label=_("Create draft"), cancel_url=reverse(INDEX), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = StarterForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        template = services.create_from_starter(
            key=form.cleaned_data["starter"], name=form.cleaned_data["name"], user=request.user
        )
        messages.success(request, _("“%(name)s” is a draft now.") % {"name": template})
        return redirect("marketing_emails:edit", template.pk)


class PreviewView(_TemplateMixin, MarketingTemplateView):
    """The e-mail as a real contact gets it."""

    marketing_permission = (VIEW, PEOPLE)
    template_name = "wagtail_marketing/messaging/admin/preview_as.html"
    page_title = gettext_lazy("Preview")
    header_icon = "view"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        given = self.request.GET
        form = PreviewForm(given if given else {"mode": "desktop"})
        query = ""
        if form.is_valid():
            contact = form.cleaned_data["contact"]
            chosen = {"mode": form.cleaned_data["mode"] or "desktop"} | ({"contact": contact.pk} if contact else {})
            query = "&".join(f"{name}={value}" for name, value in chosen.items())
        return super().get_context_data(
            form=form, frame_url=f"{reverse('marketing_emails:frame', args=[self.template.pk])}?{query}", **kwargs
        )


@method_decorator(xframe_options_sameorigin, name="dispatch")
class FrameView(_TemplateMixin, MarketingView):
    """What the preview page frames."""

    marketing_permission = (VIEW, PEOPLE)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        from wagtail_marketing.contacts.models import Contact

        pk = request.GET.get("contact", "")
        contact = get_object_or_404(Contact, pk=pk) if pk.isdecimal() else None
        return preview_response(self.template, request.GET.get("mode", "desktop"), contact)


class TestSendView(_TemplateMixin, MarketingTemplateView):
    """Send the draft to colleagues, marked as a test, with the values of one contact."""

    __test__ = False  # not a test case of pytest

    marketing_permission = TEST
    template_name = "wagtail_marketing/messaging/admin/form.html"
    page_title = gettext_lazy("Send a test")
    header_icon = "mail"

    def _form(self, data: Any = None) -> TestSendForm:
        form = TestSendForm(data, initial={"addresses": getattr(self.request.user, "email", "")})
        if not self.request.user.has_perm(PEOPLE):
            # A test shows a person's data: who may not see it tests with the made-up one.
            del form.fields["contact"]
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self._form())
        return super().get_context_data(
            submit_label=_("Send test"),
            cancel_url=reverse("marketing_emails:edit", args=[self.template.pk]),
            intro=_("The newest draft goes out at once, with [Test] before its subject. It is not counted anywhere."),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        try:
            outcomes = services.send_test(
                template=self.template,
                addresses=form.cleaned_data["addresses"],
                contact=form.cleaned_data.get("contact"),
            )
        except DomainError as error:
            messages.error(request, str(error))
            return self.render_to_response(self.get_context_data(form=form), status=422)
        sent = [outcome for outcome in outcomes if outcome.ok]
        log(
            instance=self.template,
            action="wagtail_marketing.email.test",
            user=request.user,
            data={"sent": len(sent), "tried": len(outcomes)},
        )
        for outcome in outcomes:
            if not outcome.ok:
                messages.error(request, f"{outcome.address}: {outcome.detail}")
        if sent:
            messages.success(
                request,
                ngettext("%(count)d test was sent.", "%(count)d tests were sent.", len(sent)) % {"count": len(sent)},
            )
        if len(sent) < len(outcomes):
            return self.render_to_response(self.get_context_data(form=form), status=422)
        return redirect("marketing_emails:edit", self.template.pk)
