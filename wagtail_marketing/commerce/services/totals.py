"""What each contact bought in all, kept beside the orders so that most rules need no scan."""

from collections.abc import Collection

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from wagtail_marketing.commerce.models import ContactTotals, Order
from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts.models import Contact

#: Contacts whose totals one statement writes.
STEP = 5000

#: The lock that lets two recounts of one contact follow each other. Off only in the twin test.
_lock_contacts = True


def refresh_totals(*, contacts: Collection[int] | None = None) -> int:
    """Recount the totals of ``contacts`` (ids), or of everybody; returns how many rows were written.

    The contacts are locked first, and counted in the next statement: an order that commits meanwhile is
    in it, or refreshes after us. Cancelled orders do not count, money is net of refunds; who bought
    nothing has no row.
    """
    if contacts is None:
        written = sum(_refresh(ids) for ids in _everybody())
        if written:
            # Rules read these sums: what was looked at between the orders and now saw the old ones.
            facts.touch("orders", None)
        return written
    ordered = sorted(contacts)
    return sum(_refresh(ordered[start : start + STEP]) for start in range(0, len(ordered), STEP))


def _everybody():
    last = 0
    while True:
        ids = list(Contact.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:STEP])
        if not ids:
            return
        last = ids[-1]
        yield ids


@transaction.atomic
def _refresh(contacts: list[int]) -> int:
    if _lock_contacts and connection.vendor == "postgresql":
        locked = Contact.objects.select_for_update(no_key=True).filter(pk__in=contacts).order_by("pk")
        list(locked.values_list("pk", flat=True))
    quote = connection.ops.quote_name
    order, totals = quote(Order._meta.db_table), quote(ContactTotals._meta.db_table)
    columns = ("order_count", "total_base", "max_base", "first_order_at", "last_order_at")
    differs = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
    marks = ", ".join(["%s"] * len(contacts))
    statement = f"""
        INSERT INTO {totals} (contact_id, {", ".join(columns)})
        SELECT contact_id, COUNT(*), SUM(total_base - refunded_base), MAX(total_base - refunded_base),
               MIN(placed_at), MAX(placed_at)
        FROM {order} WHERE cancelled_at IS NULL AND contact_id IN ({marks})
        GROUP BY contact_id
        ON CONFLICT (contact_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in columns)}
        WHERE {" OR ".join(f"{totals}.{name} {differs} excluded.{name}" for name in columns)}
    """  # noqa: S608  names are our models' own, values are bound
    with connection.cursor() as cursor:
        cursor.execute(statement, contacts)
        written = max(cursor.rowcount, 0)
    live = Order.objects.filter(contact=OuterRef("contact"), cancelled_at__isnull=True)
    nothing = ContactTotals.objects.filter(~Exists(live), contact__in=contacts)
    return written + nothing.delete()[0]
