"""Contacts in the Marketing menu."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_marketing.admin import registry

from .admin.profile import channels_block, details_block, tags_block
from .admin.viewsets import ContactViewSet
from .registry import ProfileBlock, profile_blocks

registry.register_viewset(ContactViewSet, order=registry.CONTACTS)
profile_blocks.register("channels", ProfileBlock(20, channels_block))
profile_blocks.register("tags", ProfileBlock(30, tags_block))
profile_blocks.register("details", ProfileBlock(90, details_block))

LOG_ACTIONS = (
    ("add", _("Add to list"), _("Contacts put on the list")),
    ("remove", _("Take off list"), _("Contacts taken off the list")),
)


@hooks.register("register_log_actions")
def register_log_actions(actions: Any) -> None:
    for name, label, message in LOG_ACTIONS:
        actions.register_action(f"wagtail_marketing.list.{name}", label, message)
