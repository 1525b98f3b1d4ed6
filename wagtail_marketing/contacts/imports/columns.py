"""A column of a file as a field of the engine, and what one row came to."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from import_export.fields import Field

from wagtail_marketing.contacts.models import Contact

from . import values
from .plan import Plan
from .targets import ATTRIBUTE, CONSENT, SUPPRESSED

#: What became of a row, beside what it says of consent.
NEW, UPDATED, UNCHANGED, SKIPPED, REPEATED = "new", "updated", "unchanged", "skipped", "repeated"


@dataclass(slots=True)
class Outcome:
    """One row that was taken: whom it is about and what it says beside the person's fields."""

    number: int
    contact: Contact
    what: str
    tags: list[str] = field(default_factory=list)
    #: channel -> (state, when)
    said: dict[str, tuple[str, datetime | None]] = field(default_factory=dict)
    #: channel -> reason never to write
    suppressed: dict[str, str] = field(default_factory=dict)
    skipped: bool = False
    kept_address: bool = False


def widget_of(key: str, plan: Plan) -> Any:
    """The reader of the cells of one target."""
    if key.startswith(ATTRIBUTE):
        return values.Attribute(plan.types.get(key.removeprefix(ATTRIBUTE), "text"), plan.date_order)
    if key.startswith(SUPPRESSED):
        return values.Reason()
    if key.startswith(CONSENT) or key == "created_at":
        is_state = key.startswith(CONSENT) and not key.endswith(".at")
        return values.Standing() if is_state else values.Moment(plan.date_order, plan.utc)
    simple = {
        "email": values.Email,
        "phone": values.Phone,
        "uuid": values.Uuid,
        "country": values.Country,
        "time_zone": values.TimeZone,
        "tags": values.Tags,
        "name": values.Name,
    }
    if key in simple:
        return simple[key]()
    return values.Day(plan.date_order) if key == "birthday" else values.Text(key)


def same(stored: Any, value: Any) -> bool:
    """Whether an attribute says the same: what the shop sent as text may come back from a file as a number."""
    if stored == value:
        return type(stored) is type(value) or not isinstance(stored, bool) and not isinstance(value, bool)
    try:
        return not isinstance(stored, bool) and Decimal(str(stored)) == Decimal(str(value))
    except InvalidOperation:
        return False


class Column(Field):
    """One column of the file: the engine's field, and where its value goes."""

    def __init__(self, key: str, column_name: str, widget: Any):
        super().__init__(attribute=column_name, column_name=column_name, widget=widget)
        self.key = key
