"""E-mails and sends under the Marketing menu."""

from typing import Any

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.admin.ui.tables import LiveStatusTagColumn, TitleColumn
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.snippets.views.snippets import EditView, WorkflowPreviewView

from wagtail_marketing.admin.columns import LocalTimeColumn, NumberColumn, StatusColumn
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.viewsets import (
    MarketingIndexView,
    MarketingModelViewSet,
    MarketingSnippetIndexView,
    MarketingSnippetViewSet,
)
from wagtail_marketing.messaging.models import EmailTemplate, MessageClass, Send, SendState

from .forms import EmailTemplateForm
from .send_views import TONES, RecipientsView, SendView
from .step_views import CancelView, PauseView, ResumeView
from .template_views import ADD, PEOPLE, TEST, VIEW, FrameView, PreviewView, StarterView, TestSendView


class EmailTemplateIndexView(MarketingSnippetIndexView):
    @cached_property
    def header_more_buttons(self) -> list[Any]:
        buttons = list(super().header_more_buttons)
        if may(self.request.user, ADD):
            buttons.append(
                Button(
                    _now("New from a starter"), url=reverse("marketing_emails:starter"), icon_name="copy", priority=5
                )
            )
        if may(self.request.user, "wagtail_marketing_messaging.view_send"):
            buttons.append(Button(_now("Sends"), url=reverse("marketing_sends:index"), icon_name="mail", priority=6))
        return buttons


class EmailTemplateEditView(EditView):
    @property
    def header_buttons(self) -> list[Any]:
        buttons = list(super().header_buttons)
        pk = self.object.pk
        if may(self.request.user, (VIEW, PEOPLE)):
            buttons.append(
                HeaderButton(
                    _now("Preview as a contact"),
                    url=reverse("marketing_emails:preview_as", args=[pk]),
                    icon_name="view",
                )
            )
        if may(self.request.user, TEST):
            buttons.append(
                HeaderButton(_now("Send a test"), url=reverse("marketing_emails:test", args=[pk]), icon_name="mail")
            )
        return buttons


class EmailTemplateWorkflowPreviewView(WorkflowPreviewView):
    def http_method_not_allowed(self, *args: Any, **kwargs: Any) -> Any:
        # Wagtail asks for the task's permission in GET only: another method must say no more to a stranger.
        raise PermissionDenied


class EmailTemplateFilterSet(WagtailFilterSet):
    message_class = django_filters.ChoiceFilter(label=_("Kind"), choices=MessageClass.choices)
    live = django_filters.BooleanFilter(label=_("Published"))

    class Meta:
        model = EmailTemplate
        fields: list[str] = []


class EmailTemplateViewSet(MarketingSnippetViewSet):
    model = EmailTemplate
    slug = "emails"
    menu_label = _("E-mails")
    icon = "wm-emails"
    index_view_class = EmailTemplateIndexView
    edit_view_class = EmailTemplateEditView
    workflow_preview_view_class = EmailTemplateWorkflowPreviewView
    filterset_class = EmailTemplateFilterSet
    list_display = [
        "name",
        "subject",
        LocalTimeColumn("updated_at", label=_("Last change"), sort_key="updated_at"),
        LiveStatusTagColumn(),
    ]
    search_fields = ["name", "subject"]
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("name"),
                    FieldPanel("subject"),
                    FieldPanel("preheader"),
                    FieldPanel("body"),
                ],
                heading=_("Content"),
            ),
            ObjectList(
                [
                    MultiFieldPanel(
                        [
                            FieldPanel("message_class"),
                            FieldPanel("topic"),
                            FieldPanel("site"),
                            FieldPanel("purpose"),
                        ],
                        heading=_("Who and why"),
                    )
                ],
                heading=_("Settings"),
            ),
        ],
        base_form_class=EmailTemplateForm,
    )

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("starter/", StarterView.as_view(), name="starter"),
            path("<int:pk>/preview-as/", PreviewView.as_view(), name="preview_as"),
            path("<int:pk>/frame/", FrameView.as_view(), name="frame"),
            path("<int:pk>/test/", TestSendView.as_view(), name="test"),
        ]


class SendFilterSet(WagtailFilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=SendState.choices)

    class Meta:
        model = Send
        fields: list[str] = []


class SendIndexView(MarketingIndexView):
    def get_base_queryset(self) -> "QuerySet[Send]":
        # The frozen content is large and no list needs it.
        return Send.objects.defer("content").order_by("-pk")


class SendViewSet(MarketingModelViewSet):
    """Every run of every message; made by campaigns, not by hand."""

    model = Send
    slug = "sends"
    icon = "mail"
    read_only = True
    form_fields = ["name"]  # Wagtail asks for it although nothing can be edited
    index_view_class = SendIndexView
    filterset_class = SendFilterSet
    search_fields = ["name", "source_ref"]

    @cached_property
    def list_display(self) -> list[Any]:
        return [
            TitleColumn("name", label=_("Name"), url_name=self.get_url_name("inspect")),
            StatusColumn("state", label=_("State"), tones=TONES),
            NumberColumn("audience_count", label=_("People")),
            LocalTimeColumn("launched_at", label=_("Started"), sort_key="launched_at"),
            LocalTimeColumn("finished_at", label=_("Finished"), sort_key="finished_at"),
        ]

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("<int:pk>/", SendView.as_view(), name="inspect"),
            path("<int:pk>/recipients/", RecipientsView.as_view(), name="recipients"),
            path("<int:pk>/pause/", PauseView.as_view(), name="pause"),
            path("<int:pk>/resume/", ResumeView.as_view(), name="resume"),
            path("<int:pk>/cancel/", CancelView.as_view(), name="cancel"),
        ]
