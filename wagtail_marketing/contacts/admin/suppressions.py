"""The addresses that are not written to. We keep hashes: an address is typed to be found, and never stored."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.ui.tables import ButtonsColumnMixin, Column
from wagtail.admin.widgets.button import HeaderButton, ListingButton
from wagtail.log_actions import log

from wagtail_marketing.admin.columns import LocalTimeColumn
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.views import ConfirmView, MarketingTemplateView
from wagtail_marketing.admin.viewsets import MarketingIndexView, MarketingModelViewSet
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import Suppression, SuppressionReason
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.core.identity import address_hash

VIEW = "wagtail_marketing_contacts.view_suppression"
ADD = "wagtail_marketing_contacts.add_suppression"
DELETE = "wagtail_marketing_contacts.delete_suppression"
INDEX = "marketing_suppressions:index"


def hashes_of(typed: str) -> set[str]:
    """The hashes of what somebody typed, read as an address of each channel."""
    return {digest for channel in channels if (digest := address_hash(channel.normalise(typed)))}


class SuppressionForm(forms.Form):
    channel = forms.ChoiceField(label=gettext_lazy("Channel"))
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=254,
        help_text=gettext_lazy("E-mail address or phone number. Only a hash of it is kept."),
    )
    reason = forms.ChoiceField(label=gettext_lazy("Reason"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        channel, reason = self.fields["channel"], self.fields["reason"]
        assert isinstance(channel, forms.ChoiceField)  # noqa: S101  for the type checker
        assert isinstance(reason, forms.ChoiceField)  # noqa: S101
        channel.choices = [(item.channel, item.label) for item in channels]
        # Erased people are put on the list by their erasure.
        reason.choices = [choice for choice in SuppressionReason.choices if choice[0] != SuppressionReason.ERASED]
        reason.initial = SuppressionReason.MANUAL

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        channel, address = cleaned.get("channel"), cleaned.get("address")
        if channel and address and not channels[channel].normalise(address):
            self.add_error(
                "address", _("This is not an address of this channel. A phone number begins with + and code.")
            )
        return cleaned


class RemoveColumn(ButtonsColumnMixin, Column):
    cell_template_name = "wagtail_marketing/admin/api/actions_cell.html"

    def get_buttons(self, instance: Suppression, parent_context: Any) -> list[Any]:
        if not may(getattr(parent_context.get("request"), "user", None), DELETE):
            return []
        return [
            ListingButton(
                _("Take off the list"),
                url=reverse("marketing_suppressions:remove", args=[instance.pk]),
                attrs={"aria-label": _("Take %(hash)s off the list") % {"hash": instance.address_hash[:10]}},
            )
        ]


class SuppressionIndexView(MarketingIndexView):
    default_ordering = "-pk"

    def search_queryset(self, queryset: "QuerySet[Suppression]") -> "QuerySet[Suppression]":
        typed = (self.search_query or "").strip()
        return queryset.filter(address_hash__in=hashes_of(typed)) if typed else queryset

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not may(self.request.user, ADD):
            return []
        return [HeaderButton(_("Add an address"), url=reverse("marketing_suppressions:add_address"), icon_name="plus")]


class AddSuppressionView(MarketingTemplateView):
    template_name = "wagtail_marketing/contacts/admin/suppression_form.html"
    page_title = gettext_lazy("Do not write to an address")
    header_icon = "no-view"
    http_method_names = ["get", "post", "head", "options"]

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [{"url": reverse(INDEX), "label": _("Suppressions")}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", SuppressionForm())
        return super().get_context_data(cancel_url=reverse(INDEX), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = SuppressionForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        row = services.suppress(**form.cleaned_data)
        log(row, "wagtail_marketing.suppress", user=request.user, data={"reason": row.reason} if row else {})
        messages.success(request, _("Nothing is sent to this address any more."))
        return redirect(INDEX)


class LiftSuppressionView(ConfirmView):
    page_title = gettext_lazy("Take an address off the list")
    header_icon = "no-view"
    confirm_label = gettext_lazy("Yes, it may be written to again")
    destructive = True
    success_message = gettext_lazy("The address is off the list.")

    @cached_property
    def suppression(self) -> Suppression:
        return get_object_or_404(Suppression, pk=self.kwargs["pk"])

    def get_parent_breadcrumbs(self) -> list[dict[str, Any]]:
        return [{"url": reverse(INDEX), "label": _("Suppressions")}]

    def get_question(self) -> str:
        return _("Take this address off the list? It is there because: %(reason)s.") % {
            "reason": self.suppression.get_reason_display()
        }

    def get_details(self) -> list[str]:
        return [
            _("Messages reach it again where its owner agreed; this gives no consent."),
            _("Writing to somebody who complained or does not exist harms the delivery of all your mail."),
            _("Do it only when its owner asks for it, and note where they did."),
        ]

    def get_success_url(self) -> str:
        return reverse(INDEX)

    def perform(self) -> None:
        log(
            self.suppression,
            "wagtail_marketing.lift_suppression",
            user=self.request.user,
            data={"reason": self.suppression.reason},
        )
        services.lift_suppression(suppression=self.suppression)


class SuppressionViewSet(MarketingModelViewSet):
    model = Suppression
    slug = "suppressions"
    menu_label = gettext_lazy("Suppressions")
    icon = "no-view"
    read_only = True
    form_fields = ["reason"]  # Wagtail asks for it although nothing can be edited
    index_view_class = SuppressionIndexView
    # What is searched is the hash of what is typed; this only switches the search on.
    search_fields = ["address_hash"]
    list_filter = ["channel", "reason"]
    parent_breadcrumbs = (
        {"url": reverse_lazy("marketing_settings:index"), "label": gettext_lazy("Marketing settings")},
    )
    list_display = [
        Column("hash", label=gettext_lazy("Hash begins with"), accessor=lambda row: row.address_hash[:10]),
        Column("channel", label=gettext_lazy("Channel"), accessor="get_channel_display"),
        Column("reason", label=gettext_lazy("Reason"), accessor="get_reason_display"),
        LocalTimeColumn("created_at", label=gettext_lazy("Since")),
        RemoveColumn("actions", label=gettext_lazy("Actions")),
    ]

    def get_urlpatterns(self) -> list[Any]:
        add = self.construct_view(AddSuppressionView, marketing_permission=ADD)
        return [
            *super().get_urlpatterns(),
            path("add/", add, name="add_address"),
            path(
                "<int:pk>/remove/",
                self.construct_view(LiftSuppressionView, marketing_permission=DELETE),
                name="remove",
            ),
        ]
