"""For the shop's own customers and orders in wagtail-modeladmin: a way to the person's marketing profile.

::

    class CustomerAdmin(MarketingModelAdminMixin, ModelAdmin):
        model = Customer
        marketing_key = "key"               # the field that the adapter calls the customer's key

    class OrderAdmin(MarketingModelAdminMixin, ModelAdmin):
        model = Order
        marketing_key = "customer__key"
        marketing_columns = ()              # the button only

Both the button and the columns are there only for who may see contacts.
"""

from typing import Any

from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_marketing.admin.permissions import may
from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core.money import format_money

VIEW = "wagtail_marketing_contacts.view_contact"


class MarketingButtons:
    """Before a ``ButtonHelper``: one button more, where the row has a contact."""

    def get_buttons_for_obj(self, obj: Any, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        buttons = super().get_buttons_for_obj(obj, *args, **kwargs)  # type: ignore[misc]
        contact = self.marketing_admin.marketing_contact_id(obj)  # type: ignore[attr-defined]
        if contact and may(self.request.user, VIEW):  # type: ignore[attr-defined]
            buttons.append(
                {
                    "url": reverse("marketing_contacts:inspect", args=[contact]),
                    "label": _("Marketing profile"),
                    "classname": self.finalise_classname(["button-small", "button-secondary"]),  # type: ignore[attr-defined]
                    "title": _("Marketing profile of %(row)s") % {"row": obj},
                }
            )
        return buttons


class MarketingModelAdminMixin:
    """Before ``ModelAdmin``: the button "Marketing profile" and columns of what the person bought."""

    #: Path from the row to the customer's key, as the adapter maps it.
    marketing_key = "pk"
    marketing_columns: tuple[str, ...] = ("marketing_orders", "marketing_value")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        contacts = Contact.objects.filter(external_key=Cast(OuterRef(self.marketing_key), CharField()))
        return (
            super()  # type: ignore[misc]
            .get_queryset(request)
            .annotate(
                wm_contact=Subquery(contacts.values("pk")[:1]),
                wm_orders=Subquery(contacts.values("totals__order_count")[:1]),
                wm_value=Subquery(contacts.values("totals__total_base")[:1]),
            )
        )

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)  # type: ignore[misc]
        return (*shown, *self.marketing_columns) if may(request.user, VIEW) else shown

    def get_button_helper_class(self) -> type:
        base = super().get_button_helper_class()  # type: ignore[misc]
        return type(f"Marketing{base.__name__}", (MarketingButtons, base), {"marketing_admin": self})

    def marketing_contact_id(self, obj: Any) -> int | None:
        """The contact of a row: from the list's annotation, else by the key."""
        if hasattr(obj, "wm_contact"):
            return obj.wm_contact
        key = obj
        for part in self.marketing_key.split("__"):
            key = getattr(key, part, None)
        if key in (None, ""):
            return None
        return Contact.objects.filter(external_key=str(key)).values_list("pk", flat=True).first()

    def marketing_orders(self, obj: Any) -> str:
        return localize(obj.wm_orders or 0)

    marketing_orders.short_description = gettext_lazy("Orders")  # type: ignore[attr-defined]
    marketing_orders.admin_order_field = "wm_orders"  # type: ignore[attr-defined]

    def marketing_value(self, obj: Any) -> str:
        return format_money(obj.wm_value or 0, settings.currency)

    marketing_value.short_description = gettext_lazy("Lifetime value")  # type: ignore[attr-defined]
    marketing_value.admin_order_field = "wm_value"  # type: ignore[attr-defined]
