"""Dashboard and reports under the Marketing menu."""

from typing import Any

from django.urls import path
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.admin.viewsets import MarketingViewSet

from .dashboard import DashboardView, ReportsView
from .figures import REPORT
from .lists import CampaignPeopleView, CreditedOrdersView, PeriodMessagesView, PeriodOrdersView
from .rfm import ComputeView, MakeSegmentView, RfmView


class DashboardViewSet(MarketingViewSet):
    slug = "dashboard"
    menu_label = _("Dashboard")
    icon = "wm-dashboard"
    marketing_permission = REPORT

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", self.view(DashboardView), name="index"),
            path("orders/", self.view(PeriodOrdersView), name="orders"),
            path("messages/", self.view(PeriodMessagesView), name="messages"),
        ]


class ReportsViewSet(MarketingViewSet):
    slug = "reports"
    menu_label = _("Reports")
    icon = "wm-reports"
    marketing_permission = REPORT

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", self.view(ReportsView), name="index"),
            path("rfm/", self.view(RfmView), name="rfm"),
            path("rfm/compute/", self.view(ComputeView), name="rfm_compute"),
            path("rfm/segment/", self.view(MakeSegmentView), name="rfm_segment"),
            path("campaigns/<int:pk>/orders/", self.view(CreditedOrdersView), name="orders"),
            path("campaigns/<int:pk>/people/", self.view(CampaignPeopleView), name="people"),
        ]
