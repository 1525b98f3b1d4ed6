from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "wagtail_marketing.campaigns"
    label = "wagtail_marketing_campaigns"
    verbose_name = _("Marketing: campaigns")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = (
        "wagtail_marketing.contacts",
        "wagtail_marketing.messaging",
        "wagtail_marketing.segments",
    )

    def ready(self) -> None:
        from wagtail_marketing.api import registry as api
        from wagtail_marketing.core.tasks import drains
        from wagtail_marketing.segments.registry import usage_counts, usages

        from . import checklist, conditions, selectors, tasks  # noqa: F401  the checklist registers its rows

        if apps.is_installed("wagtail_marketing.discounts"):
            from . import discount_checks  # noqa: F401

        conditions.register()
        drains.register("campaigns", tasks.drain)
        usages.register("campaigns", selectors.campaigns_with)
        usage_counts.register("campaigns", selectors.campaign_counts)
        api.register_scope("campaigns:read", _("Read campaigns and their review"))
        api.register_scope("campaigns:write", _("Create, change and delete drafts of campaigns"))
        api.register_scope("campaigns:send", _("Launch, pause, resume and cancel campaigns"))
        api.register("campaigns", "wagtail_marketing.campaigns.api.CampaignViewSet", basename="campaign")
