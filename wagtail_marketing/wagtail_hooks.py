"""The "Marketing" menu, its icons, and nothing else.

Capabilities fill :mod:`wagtail_marketing.admin.registry` in their own ``wagtail_hooks``; those are
imported here first, so that the order of ``INSTALLED_APPS`` does not matter and a capability that is not
installed is simply not there.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from wagtail_marketing.admin import (
    registry,
    site_settings,  # noqa: F401  registers the Settings entry
)

ICONS = (
    "marketing",
    "dashboard",
    "campaigns",
    "emails",
    "segments",
    "contacts",
    "discounts",
    "reports",
    "settings",
    "jobs",
    "token",
)

for _config in apps.get_app_configs():
    if _config.name.startswith("wagtail_marketing.") and find_spec(f"{_config.name}.wagtail_hooks"):
        import_module(f"{_config.name}.wagtail_hooks")


@hooks.register("register_permissions")
def register_permissions() -> Any:
    """Every permission of ours on the group's form, also those of models without a viewset."""
    return Permission.objects.filter(content_type__app_label__startswith="wagtail_marketing")


LOG_ACTIONS = (
    ("create_token", _("Make API token"), _("API token made")),
    ("revoke_token", _("Revoke API token"), _("API token revoked")),
    ("cancel_job", _("Stop job"), _("Job stopped")),
)


@hooks.register("register_log_actions")
def register_log_actions(actions: Any) -> None:
    for name, label, message in LOG_ACTIONS:
        actions.register_action(f"wagtail_marketing.{name}", label, message)


@hooks.register("register_icons")
def register_icons(icons: list[str]) -> list[str]:
    return [*icons, *(f"wagtail_marketing/icons/wm-{name}.svg" for name in ICONS)]


class MarketingGroup(SnippetViewSetGroup):
    """Every registered viewset under one menu entry; those without a place have URLs only."""

    menu_label = _("Marketing")
    menu_name = "marketing"
    menu_icon = "wm-marketing"
    menu_order = 250

    def __init__(self) -> None:
        self.entries = registry.close()
        self.items = tuple(entry.viewset for entry in self.entries)
        super().__init__()

    def get_submenu_items(self) -> list[Any]:
        items = []
        for entry, viewset in zip(self.entries, self.registerables, strict=True):
            if entry.order is not None:
                item = viewset.get_menu_item(order=entry.order)
                item.order = entry.order
                items.append(item)
        return items


# As a snippet group, so that management commands know the snippet models (Wagtail registers other
# viewsets only when URLs load) and the "Snippets" menu entry vanishes once all have their own.
register_snippet(MarketingGroup)
