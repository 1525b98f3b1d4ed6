from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    name = "wagtail_marketing.contacts"
    label = "wagtail_marketing_contacts"
    verbose_name = _("Marketing: contacts")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = ()

    def ready(self) -> None:
        from wagtail_marketing.api import registry as api

        from . import channels, exporters, ledger, mergers

        api.register_scope("contacts:read", _("Read contacts and their consent"))
        api.register_scope("contacts:write", _("Create and change contacts"))
        api.register_scope("consent:write", _("Take contacts off channels and topics"))
        api.register("contacts", "wagtail_marketing.contacts.api.ContactViewSet", basename="contact")
        channels.register()
        exporters.register()
        mergers.register()
        post_migrate.connect(ledger.install_after_migrate, sender=self, dispatch_uid="wagtail_marketing.ledger")
