"""The chooser of products for e-mails: search over the mirror of the shop."""

from functools import cached_property

from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChooserBlock

from wagtail_marketing.admin.choosers import MarketingChooserViewSet
from wagtail_marketing.commerce.models import Product


class ProductChooserViewSet(MarketingChooserViewSet):
    model = Product
    icon = "pick"
    choose_one_text = _("Choose a product")
    choose_another_text = _("Choose another product")
    per_page = 20


product_chooser = ProductChooserViewSet("marketing_choose_product", url_prefix="marketing/choose-product")


class ProductChooserBlock(ChooserBlock):
    """A product of the mirror, by its id."""

    @cached_property
    def target_model(self):
        return Product

    @cached_property
    def widget(self):
        return product_chooser.widget_class()

    class Meta:
        icon = "pick"
        label = _("Product")
