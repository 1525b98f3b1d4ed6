"""The list of addresses that must not be written to, kept by hash."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.models import Contact, Suppression, SuppressionReason
from wagtail_marketing.contacts.registry import channel_address
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.identity import address_hash

from . import locks

#: Addresses that one statement takes.
BATCH = 1000


@transaction.atomic
def suppress(*, channel: str, address: str, reason: str, at: datetime | None = None) -> Suppression | None:
    """Never write to ``address`` again on ``channel``; None where it is no address.

    The first reason stays. Kept by hash, so that it outlives the contact and its erasure. Everybody with the
    address is locked first: a message whose last look came before is on its way, a later one sees this.
    Raises ``InvalidInput``.
    """
    _check(reason)
    digest = address_hash(channel_address(channel).normalise(address))
    if not digest:
        return None
    _lock(channel, [digest])
    row, _created = Suppression.objects.get_or_create(
        channel=channel, address_hash=digest, defaults={"reason": reason, "created_at": at or clock.now()}
    )
    return row


def suppress_many(
    *,
    channel: str,
    addresses: Iterable[str] | Mapping[str, datetime] = (),
    hashes: Iterable[str] | Mapping[str, datetime] = (),
    reason: str,
    created_at: datetime | None = None,
) -> int:
    """``suppress`` for many addresses, or hashes of them (``core.identity.address_hash``); returns how many are new.

    A mapping says of each since when; else ``created_at`` does. What is no address is passed over. Each
    ``BATCH`` is a few statements and a transaction of its own (unless the caller has one open), so that a file
    of a million neither fills the memory nor holds up a send. Raises ``InvalidInput``.
    """
    _check(reason)
    normalise = channel_address(channel).normalise
    now = created_at or clock.now()

    def since(of: Iterable[str] | Mapping[str, datetime], key: str) -> datetime:
        return of[key] if isinstance(of, Mapping) else now

    def wanted() -> Iterable[tuple[str, datetime]]:
        for address in addresses:
            if digest := address_hash(normalise(address)):
                yield digest, since(addresses, address)
        for digest in hashes:
            if digest:
                yield digest, since(hashes, digest)

    source, new = iter(wanted()), 0
    while batch := list(islice(source, BATCH)):
        found = {}
        for digest, moment in batch:
            found.setdefault(digest, moment)
        new += _add(channel, found, reason)
    return new


def lift_suppression(*, suppression: Suppression) -> None:
    """Take an address off the list: it may be written to again where its owner agreed. Consent stays as it is."""
    Suppression.objects.filter(pk=suppression.pk).delete()


@transaction.atomic
def _add(channel: str, since: Mapping[str, datetime], reason: str) -> int:
    _lock(channel, list(since))
    known = set(
        Suppression.objects.filter(channel=channel, address_hash__in=list(since)).values_list("address_hash", flat=True)
    )
    fresh = [
        Suppression(channel=channel, address_hash=digest, reason=reason, created_at=moment)
        for digest, moment in sorted(since.items())
        if digest not in known
    ]
    Suppression.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def _lock(channel: str, hashes: list[str]) -> None:
    field = channel_address(channel).hash_field
    locks.for_update(Contact.objects.only("pk").filter(**{f"{field}__in": hashes}))


def _check(reason: str) -> None:
    if reason not in SuppressionReason.values:
        raise InvalidInput(_("“%(reason)s” is not a reason.") % {"reason": reason}, field="reason")
