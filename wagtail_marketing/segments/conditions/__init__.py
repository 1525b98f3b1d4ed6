"""The kinds of condition that this room brings."""

from django.apps import apps

from wagtail_marketing.segments.registry import conditions

from . import suggest
from .activity import ActivityCondition
from .consent import ConsentCondition
from .contact import ContactCondition
from .orders import OrdersCondition
from .sample import SampleCondition
from .segment import SegmentCondition
from .static_list import ListCondition

KINDS = (
    ContactCondition(),
    OrdersCondition(),
    ActivityCondition(),
    ConsentCondition(),
    SegmentCondition(),
    ListCondition(),
    SampleCondition(),
)


def register() -> None:
    """Called by ``AppConfig.ready``."""
    for kind in KINDS:
        conditions.register(kind.key, kind)
    if apps.is_installed("wagtail_marketing.discounts"):
        from .discount import DiscountCondition

        conditions.get(DiscountCondition.key) or conditions.register(DiscountCondition.key, DiscountCondition())
    suggest.register()
