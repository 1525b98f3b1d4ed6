"""Registration of the screens and of what the history says."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_marketing.admin import registry
from wagtail_marketing.contacts.registry import ProfileBlock, profile_blocks

from .admin.profile import messages_block
from .admin.viewsets import EmailTemplateViewSet, SendViewSet
from .choosers import product_chooser

registry.register_viewset(EmailTemplateViewSet, order=registry.EMAILS)
registry.register_viewset(SendViewSet)
registry.register_viewset(product_chooser)
profile_blocks.register(
    "messages", ProfileBlock(50, messages_block, permission="wagtail_marketing_messaging.view_send", tab="messages")
)

ACTIONS = {
    "email.test": (_("Send a test"), _("Test sent")),
    "send.pause": (_("Pause a send"), _("Paused")),
    "send.resume": (_("Resume a send"), _("Resumed")),
    "send.cancel": (_("Cancel a send"), _("Cancelled")),
}


@hooks.register("register_log_actions")
def register_log_actions(actions: Any) -> None:
    for name, (label, message) in ACTIONS.items():
        actions.register_action(f"wagtail_marketing.{name}", label, message)
