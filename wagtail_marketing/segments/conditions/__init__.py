"""The kinds of condition that this room brings."""

from wagtail_marketing.segments.registry import conditions

from .contact import ContactCondition
from .orders import OrdersCondition


def register() -> None:
    """Called by ``AppConfig.ready``."""
    for kind in KINDS:
        conditions.register(kind.key, kind)


KINDS = (ContactCondition(), OrdersCondition())
