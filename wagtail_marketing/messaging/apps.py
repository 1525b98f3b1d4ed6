from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "wagtail_marketing.messaging"
    label = "wagtail_marketing_messaging"
    verbose_name = _("Marketing: messaging")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = ()
