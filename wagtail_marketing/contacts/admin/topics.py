"""Topics: what people can agree to hear about, in every language of the site."""

from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.contrib import messages as django_messages
from django.db.models import Count, ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn, Column, TitleColumn
from wagtail.admin.views import generic

from wagtail_marketing.admin.columns import NumberColumn
from wagtail_marketing.admin.viewsets import MarketingIndexView, MarketingModelViewSet
from wagtail_marketing.contacts.models import ConsentChoice, Topic

VIEW = "wagtail_marketing_contacts.view_topic"


def language_select() -> forms.Select:
    return forms.Select(choices=[("", "—"), *django_settings.LANGUAGES])


class TopicIndexView(MarketingIndexView):
    def get_base_queryset(self) -> "QuerySet[Topic]":
        # Few rows, and the index of standings answers: one statement for the page.
        left = Count("consentstate", filter=_state(ConsentChoice.UNSUBSCRIBED))
        return Topic.objects.select_related("site").annotate(
            wm_on=Count("consentstate", filter=_state(ConsentChoice.SUBSCRIBED)), wm_off=left
        )


def _state(state: str) -> Any:
    from django.db.models import Q

    return Q(consentstate__state=state)


class TopicDeleteView(generic.DeleteView):
    """A topic that the ledger names stays: it is taken out of use instead."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except ProtectedError:
            why = _("“%(topic)s” stands in the consent ledger or in an e-mail.") % {"topic": self.object.name}
            remedy = _("Take it out of use instead: untick “in use”.")
            django_messages.error(request, f"{why} {remedy}")
            return redirect("marketing_topics:edit", self.object.pk)


class TopicViewSet(MarketingModelViewSet):
    model = Topic
    slug = "topics"
    menu_label = gettext_lazy("Topics")
    icon = "tag"
    ordering = ("name", "pk")
    search_fields = ["name", "slug"]
    search_backend_name = None
    index_view_class = TopicIndexView
    delete_view_class = TopicDeleteView
    parent_breadcrumbs = (
        {"url": reverse_lazy("marketing_settings:index"), "label": gettext_lazy("Marketing settings")},
    )
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            FieldPanel("slug"),
            FieldPanel("description"),
            FieldPanel("site"),
            MultiFieldPanel(
                [FieldPanel("is_active"), FieldPanel("is_public"), FieldPanel("double_opt_in")],
                heading=gettext_lazy("Who can sign up, and how"),
            ),
            InlinePanel(
                "texts",
                heading=gettext_lazy("In other languages"),
                label=gettext_lazy("Translation"),
                panels=[
                    FieldPanel("language", widget=language_select()),
                    FieldPanel("name"),
                    FieldPanel("description"),
                ],
            ),
        ]
    )
    list_display = [
        TitleColumn("name", label=gettext_lazy("Name"), url_name="marketing_topics:edit", sort_key="name"),
        Column("site", label=gettext_lazy("Site"), accessor=lambda topic: topic.site or _("all")),
        BooleanColumn("is_active", label=gettext_lazy("In use")),
        BooleanColumn("is_public", label=gettext_lazy("Shown to people")),
        BooleanColumn("double_opt_in", label=gettext_lazy("Confirmed by message")),
        NumberColumn("wm_on", label=gettext_lazy("Chose it")),
        NumberColumn("wm_off", label=gettext_lazy("Left it")),
    ]
