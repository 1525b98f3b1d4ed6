"""What the shop has no more: found by comparing keys, in the database."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from django.db import connection, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from wagtail_marketing.commerce.errors import ImplausibleDeletion
from wagtail_marketing.commerce.models import Cart, Order, Product, Refund
from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.services import mark_deleted

from .totals import refresh_totals

STEP = 10_000
#: More than this share of what we know, and more rows than ``FEW``, do not vanish in one day.
MOST_SHARE = 0.5
FEW = 100


def missing_refs(model: type[Model], column: str, keys: Iterable[str], *, before: datetime | None) -> list[str]:
    """Which values of ``column`` are not among ``keys``, of rows last written before ``before``.

    ``before`` is the moment at which the keys began to be read: what the shop reported meanwhile is newer.
    """
    quote = connection.ops.quote_name
    table, name = quote(model._meta.db_table), quote(column)
    condition = f"AND m.{quote('updated_at')} < %s" if before is not None else ""
    live = f"AND m.{quote('host_deleted_at')} IS NULL AND m.{name} IS NOT NULL" if model is Contact else ""
    live = f"AND m.{quote('active')}" if model is Product else live
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE wm_host_keys (ref text PRIMARY KEY)")
        try:
            for payload in _payloads(keys):
                read = (
                    "SELECT json_array_elements_text(%s::json)"
                    if connection.vendor == "postgresql"
                    else "SELECT value FROM json_each(%s) WHERE true"
                )
                cursor.execute(f"INSERT INTO wm_host_keys {read} ON CONFLICT DO NOTHING", [payload])
            if connection.vendor == "postgresql":
                cursor.execute("ANALYZE wm_host_keys")
            cursor.execute(
                f"SELECT m.{name} FROM {table} m WHERE NOT EXISTS "  # noqa: S608  names are our models' own
                f"(SELECT 1 FROM wm_host_keys k WHERE k.ref = m.{name}) {live} {condition}",
                [before.isoformat() if connection.vendor == "postgresql" else _naive(before)] if before else [],
            )
            return [row[0] for row in cursor.fetchall()]
        finally:
            if not connection.needs_rollback:
                cursor.execute("DROP TABLE wm_host_keys")


def _payloads(keys: Iterable[str]) -> Iterator[str]:
    iterator = iter(keys)
    while chunk := [str(key)[:190] for key in islice(iterator, STEP)]:
        yield json.dumps(chunk)


def _naive(moment: datetime) -> str:
    return str(connection.ops.adapt_datetimefield_value(moment))


def forget(kind: str, keys: Iterable[str], *, now: datetime, before: datetime | None, force: bool = False) -> int:
    """Take out of the mirror what is not among ``keys``; returns how many rows.

    Raises ``ImplausibleDeletion`` where most of what we know would go, unless ``force`` says that it is so.
    """
    model, column = {
        "customers": (Contact, "external_key"),
        "products": (Product, "ref"),
        "orders": (Order, "ref"),
        "carts": (Cart, "ref"),
    }[kind]
    gone = missing_refs(model, column, keys, before=None if kind == "carts" else before)
    if not gone:
        return 0
    known = model._default_manager.exclude(**{column: None}).count() if kind == "customers" else model.objects.count()
    if not force and len(gone) > FEW and len(gone) > MOST_SHARE * known:
        raise ImplausibleDeletion(
            _("The shop lacks %(gone)d of %(known)d %(kind)s that it had.")
            % {"gone": len(gone), "known": known, "kind": kind},
            remedy=_("Look at the adapter's filter; if it is so, sync with --allow-deletions."),
        )
    take = {
        "customers": lambda refs: mark_deleted(keys=refs, now=now),
        "products": lambda refs: forget_products(refs=refs, now=now),
        "orders": lambda refs: forget_orders(refs=refs, now=now),
        "carts": lambda refs: forget_carts(refs=refs),
    }[kind]
    return sum(take(gone[start : start + 1000]) for start in range(0, len(gone), 1000))


@transaction.atomic
def forget_orders(*, refs: Iterable[str], now: datetime) -> int:
    """The shop deleted these orders: they never happened. Totals and the log of activities follow."""
    orders = dict(Order.objects.filter(ref__in=list(refs)).values_list("pk", "contact_id"))
    refunds = list(Refund.objects.filter(order__in=orders).values_list("pk", flat=True))
    Order.objects.filter(pk__in=orders).delete()
    facts.announce("order-gone", orders, at=now)
    facts.announce("refund-gone", refunds, at=now)
    facts.touch("orders", orders.values(), at=now)
    refresh_totals(contacts={contact for contact in orders.values() if contact})
    return len(orders)


def forget_products(*, refs: Iterable[str], now: datetime) -> int:
    """The shop deleted these products: they stay, inactive, because past orders keep their categories."""
    return Product.objects.filter(ref__in=list(refs), active=True).update(active=False, updated_at=now)


def forget_carts(*, refs: Iterable[str]) -> int:
    """The carts are gone or became orders."""
    return Cart.objects.filter(ref__in=list(refs)).delete()[0]
