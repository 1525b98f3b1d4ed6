"""The sandbox's addresses and one page with every component of the kit."""

from datetime import UTC, datetime, timedelta

from config.urls import urlpatterns as sandbox
from django.urls import path

from wagtail_marketing.admin.components import (
    Change,
    Chart,
    Checklist,
    CheckRow,
    DataTable,
    EmptyState,
    ProgressBar,
    Section,
    Series,
    StatCard,
    StatGrid,
    StatusBadge,
    Timeline,
    TimelineItem,
)
from wagtail_marketing.admin.views import ConfirmView, MarketingTemplateView

HOSTILE = "<img src=x onerror=alert(1)>\"'"
WHEN = datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


class GalleryView(MarketingTemplateView):
    marketing_permission = "wagtailadmin.access_admin"
    page_title = "Gallery"

    def get_components(self):
        days = [f"{day} March" for day in range(1, 13)]
        return [
            StatGrid(
                [
                    StatCard(
                        "Revenue", "$12,480.20", Change(12.5, versus="to last month"), "Net of refunds.", "/admin/"
                    ),
                    StatCard("Unsubscribed", "14", Change(-8, good_when="down"), note="of 398"),
                    StatCard("Orders", "87", Change(-3.25)),
                    StatCard(HOSTILE, HOSTILE, Change(None), HOSTILE),
                ],
                label="Figures",
            ),
            Chart(
                "Revenue by day",
                days,
                [
                    Series("Attributed", [day * 10 for day in range(12)], [f"${day * 10}.00" for day in range(12)]),
                    Series(HOSTILE, [day * 4 for day in range(12)]),
                ],
                label_heading="Day",
            ),
            Chart("Orders by channel", ["E-mail", "SMS"], [Series("Orders", [0, 0])], kind="bar", key="empty"),
            Section(
                "Badges",
                [
                    StatusBadge(tone, tone.title(), tone)
                    for tone in ("neutral", "info", "positive", "warning", "critical")
                ],
            ),
            Checklist(
                [
                    CheckRow("ok", "Audience", "398 of 412 can be reached"),
                    CheckRow("warn", "Subject", "is longer than 60 characters", "#subject"),
                    CheckRow("block", HOSTILE, "is missing", "#sender", "Choose a sender"),
                ],
                label="Before it goes out",
            ),
            ProgressBar(120, 400, "Importing"),
            ProgressBar(7, None, "Counting"),
            Timeline(
                [
                    TimelineItem(WHEN, "Order 1001", "$30.00", icon="tag", url="/admin/"),
                    TimelineItem(WHEN - timedelta(hours=1), HOSTILE, HOSTILE, icon="mail"),
                    TimelineItem(WHEN - timedelta(days=1), "Signed up", icon="user"),
                ]
            ),
            DataTable(["Name", "Orders"], [["Ann", 3], [HOSTILE, 12]], "People", numeric=(1,)),
            EmptyState("No campaigns yet", "A campaign brings a message to people.", "Add a campaign", "/admin/"),
        ]


class GalleryConfirmView(ConfirmView):
    marketing_permission = "wagtailadmin.access_admin"
    page_title = "Launch"
    question = "Send this campaign to 398 people now?"
    details = ("11 have unsubscribed and are left out.", HOSTILE)
    irreversible = True
    confirm_label = "Send to 398 people"
    typed_confirmation = "398"
    success_message = "It is on its way."

    def perform(self):
        return None

    def get_success_url(self):
        return "/admin/"


urlpatterns = [
    path("admin/gallery/", GalleryView.as_view()),
    path("admin/gallery/confirm/", GalleryConfirmView.as_view()),
    *sandbox,
]
