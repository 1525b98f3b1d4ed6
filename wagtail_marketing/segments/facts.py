"""What discounts may ask: in which of these segments is the shopper, right now? And what segments ask them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from wagtail_marketing.contacts.models import Contact

from .models import Segment
from .selectors import memberships_of


def choices() -> list[tuple[str, str]]:
    """The segments that staff may name in a discount, by name; one that is deactivated says so."""
    rows = Segment.objects.filter(live=True).order_by("name").values_list("pk", "name", "state__active")
    return [
        (str(pk), _("%(segment)s (deactivated)") % {"segment": name} if active is False else name)
        for pk, name, active in rows
    ]


def segments_of(contact: Contact, wanted: frozenset[str], now: datetime) -> Iterable[str]:
    """Those of ``wanted`` (ids as text) that hold the contact, by their published rules.

    What is no id, no segment or no longer readable does not hold: a checkout never fails by it.
    """
    ids = [int(key) for key in sorted(wanted) if key.isdecimal() and len(key) <= 18]
    for pk, held in memberships_of([contact.pk], ids, now=now).items():
        if held:
            yield str(pk)


def discounts_with(segment_id: int) -> Iterator[str]:
    """The discounts that are not over and have a condition on the segment, as staff wrote them or as they are
    live."""
    from wagtail_marketing.discounts.models import Discount, Status

    rows = Discount.objects.exclude(status=Status.ENDED).order_by("name", "pk")
    for name, conditions, live in rows.values_list("name", "conditions", "live_version__rules").iterator():
        if _names(conditions, str(segment_id)) or _names(live, str(segment_id)):
            yield _("the discount “%(discount)s”") % {"discount": name}


def discount_counts(ids: Sequence[int]) -> Counter[int]:
    """By how many discounts that are not over each of the segments is used."""
    from wagtail_marketing.discounts.models import Discount, Status

    found: Counter[int] = Counter()
    rows = Discount.objects.exclude(status=Status.ENDED).order_by()
    for conditions, live in rows.values_list("conditions", "live_version__rules").iterator():
        found.update(pk for pk in ids if _names(conditions, str(pk)) or _names(live, str(pk)))
    return found


def _names(found: Any, key: str) -> bool:
    if isinstance(found, Mapping):
        if found.get("kind") == "segment" and key in map(str, found.get("any_of") or ()):
            return True
        return any(_names(value, key) for value in found.values())
    return isinstance(found, list) and any(_names(value, key) for value in found)
