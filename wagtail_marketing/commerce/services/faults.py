"""Changes that a fence held back in the shop's transaction, and their repair by the next sync."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from wagtail_marketing.commerce.models import SyncFault
from wagtail_marketing.contacts.services import mark_deleted
from wagtail_marketing.core import clock
from wagtail_marketing.host.errors import RowError

from .deletions import forget_carts, forget_orders, forget_products

KINDS = {"order": "orders", "cart": "carts", "customer": "customers", "product": "products"}


def note(event: str, ref: str) -> None:
    """Queue ``ref`` for the next sync (registered with ``host.handlers.on_fault``)."""
    SyncFault.objects.get_or_create(event=event, ref=str(ref)[:190], defaults={"recorded_at": clock.now()})


def note_unreadable(errors: Iterable[RowError]) -> None:
    """Rows that a sync had to leave out: the next one reads them again, changed or not."""
    now = clock.now()
    SyncFault.objects.bulk_create(
        [
            SyncFault(event=f"{error.kind.removesuffix('s')}_changed", ref=error.key[:190], recorded_at=now)
            for error in errors
            if error.key
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )


def waiting() -> dict[str, dict[str, list[int]]]:
    """kind -> ref -> ids of its faults."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for pk, event, ref in SyncFault.objects.values_list("pk", "event", "ref"):
        found[KINDS[event.split("_")[0]]][ref].append(pk)
    return found


def settle(ids: list[int]) -> None:
    """These were repaired."""
    SyncFault.objects.filter(pk__in=ids).delete()


def gone(kind: str, refs: list[str], *, now: datetime) -> None:
    """The shop does not know these refs any more."""
    if kind == "orders":
        forget_orders(refs=refs, now=now)
    elif kind == "products":
        forget_products(refs=refs, now=now)
    elif kind == "carts":
        forget_carts(refs=refs)
    else:
        mark_deleted(keys=refs, now=now)
