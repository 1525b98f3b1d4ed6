"""The shop's customers and orders in Wagtail's admin, by wagtail-modeladmin."""

from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail_modeladmin.helpers import ButtonHelper, PermissionHelper
from wagtail_modeladmin.options import ModelAdmin, ModelAdminGroup, modeladmin_register

from shop import admin_views
from shop.models import Customer, Order, Product
from wagtail_marketing.integrations.modeladmin import MarketingModelAdminMixin


class ReadOnly(PermissionHelper):
    """What the shop's own pages and services write is only looked at here."""

    def user_can_create(self, user):
        return False

    def user_can_edit_obj(self, user, obj):
        return False

    def user_can_delete_obj(self, user, obj):
        return False


class CustomerAdmin(MarketingModelAdminMixin, ModelAdmin):
    model = Customer
    marketing_key = "key"
    menu_label = gettext_lazy("Customers")
    menu_icon = "user"
    permission_helper_class = ReadOnly
    inspect_view_enabled = True
    list_display = ("__str__", "email", "joined")
    list_filter = ("news_by_email", "age", "income", "home_ownership", "marital_status")
    search_fields = ("key", "email", "first_name", "last_name", "phone")
    list_per_page = 50


class OrderButtons(ButtonHelper):
    def get_buttons_for_obj(self, obj, *args, **kwargs):
        buttons = super().get_buttons_for_obj(obj, *args, **kwargs)
        if admin_views.may_act(self.request.user):
            buttons.append(
                {
                    "url": reverse("shop_order_actions", args=[obj.number]),
                    "label": _("Cancel or refund"),
                    "classname": self.finalise_classname(["button-secondary"]),
                    "title": _("Cancel or refund order %(number)s") % {"number": obj.number},
                }
            )
        return buttons


class OrderAdmin(MarketingModelAdminMixin, ModelAdmin):
    model = Order
    marketing_key = "customer__key"
    marketing_columns = ()
    menu_label = gettext_lazy("Orders")
    menu_icon = "list-ul"
    permission_helper_class = ReadOnly
    button_helper_class = OrderButtons
    inspect_view_enabled = True
    inspect_view_fields_exclude = ["access_key"]
    list_display = ("number", "customer", "channel", "total", "placed_at", "state")
    list_filter = ("channel", "placed_at", "cancelled_at")
    list_select_related = ("customer",)
    search_fields = ("number", "email")
    list_per_page = 50


class ProductAdmin(ModelAdmin):
    model = Product
    menu_label = gettext_lazy("Products")
    menu_icon = "tag"
    permission_helper_class = ReadOnly
    inspect_view_enabled = True
    list_display = ("sku", "name", "brand", "price", "stock", "active")
    list_filter = ("active", "brand")
    search_fields = ("sku", "name")
    list_per_page = 50


@modeladmin_register
class ShopGroup(ModelAdminGroup):
    menu_label = gettext_lazy("Shop")
    menu_icon = "pick"
    menu_order = 150
    items = (OrderAdmin, CustomerAdmin, ProductAdmin)


@hooks.register("register_admin_urls")
def order_actions_url():
    return [path("shop-orders/<slug:number>/", admin_views.order_actions, name="shop_order_actions")]
