from wagtail_marketing.admin import registry

from .admin.viewsets import SegmentViewSet

registry.register_viewset(SegmentViewSet, order=registry.SEGMENTS)
