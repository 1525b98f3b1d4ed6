"""Registration of the screens."""

from wagtail_marketing.admin import registry

from .admin.viewsets import EmailTemplateViewSet, SendViewSet
from .choosers import product_chooser

registry.register_viewset(EmailTemplateViewSet, order=registry.EMAILS)
registry.register_viewset(SendViewSet)
registry.register_viewset(product_chooser)
