"""What discounts may ask: in which of these segments is the shopper, right now?"""

from collections.abc import Iterable
from datetime import datetime

from wagtail_marketing.contacts.models import Contact

from .errors import InvalidRules
from .selectors import is_in


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
