"""Writes of segments: the admin, the API and the tasks all call these."""

from .activation import activate_segment, deactivate_segment
from .editing import check_rules, clone_segment, create_segment, delete_segment, freeze_version, update_segment
from .pins import pin_contact, unpin_contact
from .reach import count_reach
from .refresh import refresh_segment

__all__ = [
    "activate_segment",
    "check_rules",
    "clone_segment",
    "count_reach",
    "create_segment",
    "deactivate_segment",
    "delete_segment",
    "freeze_version",
    "pin_contact",
    "refresh_segment",
    "unpin_contact",
    "update_segment",
]
