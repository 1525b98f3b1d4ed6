"""Registration of the screens and of what the history says."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_marketing.admin import registry

from .admin.viewsets import CodeViewSet, DiscountViewSet

registry.register_viewset(DiscountViewSet, order=registry.DISCOUNTS)
registry.register_viewset(CodeViewSet)

ACTIONS = {
    "activate": (_("Activate"), _("Activated")),
    "pause": (_("Pause"), _("Paused")),
    "end": (_("End"), _("Ended")),
    "add_code": (_("Add a code"), _("Code added")),
    "make_codes": (_("Make codes"), _("Codes made")),
    "stop_code": (_("Stop a code"), _("Code stopped")),
}


@hooks.register("register_log_actions")
def register_log_actions(actions: Any) -> None:
    for name, (label, message) in ACTIONS.items():
        actions.register_action(f"wagtail_marketing.discount.{name}", label, message)
