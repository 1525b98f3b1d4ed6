"""What insights add to Wagtail's admin: dashboard, reports, and a panel on the home page."""

from typing import Any

from django.urls import reverse
from wagtail import hooks

from wagtail_marketing.admin import registry
from wagtail_marketing.admin.permissions import may

from . import selectors
from .admin import rfm, sections
from .admin.components import HomePanel
from .admin.dashboard import cards
from .admin.figures import REPORT
from .admin.viewsets import DashboardViewSet, ReportsViewSet

registry.register_viewset(DashboardViewSet, order=registry.DASHBOARD)
registry.register_viewset(ReportsViewSet, order=registry.REPORTS)
sections.register()
rfm.register()


@hooks.register("construct_homepage_panels")
def add_home_panel(request: Any, panels: list[Any]) -> None:
    """The figures of the last 30 days, for who may see them."""
    if may(request.user, REPORT):
        board = selectors.dashboard(selectors.last_days(30))
        panels.append(HomePanel(cards(board)[:3], reverse("marketing_dashboard:index")))
