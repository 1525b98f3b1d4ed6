"""The plugs of the admin: what stands in the Marketing menu, and on its Settings page.

A capability fills them in its own ``wagtail_hooks.py``; the root app's ``wagtail_hooks`` imports those of
every installed capability first and then builds the one menu group, so order of apps does not matter::

    # wagtail_marketing/segments/wagtail_hooks.py
    from wagtail_marketing.admin import registry
    from .admin.viewsets import SegmentViewSet

    registry.register_viewset(SegmentViewSet, order=registry.SEGMENTS)       # in the menu
    registry.register_viewset(MembershipViewSet)                              # URLs only, no menu entry
    registry.register_settings_page(
        "tokens", label=_("API tokens"), description=_("Programs that may read and write."),
        url_name="wagtail_marketing_tokens:index", permission="wagtail_marketing_api.view_apitoken",
    )

Another package (an integration, the site itself) registers in its ``AppConfig.ready``.
"""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from wagtail_marketing.core.registry import Registry

#: Places in the Marketing menu; a new entry takes a number between two of them.
DASHBOARD = 100
CAMPAIGNS = 200
EMAILS = 300
SEGMENTS = 400
CONTACTS = 500
DISCOUNTS = 600
REPORTS = 700
SETTINGS = 900


@dataclass(frozen=True)
class Entry:
    """A viewset (class or instance) and its place; without one it has URLs but no menu entry."""

    viewset: Any
    order: int | None = None


@dataclass(frozen=True)
class SettingsPage:
    """A card on the Settings page, shown to who holds ``permission``."""

    key: str
    label: str
    description: str
    url_name: str
    permission: str
    icon: str = "cog"
    order: int = 500

    @property
    def url(self) -> str:
        return reverse(self.url_name)


viewsets: Registry[Entry] = Registry("marketing viewsets")
settings_pages: Registry[SettingsPage] = Registry("marketing settings pages")

_built = False


def register_viewset(viewset: Any, *, order: int | None = None) -> None:
    """Put a Wagtail viewset (class or instance; snippet, model or base) under the Marketing menu.

    ``order`` is its place (the constants above); ``None`` gives it URLs without a menu entry. Raises
    ``RuntimeError`` when the menu has been built already: register in ``AppConfig.ready`` then.
    """
    key = f"{viewset.__module__}.{getattr(viewset, '__qualname__', type(viewset).__qualname__)}"
    if key in viewsets:
        return
    if _built:
        raise RuntimeError(f"{key} comes after the Marketing menu was built: register it in AppConfig.ready().")
    viewsets.register(key, Entry(viewset, order))


def register_settings_page(key: str, **options: Any) -> None:
    """Add a card to the Settings page; options are the fields of :class:`SettingsPage`."""
    if key not in settings_pages:
        settings_pages.register(key, SettingsPage(key=key, **options))


def ordered() -> list[Entry]:
    """Every entry, those of the menu first, by place."""
    return sorted(viewsets, key=lambda entry: (entry.order is None, entry.order or 0))


def close() -> list[Entry]:
    """Called once by the root app when it builds the menu."""
    global _built
    _built = True
    return ordered()
