from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DiscountsConfig(AppConfig):
    name = "wagtail_marketing.discounts"
    label = "wagtail_marketing_discounts"
    verbose_name = _("Marketing: discounts")
    default_auto_field = "django.db.models.BigAutoField"
    #: Apps that this one cannot work without; the root app's system check reads it.
    requires = ("wagtail_marketing.contacts", "wagtail_marketing.commerce")

    def ready(self) -> None:
        from wagtail_marketing.api import registry as api

        from . import exporters, subscribers

        subscribers.register()
        exporters.register()
        api.register_scope("discounts:read", _("Read discounts and price a cart"))
        api.register("discounts", "wagtail_marketing.discounts.api.DiscountViewSet", basename="discount")
