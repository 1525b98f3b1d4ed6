"""Open carts: what was left behind, as it is now."""

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from wagtail_marketing.commerce.models import Cart
from wagtail_marketing.core.errors import DomainError
from wagtail_marketing.host.adapter import HostAdapter
from wagtail_marketing.host.errors import RowError
from wagtail_marketing.host.types import HostCart

from .merge import merge
from .people import People
from .values import Mirrored, Money, clean

COLUMNS = {
    "ref": "text",
    "contact_id": "integer",
    "currency": "text",
    "lines": "json",
    "total_base": "integer",
    "changed_at": "moment",
}


@transaction.atomic
def mirror_carts(*, carts: Sequence[HostCart], adapter: HostAdapter, now: datetime) -> Mirrored:
    """Make the mirror's carts what the shop says they are. An empty cart is no cart: it is forgotten."""
    by_ref = {clean(cart.ref, 190): cart for cart in carts}
    empty = [ref for ref, cart in by_ref.items() if not cart.lines]
    Cart.objects.filter(ref__in=empty).delete()
    filled = {ref: cart for ref, cart in by_ref.items() if cart.lines}
    people = People(filled.values(), adapter, now)
    rows = []
    for ref, cart in filled.items():
        try:
            rows.append(_row(ref, cart, people, adapter))
        except DomainError as error:
            adapter.report(RowError("carts", ref, error.field, str(error.message), str(error.remedy)))
    known = Cart.objects.filter(ref__in=[row[0] for row in rows]).count()
    written = merge(Cart, COLUMNS, rows, unique=("ref",)).written
    created = len(rows) - known
    return Mirrored(len(carts), created, written - created, len(rows) - written)


def _row(ref: str, cart: HostCart, people: People, adapter: HostAdapter) -> tuple:
    money = Money(adapter, cart.currency, cart.updated_at)
    lines = [
        {
            "sku": clean(line.sku, 190),
            "product_ref": clean(line.product_ref, 190),
            "quantity": line.quantity,
            "total_minor": money.minor(line.total),
        }
        for line in cart.lines
    ]
    total = money.base(sum((line.total for line in cart.lines), Decimal(0)))
    return ref, people.of(cart), cart.currency, json.dumps(lines), total, cart.updated_at
