from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommerceConfig(AppConfig):
    name = "wagtail_marketing.commerce"
    label = "wagtail_marketing_commerce"
    verbose_name = _("Marketing: commerce")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = ()

    def ready(self) -> None:
        from . import handlers, list_filters, privacy

        handlers.register()
        list_filters.register()
        privacy.register()
