from wagtail import hooks

from wagtail_marketing.admin import registry
from wagtail_marketing.contacts.registry import list_actions, profile_blocks, profile_facts

from .admin.bulk import ACTIONS
from .admin.contact_page import BLOCK, FACT
from .admin.lists import AUDIENCE_ACTION
from .admin.viewsets import SegmentViewSet

profile_facts.register("segments", FACT)
profile_blocks.register("segments", BLOCK)
registry.register_viewset(SegmentViewSet, order=registry.SEGMENTS)
list_actions.register("segments", AUDIENCE_ACTION)

for action in ACTIONS:
    # After Wagtail's own, in whose place the one that deletes stands.
    hooks.register("register_bulk_action", action, order=100)


@hooks.register("register_log_actions")
def name_our_actions(actions) -> None:
    """What the history of a segment says."""
    from django.utils.translation import gettext_lazy as _

    actions.register_action("wagtail_marketing.activate_segment", _("Activate"), _("Activated"))
    actions.register_action("wagtail_marketing.deactivate_segment", _("Deactivate"), _("Deactivated"))
