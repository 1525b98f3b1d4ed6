"""A panel on Wagtail's home page, shown to who may see what it says.

::

    # wagtail_marketing/insights/wagtail_hooks.py
    from wagtail_marketing.admin.home import register_home_panel

    register_home_panel(
        lambda request: Section(title=_("Marketing"), components=[StatGrid(...)]),
        permission="wagtail_marketing_campaigns.view_report",
    )
"""

from collections.abc import Callable
from typing import Any

from wagtail import hooks

from .components import KitComponent
from .permissions import as_tuple, may


class HomePanel:
    """Wagtail sorts panels by ``order`` (its own stand at 100 to 300) and renders them as components."""

    def __init__(self, component: KitComponent, order: int):
        self.component = component
        self.order = order
        self.media = component.media

    def render_html(self, parent_context: Any = None) -> str:
        return self.component.render_html(parent_context)


def register_home_panel(
    build: Callable[[Any], KitComponent | None], *, permission: str | tuple[str, ...], order: int = 150
) -> None:
    """Add what ``build(request)`` returns to the home page of who holds ``permission``; ``None`` adds nothing.

    Without permission ``build`` is not called, so that it costs and tells nothing.
    """
    needed = as_tuple(permission, owner="A home page panel")

    def construct(request: Any, panels: list[Any]) -> None:
        if may(request.user, needed) and (component := build(request)) is not None:
            panels.append(HomePanel(component, order))

    hooks.register("construct_homepage_panels", construct)
