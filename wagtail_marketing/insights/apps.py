from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightsConfig(AppConfig):
    name = "wagtail_marketing.insights"
    label = "wagtail_marketing_insights"
    verbose_name = _("Marketing: insights")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = (
        "wagtail_marketing.commerce",
        "wagtail_marketing.messaging",
        "wagtail_marketing.campaigns",
    )

    def ready(self) -> None:
        from wagtail_marketing.core.tasks import drains

        from . import tasks

        drains.register("attribution", tasks.drain)
