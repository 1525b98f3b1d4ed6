from datetime import datetime

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
        from wagtail_marketing.core.tasks import drains
        from wagtail_marketing.jobs import registry as jobs

        from . import bulk_actions, channels, checks, exporters, ledger, loose, mergers, registry
        from .services import opt_in, preferences

        api.register_scope("contacts:read", _("Read contacts and their consent"))
        api.register_scope("contacts:write", _("Create and change contacts"))
        api.register_scope("contacts:export", _("Read everything that is known of one person"))
        api.register_scope("contacts:erase", _("Erase a person for good"))
        api.register_scope("consent:write", _("Take contacts off channels and topics"))
        api.register_scope("imports:read", _("Follow imports of contacts and read what is at fault in them"))
        api.register_scope("imports:write", _("Upload files of contacts, check and import them"))
        api.register("imports", "wagtail_marketing.contacts.import_api.ImportViewSet", basename="import")
        api.register("contacts", "wagtail_marketing.contacts.api.ContactViewSet", basename="contact")
        for kind, label, run in (
            ("contacts.import_check", _("Check a file of contacts"), "check_import_job"),
            ("contacts.import", _("Import contacts"), "import_job"),
        ):
            jobs.register(
                kind,
                label=label,
                run=f"wagtail_marketing.contacts.tasks.{run}",
                permission="wagtail_marketing_contacts.import_contact",
                most_attempts=10,
            )
        drains.register("contacts.import_files", forget_import_files)
        api.register_scope("lists:read", _("Read static lists"))
        api.register_scope("lists:write", _("Create, change, fill and delete static lists"))
        api.register("lists", "wagtail_marketing.contacts.list_api.ContactListViewSet", basename="list")
        api.register_scope("topics:read", _("Read topics"))
        api.register_scope("sign-ups:write", _("Sign people up: they are asked to confirm by a message"))
        api.register_scope("suppressions:read", _("Read which addresses must not be written to, as hashes"))
        api.register_scope("suppressions:write", _("Put addresses on the list of those not to be written to"))
        for prefix, name, basename in (
            ("topics", "TopicViewSet", "topic"),
            ("sign-ups", "SignUpViewSet", "sign-up"),
            ("suppressions", "SuppressionViewSet", "suppression"),
        ):
            api.register(prefix, f"wagtail_marketing.contacts.consent_api.{name}", basename=basename)
        channels.register()
        exporters.register()
        bulk_actions.register()
        loose.register()
        mergers.register()
        registry.exporters.register("preferences", preferences.export_preferences)
        registry.erasers.register("preferences", preferences.erase_preferences)
        drains.register("sign-ups", opt_in.drain)
        checks.register()
        post_migrate.connect(ledger.install_after_migrate, sender=self, dispatch_uid="wagtail_marketing.ledger")


def forget_import_files(until: datetime) -> int:
    """The drain: uploaded files past their days."""
    from .services.imports import forget_import_files

    return forget_import_files()
