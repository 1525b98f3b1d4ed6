"""Addresses with which somebody left a channel: what is only reported never brings them back."""

from collections.abc import Collection
from datetime import datetime

from wagtail_marketing.contacts.models import ConsentChoice, ConsentState, LeftAddress


def left_hashes(channel: str, hashes: Collection[str]) -> set[str]:
    """Those of ``hashes`` with which somebody left the whole channel: a contact of now, or one merged since."""
    wanted = set(hashes) - {""}
    if not wanted:
        return set()
    asked = {"channel": channel, "address_hash__in": wanted}
    now = ConsentState.objects.filter(topic__isnull=True, state=ConsentChoice.UNSUBSCRIBED, **asked)
    merged = LeftAddress.objects.filter(**asked)
    return set(now.values_list("address_hash", flat=True).union(merged.values_list("address_hash", flat=True)))


def remember(channel: str, digest: str, left_at: datetime) -> LeftAddress | None:
    """Somebody left with this address, and no contact has it; the row where it is new."""
    if not digest:
        return None
    row, made = LeftAddress.objects.get_or_create(channel=channel, address_hash=digest, defaults={"left_at": left_at})
    return row if made else None


def came_back(channel: str, digest: str) -> None:
    """The person's own yes: the address is no longer one that was left with."""
    LeftAddress.objects.filter(channel=channel, address_hash=digest).delete()
