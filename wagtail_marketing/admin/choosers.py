"""Choosers that show their objects only to who may see them.

::

    class ProductChooserViewSet(MarketingChooserViewSet):
        model = Product
        choose_one_text = _("Choose a product")

    product_chooser = ProductChooserViewSet("marketing_choose_product", url_prefix="marketing/choose-product")
    # wagtail_hooks.py: registry.register_viewset(product_chooser)
"""

from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.snippets.views.chooser import SnippetChooserViewSet

from .guards import GuardedViewsMixin


class MarketingChooserViewSet(GuardedViewsMixin, ChooserViewSet):
    """``ChooserViewSet`` for who holds any permission on the model."""


class MarketingSnippetChooserViewSet(GuardedViewsMixin, SnippetChooserViewSet):
    """The same for snippets; ``MarketingSnippetViewSet`` uses it."""
