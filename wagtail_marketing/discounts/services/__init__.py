"""Writes of this room. The admin, the REST API, tasks and the shop's checkout all come through here."""

from .codes import create_code, deactivate_code, generate_codes, set_limits
from .discounts import activate, create_discount, delete_draft, end, pause, update_discount
from .orders import cancel, refund
from .pricing import commit, quote

__all__ = [
    "activate",
    "cancel",
    "commit",
    "create_code",
    "create_discount",
    "deactivate_code",
    "delete_draft",
    "end",
    "generate_codes",
    "pause",
    "quote",
    "refund",
    "set_limits",
    "update_discount",
]
