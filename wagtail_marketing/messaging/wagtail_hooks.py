"""Registration of the screens."""

from wagtail_marketing.admin import registry
from wagtail_marketing.contacts.registry import ProfileBlock, profile_blocks

from .admin.profile import messages_block
from .admin.viewsets import EmailTemplateViewSet, SendViewSet
from .choosers import product_chooser

registry.register_viewset(EmailTemplateViewSet, order=registry.EMAILS)
registry.register_viewset(SendViewSet)
registry.register_viewset(product_chooser)
profile_blocks.register("messages", ProfileBlock(50, messages_block, permission="wagtail_marketing_messaging.view_send"))
