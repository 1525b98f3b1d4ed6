from django.utils.translation import gettext_lazy as _

from wagtail_marketing.admin import registry

from .admin.viewsets import VIEW, JobViewSet

registry.register_viewset(JobViewSet)
registry.register_settings_page(
    "jobs",
    label=_("Jobs"),
    description=_("Long work in the background: how far it is, what came of it, what failed."),
    url_name="marketing_jobs:index",
    permission=VIEW,
    icon="wm-jobs",
    order=800,
)
