"""``/admin/marketing/tokens/``."""

from typing import Any

from django.urls import path, reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import ButtonsColumnMixin, Column
from wagtail.admin.widgets.button import HeaderButton, ListingButton

from wagtail_marketing.admin.columns import LocalTimeColumn, StatusColumn
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.viewsets import MarketingIndexView, MarketingModelViewSet
from wagtail_marketing.api.models import ApiToken

from .views import TokenCreateView, TokenRevokeView

VIEW = "wagtail_marketing_api.view_apitoken"
ADD = "wagtail_marketing_api.add_apitoken"
CHANGE = "wagtail_marketing_api.change_apitoken"

TONES = {"active": "positive", "expired": "neutral", "revoked": "neutral"}


class TokenActionsColumn(ButtonsColumnMixin, Column):
    """Revoke, where there is something to revoke and one may."""

    cell_template_name = "wagtail_marketing/admin/api/actions_cell.html"

    def get_buttons(self, instance: ApiToken, parent_context: Any) -> list[Any]:
        request = parent_context.get("request")
        if instance.revoked_at or not may(getattr(request, "user", None), CHANGE):
            return []
        return [
            ListingButton(
                gettext("Revoke"),
                url=reverse("marketing_tokens:revoke", args=[instance.pk]),
                attrs={"aria-label": gettext("Revoke “%(name)s”") % {"name": instance.name}},
            )
        ]


class TokenIndexView(MarketingIndexView):
    @cached_property
    def header_buttons(self) -> list[Any]:
        if not may(self.request.user, ADD):
            return []
        return [HeaderButton(gettext("Add a token"), url=reverse("marketing_tokens:add"), icon_name="plus")]


class TokenViewSet(MarketingModelViewSet):
    model = ApiToken
    slug = "tokens"
    read_only = True
    parent_breadcrumbs = ({"url": reverse_lazy("marketing_settings:index"), "label": _("Marketing settings")},)
    icon = "wm-token"
    menu_label = _("API tokens")
    index_view_class = TokenIndexView
    list_display = [
        Column("name", label=_("Name")),
        Column("prefix", label=_("Begins with")),
        StatusColumn("state", label=_("State"), tones=TONES),
        Column("scopes", label=_("May"), accessor=lambda token: ", ".join(token.scopes)),
        LocalTimeColumn("last_used_at", label=_("Last used"), sort_key="last_used_at"),
        LocalTimeColumn("expires_at", label=_("Expires"), sort_key="expires_at"),
        TokenActionsColumn("actions", label=_("Actions")),
    ]
    ordering = ["-created_at", "-pk"]

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("new/", self.construct_view(TokenCreateView, marketing_permission=ADD), name="add"),
            path("<int:pk>/revoke/", self.construct_view(TokenRevokeView, marketing_permission=CHANGE), name="revoke"),
        ]
