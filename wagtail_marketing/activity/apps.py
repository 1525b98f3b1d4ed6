from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActivityConfig(AppConfig):
    name = "wagtail_marketing.activity"
    label = "wagtail_marketing_activity"
    verbose_name = _("Marketing: activity")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = ()

    def ready(self) -> None:
        from wagtail_marketing.core import tasks

        from . import privacy
        from .services.fill import drain, register

        tasks.drains.register("activity", drain)
        register()
        privacy.register()
