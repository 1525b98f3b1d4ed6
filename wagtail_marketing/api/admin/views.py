"""Making and revoking tokens."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from wagtail.log_actions import log

from wagtail_marketing.admin.views import ConfirmView, MarketingTemplateView
from wagtail_marketing.api import registry, services
from wagtail_marketing.api.models import ApiToken
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import DomainError


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("Which program uses it, and who runs that.")
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), widget=forms.CheckboxSelectMultiple, choices=()
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Valid for"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=[
            ("30", gettext_lazy("30 days")),
            ("90", gettext_lazy("90 days")),
            ("365", gettext_lazy("a year")),
            ("", gettext_lazy("until it is revoked")),
        ],
        initial="90",
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        scopes: Any = self.fields["scopes"]
        scopes.choices = [(scope, f"{scope}: {description}") for scope, description in registry.scopes().items()]


class TokenViewMixin:
    """Breadcrumbs over both pages."""

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("marketing_settings:index"), "label": _("Marketing settings")},
            {"url": reverse("marketing_tokens:index"), "label": _("API tokens")},
        ]


@method_decorator(never_cache, name="dispatch")
class TokenCreateView(TokenViewMixin, MarketingTemplateView):
    """The form; after it the key, once, on a page that no cache keeps."""

    template_name = "wagtail_marketing/admin/api/token_form.html"
    page_title = gettext_lazy("New API token")
    header_icon = "wm-token"
    http_method_names = ["get", "post", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=TokenForm()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = TokenForm(request.POST)
        if form.is_valid():
            days = form.cleaned_data["days"]
            try:
                token, key = services.create_token(
                    name=form.cleaned_data["name"],
                    scopes=form.cleaned_data["scopes"],
                    expires_at=clock.now() + timedelta(days=days) if days else None,
                    created_by=request.user,
                )
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            else:
                log(token, "wagtail_marketing.create_token", user=request.user, data={"scopes": token.scopes})
                return self.render_to_response(self.get_context_data(token=token, key=key))
        return self.render_to_response(self.get_context_data(form=form), status=422)


class TokenRevokeView(TokenViewMixin, ConfirmView):
    page_title = gettext_lazy("Revoke API token")
    header_icon = "wm-token"
    confirm_label = gettext_lazy("Yes, revoke it")
    irreversible = True
    destructive = True
    success_message = gettext_lazy("The token opens nothing any more.")

    @cached_property
    def token(self) -> ApiToken:
        return get_object_or_404(ApiToken, pk=self.kwargs["pk"])

    def get_question(self) -> str:
        return _("Revoke “%(name)s”?") % {"name": self.token.name}

    def get_details(self) -> list[str]:
        return [_("The program that uses it gets no answer from now on.")]

    def get_success_url(self) -> str:
        return reverse("marketing_tokens:index")

    def perform(self) -> ApiToken:
        token = services.revoke_token(token=self.token)
        log(token, "wagtail_marketing.revoke_token", user=self.request.user)
        return token
