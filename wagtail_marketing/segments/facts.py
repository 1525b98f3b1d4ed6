"""What discounts may ask: in which of these segments is the shopper, right now?"""

from collections.abc import Iterable
from datetime import datetime

from wagtail_marketing.contacts.models import Contact

from .errors import InvalidRules
from .models import Segment
from .selectors import is_in


def choices() -> list[tuple[str, str]]:
    """The segments that staff may name in a discount: published ones, by name."""
    return [
        (str(pk), name) for pk, name in Segment.objects.filter(live=True).order_by("name").values_list("pk", "name")
    ]


def segments_of(contact: Contact, wanted: frozenset[str], now: datetime) -> Iterable[str]:
    """Those of ``wanted`` (ids as text) that hold the contact, by their published rules.

    What is no id, no segment or no longer readable does not hold: a checkout never fails by it.
    """
    for key in sorted(wanted):
        if not key.isdecimal() or len(key) > 18:
            continue
        try:
            inside = is_in(int(key), contact, now=now)
        except InvalidRules:
            continue
        if inside:
            yield key
