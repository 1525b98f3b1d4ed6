from datetime import datetime

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "wagtail_marketing.api"
    label = "wagtail_marketing_api"
    verbose_name = _("Marketing: api")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = ("wagtail_marketing",)

    def ready(self) -> None:
        from wagtail_marketing.core.tasks import drains

        drains.register("api.keys", forget_keys)


def forget_keys(until: datetime) -> int:
    """The drain: idempotency keys live a day."""
    from .services import forget_expired_keys

    return forget_expired_keys()
