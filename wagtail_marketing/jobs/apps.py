from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "wagtail_marketing.jobs"
    label = "wagtail_marketing_jobs"
    verbose_name = _("Marketing: jobs")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = ("wagtail_marketing",)

    def ready(self) -> None:
        from wagtail_marketing.core.tasks import drains

        from . import tasks

        drains.register("jobs", tasks.drain)
        drains.register("jobs.retain", tasks.retain)
