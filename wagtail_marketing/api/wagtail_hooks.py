from django.utils.translation import gettext_lazy as _

from wagtail_marketing.admin import registry

from .admin.viewsets import VIEW, TokenViewSet

registry.register_viewset(TokenViewSet)
registry.register_settings_page(
    "tokens",
    label=_("API tokens"),
    description=_("Which programs may read and write through the REST API, and what each may do."),
    url_name="marketing_tokens:index",
    permission=VIEW,
    icon="wm-token",
    order=700,
)
