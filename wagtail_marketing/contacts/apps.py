from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    name = "wagtail_marketing.contacts"
    label = "wagtail_marketing_contacts"
    verbose_name = _("Marketing: contacts")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = ()
