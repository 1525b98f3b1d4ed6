"""Discounts and codes under the Marketing menu."""

from typing import Any

import django_filters
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import BooleanColumn, Column, TitleColumn
from wagtail.admin.widgets.button import Button

from wagtail_marketing.admin.columns import LocalTimeColumn, MoneyColumn, NumberColumn, StatusColumn
from wagtail_marketing.admin.permissions import may
from wagtail_marketing.admin.viewsets import MarketingIndexView, MarketingModelViewSet
from wagtail_marketing.core import clock
from wagtail_marketing.discounts import words
from wagtail_marketing.discounts.models import Code, Discount, Redemption, RedemptionState, Status
from wagtail_marketing.discounts.rules import rules_of

from .forms import DiscountForm
from .run_views import ActivateView, AddCodeView, DeactivateCodeView, EndView, MakeCodesView, PauseView
from .views import (
    TONES,
    DiscountCreateView,
    DiscountDeleteView,
    DiscountEditView,
    DiscountInspectView,
    SummaryView,
)


class DiscountFilterSet(WagtailFilterSet):
    current_status = django_filters.ChoiceFilter(label=_("Status"), choices=Status.choices)
    needs_code = django_filters.BooleanFilter(label=_("Needs a code"))

    class Meta:
        model = Discount
        fields: list[str] = []


class CurrentStatusColumn(StatusColumn):
    def get_value(self, instance: Discount) -> Any:
        instance.get_current_status_display = lambda: Status(instance.current_status).label
        return super().get_value(instance)


class BenefitColumn(Column):
    def get_value(self, instance: Discount) -> str:
        return words.benefit(rules_of(instance))


class DiscountIndexView(MarketingIndexView):
    def get_base_queryset(self) -> "QuerySet[Discount]":
        counted = (
            Redemption.objects.filter(discount=OuterRef("pk"))
            .exclude(state=RedemptionState.REVERSED)
            .order_by()
            .values("discount")
        )
        return (
            Discount.objects.with_status_at(clock.now())
            .annotate(
                redemption_count=Coalesce(
                    Subquery(counted.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), Value(0)
                ),
                given_minor=Coalesce(
                    Subquery(counted.annotate(n=Sum(F("amount_minor") - F("reversed_minor"))).values("n")), Value(0)
                ),
            )
            .order_by("-created_at", "-pk")
        )


class DiscountViewSet(MarketingModelViewSet):
    model = Discount
    slug = "discounts"
    menu_label = _("Discounts")
    icon = "wm-discounts"
    index_view_class = DiscountIndexView
    add_view_class = DiscountCreateView
    edit_view_class = DiscountEditView
    delete_view_class = DiscountDeleteView
    inspect_view_class = DiscountInspectView
    inspect_view_enabled = True
    filterset_class = DiscountFilterSet
    search_fields = ["name", "public_title"]
    list_export = ["name", "status", "starts_at", "ends_at"]
    export_permission = "wagtail_marketing_discounts.view_redemption"

    @cached_property
    def list_display(self) -> list[Any]:
        return [
            TitleColumn("name", label=_("Name"), url_name=self.get_url_name("inspect")),
            BenefitColumn("benefit", label=_("What it gives")),
            CurrentStatusColumn("current_status", label=_("Status"), tones=TONES),
            NumberColumn("redemption_count", label=_("Redeemed")),
            MoneyColumn("given_minor", label=_("Given")),
            LocalTimeColumn("ends_at", label=_("Ends"), sort_key="ends_at"),
        ]

    def get_form_class(self, for_update: bool = False) -> type[DiscountForm]:
        return DiscountForm

    def get_urlpatterns(self) -> list[Any]:
        change = "wagtail_marketing_discounts.change_discount"
        activate = "wagtail_marketing_discounts.activate_discount"
        own = [
            ("summary/", SummaryView, "summary", "wagtail_marketing_discounts.view_discount"),
            ("<int:pk>/activate/", ActivateView, "activate", activate),
            ("<int:pk>/pause/", PauseView, "pause", activate),
            ("<int:pk>/end/", EndView, "end", activate),
            ("<int:pk>/codes/add/", AddCodeView, "add_code", change),
            ("<int:pk>/codes/make/", MakeCodesView, "make_codes", change),
            ("codes/<int:pk>/stop/", DeactivateCodeView, "stop_code", change),
        ]
        return [
            *super().get_urlpatterns(),
            *(
                path(route, view.as_view(marketing_permission=permission), name=name)
                for route, view, name, permission in own
            ),
        ]


class CodeFilterSet(WagtailFilterSet):
    active = django_filters.BooleanFilter(label=_("Active"))
    discount = django_filters.ModelChoiceFilter(label=_("Discount"), queryset=Discount.objects.all())

    class Meta:
        model = Code
        fields: list[str] = []


class CodeIndexView(MarketingIndexView):
    def get_base_queryset(self) -> "QuerySet[Code]":
        used = (
            Redemption.objects.filter(code=OuterRef("pk"))
            .exclude(state=RedemptionState.REVERSED)
            .order_by()
            .values("code")
            .annotate(n=Count("pk"))
            .values("n")
        )
        return (
            Code.objects.select_related("discount", "contact")
            .annotate(used=Coalesce(Subquery(used, output_field=IntegerField()), Value(0)))
            .order_by("-pk")
        )

    def get_list_more_buttons(self, instance: Code) -> list[Any]:
        if not instance.active or not may(self.request.user, "wagtail_marketing_discounts.change_discount"):
            return []
        url = reverse("marketing_discounts:stop_code", args=[instance.pk])
        return [Button(gettext("Stop"), url=url, icon_name="cross")]


class CodeViewSet(MarketingModelViewSet):
    """The codes of all discounts: to find one that a customer names, and to export a batch."""

    model = Code
    slug = "codes"
    icon = "wm-discounts"
    read_only = True
    form_fields = ["code"]  # Wagtail asks for it although nothing can be edited
    index_view_class = CodeIndexView
    filterset_class = CodeFilterSet
    search_fields = ["code", "discount__name"]
    list_display = [
        "code",
        Column("discount", label=_("Discount")),
        NumberColumn("used", label=_("Redeemed")),
        BooleanColumn("active", label=_("Active")),
        LocalTimeColumn("expires_at", label=_("Expires"), sort_key="expires_at"),
    ]
    list_export = ["code", "discount", "used", "active", "expires_at"]
    export_permission = "wagtail_marketing_discounts.change_discount"
