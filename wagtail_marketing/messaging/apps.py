from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "wagtail_marketing.messaging"
    label = "wagtail_marketing_messaging"
    verbose_name = _("Marketing: messaging")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = ("wagtail_marketing.contacts", "wagtail_marketing.commerce", "wagtail_marketing.activity")

    def ready(self) -> None:
        from wagtail_marketing.contacts.registry import ConfirmationSender, confirmation_senders
        from wagtail_marketing.core.tasks import drains

        from . import blocks, checks, privacy, registry, tokens
        from .backends.email import EmailChannel
        from .services import confirmations, delivery

        blocks.register()
        tokens.register()
        privacy.register()
        if "email" not in registry.channels:
            registry.channels.register("email", EmailChannel())
        drains.register("messaging", delivery.drain)
        if "email" not in confirmation_senders:
            confirmation_senders.register("email", ConfirmationSender("email", confirmations.ask_by_email))
        checks.register()
