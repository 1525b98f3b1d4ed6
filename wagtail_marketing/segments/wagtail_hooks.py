from wagtail_marketing.admin import registry
from wagtail_marketing.contacts.registry import list_actions

from .admin.lists import AUDIENCE_ACTION
from .admin.viewsets import SegmentViewSet

registry.register_viewset(SegmentViewSet, order=registry.SEGMENTS)
list_actions.register("segments", AUDIENCE_ACTION)
