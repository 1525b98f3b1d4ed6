"""Contacts in the Marketing menu."""

from wagtail_marketing.admin import registry

from .admin.profile import channels_block, details_block, tags_block
from .admin.viewsets import ContactViewSet
from .registry import ProfileBlock, profile_blocks

registry.register_viewset(ContactViewSet, order=registry.CONTACTS)
profile_blocks.register("channels", ProfileBlock(20, channels_block))
profile_blocks.register("tags", ProfileBlock(30, tags_block))
profile_blocks.register("details", ProfileBlock(90, details_block))
