"""Base views that fail closed.

Every view of our own that is not one of Wagtail's viewset views stands on these::

    class ReportView(MarketingTemplateView):
        marketing_permission = "wagtail_marketing_campaigns.view_campaign"  # or a tuple: all needed
        template_name = "wagtail_marketing/campaigns/report.html"  # extends wagtail_marketing/admin/base.html
        page_title = _("Report")
        header_icon = "wm-reports"

        def get_parent_breadcrumbs(self):  # levels between Home and this page
            return [{"url": reverse("marketing_campaigns:index"), "label": _("Campaigns")}]

        def get_components(self):  # their Media is collected; the default template renders them in order
            return [StatGrid([...]), Chart(...)]

    class LaunchView(ConfirmView):
        marketing_permission = "wagtail_marketing_campaigns.launch_campaign"
        page_title = _("Launch")
        question = _("Send this campaign now?")
        irreversible = True
        confirm_label = _("Send to 398 people")

        def perform(self):                     # call one service; a DomainError becomes a message
            services.launch(campaign=self.campaign, by=self.request.user)

A function view or a JSON view takes ``MarketingView`` (the mixin on Django's ``View``).
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from wagtail_marketing.core.errors import DomainError

from .media import KIT_MEDIA
from .permissions import as_tuple, may


class MarketingPermissionMixin:
    """Refuses everybody until ``marketing_permission`` names what is needed (a string, or a tuple: all).

    Wagtail's own mixins let everybody with ``access_admin`` in when nothing is set; this one raises
    ``ImproperlyConfigured``, so that forgetting it is found by the first request.
    """

    marketing_permission: str | tuple[str, ...] | None = None

    def get_marketing_permission(self) -> str | tuple[str, ...] | None:
        """Override where the permission depends on the method or the object."""
        return self.marketing_permission

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        needed = as_tuple(self.get_marketing_permission(), owner=type(self).__name__)
        if not may(request.user, needed):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class MarketingView(MarketingPermissionMixin, View):
    """A plain view (JSON, fragments, POST only) that fails closed."""


class MarketingTemplateView(MarketingPermissionMixin, WagtailAdminTemplateMixin, TemplateView):
    """A page of the admin with breadcrumbs, header and the kit's styles and scripts.

    ``components`` (or ``get_components``) are rendered in order by ``{% component %}`` in the base
    template's ``main_content`` unless the template overrides it; their ``Media`` is collected.
    """

    template_name = "wagtail_marketing/admin/page.html"
    header_icon = "wm-marketing"
    #: Levels between Home and this page: ``[{"url": ..., "label": ...}]``.
    parent_breadcrumbs: Iterable[dict[str, Any]] = ()
    components: Iterable[Any] = ()

    def get_components(self) -> Iterable[Any]:
        return self.components

    @cached_property
    def page_components(self) -> list[Any]:
        return list(self.get_components())

    def get_parent_breadcrumbs(self) -> Iterable[dict[str, Any]]:
        return self.parent_breadcrumbs

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        here = {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()}
        return [*self.breadcrumbs_items, *self.get_parent_breadcrumbs(), here]

    def get_media(self) -> Media:
        media = KIT_MEDIA
        for component in self.page_components:
            media = media + component.media
        return media

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["components"] = self.page_components
        context["media"] = context.get("media", Media()) + self.get_media()
        return context


class NextUrlMixin:
    """Where to go afterwards: ``?next=`` when it stays on this host, else ``get_success_url``."""

    def get_next_url(self) -> str:
        request: HttpRequest = self.request  # type: ignore[attr-defined]
        wanted = request.POST.get("next") or request.GET.get("next") or ""
        if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
            return wanted
        return self.get_success_url()  # type: ignore[attr-defined]


class ConfirmView(NextUrlMixin, MarketingTemplateView):
    """Asks before something leaves the building or is gone; GET asks, POST does.

    Give ``question``, ``confirm_label``, ``irreversible`` (adds "This cannot be undone."), ``details``
    (lines of plain text), ``typed_confirmation`` (a word or number that must be typed), ``success_message``,
    and the methods ``perform`` and ``get_success_url``.
    """

    template_name = "wagtail_marketing/admin/confirm.html"
    http_method_names = ["get", "post", "head", "options"]
    question: Any = ""
    details: Iterable[Any] = ()
    confirm_label: Any = _("Yes, go on")
    cancel_label: Any = _("No, go back")
    irreversible = False
    destructive = False
    typed_confirmation: Any = ""
    success_message: Any = ""

    def perform(self) -> Any:
        """Call one service. A ``DomainError`` is shown and nothing else happens."""
        raise NotImplementedError

    def get_success_url(self) -> str:
        raise NotImplementedError

    def get_cancel_url(self) -> str:
        return self.get_next_url()

    def get_question(self) -> Any:
        return self.question

    def get_details(self) -> Iterable[Any]:
        return self.details

    def get_confirm_label(self) -> Any:
        return self.confirm_label

    def get_typed_confirmation(self) -> str:
        return str(self.typed_confirmation)

    def get_success_message(self, result: Any) -> Any:
        return self.success_message

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            question=self.get_question(),
            details=list(self.get_details()),
            confirm_label=self.get_confirm_label(),
            cancel_label=self.cancel_label,
            cancel_url=self.get_cancel_url(),
            irreversible=self.irreversible,
            destructive=self.destructive,
            typed_confirmation=self.get_typed_confirmation(),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wanted = self.get_typed_confirmation()
        if wanted and request.POST.get("typed", "").strip() != wanted:
            return self.refuse(_("Type the confirmation exactly as it is shown."))
        try:
            result = self.perform()
        except DomainError as error:
            return self.refuse(str(error))
        if message := self.get_success_message(result):
            messages.success(request, message)
        return redirect(self.get_next_url())

    def refuse(self, message: Any) -> HttpResponse:
        """Show the page again with what went wrong (status 422, so that nothing mistakes it for done)."""
        messages.error(self.request, message)
        return self.render_to_response(self.get_context_data(), status=422)
