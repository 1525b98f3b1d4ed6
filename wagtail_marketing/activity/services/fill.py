"""The log filled from the facts of contacts and commerce: ranges of ids in, one INSERT ... SELECT per source."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Sum

from wagtail_marketing.activity.models import Activity
from wagtail_marketing.activity.registry import Writer, sources
from wagtail_marketing.commerce.models import Order, Refund
from wagtail_marketing.contacts import facts as changes
from wagtail_marketing.contacts.models import ConsentEvent, Contact, ContactAlias, FactRange
from wagtail_marketing.core import clock

#: Ranges that one transaction takes.
STEP = 500


def fill(until: datetime | None = None) -> int:
    """Read every waiting range into the log; returns how many activities were written.

    A range is deleted in the transaction that reads it: a kill loses nothing, two at once share the work,
    and reading one twice writes nothing twice (``Activity.dedupe``). Stops after ``until``.
    """
    written = 0
    while until is None or clock.now() < until:
        done = _step()
        if done is None:
            break
        written += done
    return written


def drain(until: datetime) -> int:
    """``core.tasks`` drain."""
    return fill(until)


@transaction.atomic
def _step() -> int | None:
    waiting = FactRange.objects.order_by("pk")
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True)
    by_source: dict[str, list[int]] = {}
    for pk, source in waiting.values_list("pk", "source")[:STEP]:
        by_source.setdefault(source, []).append(pk)
    if not by_source:
        return None
    written = sum(sources[source](ids) for source, ids in by_source.items() if source in sources)
    FactRange.objects.filter(pk__in=[pk for ids in by_source.values() for pk in ids]).delete()
    return written


def insert_facts(
    ranges: list[int],
    *,
    table: str,
    joins: str,
    contact: str,
    type: str,
    at: str,
    ref: str,
    subject: str,
    data: str,
    where: str,
    key: str = "f.id",
    tell: bool = True,
) -> int:
    """One statement: the rows of ``f`` in the ranges become activities. Every part is our own SQL.

    ``key`` names the fact, together with its type; what is written already is passed over.
    ``tell``: rules that read the log look at these contacts again.
    """
    few = tell and _few(ranges)
    marks = ", ".join(["%s"] * len(ranges))
    text = "::text" if connection.vendor == "postgresql" else ""
    statement = f"""
        INSERT INTO {Activity._meta.db_table}
            (contact_id, type, occurred_at, ref, campaign_ref, subject, url, machine, data, user_id, dedupe)
        SELECT {contact}, {type}, {at}, {ref.format(text=text)}, '', {subject}, '', false, {data}, '',
               {type} || ':' || {key}{text}
        FROM {FactRange._meta.db_table} r JOIN {table} f ON f.id BETWEEN r.first_id AND r.last_id {joins}
        WHERE r.id IN ({marks}) AND {where}
        ON CONFLICT (dedupe) DO NOTHING {"RETURNING contact_id" if few else ""}
    """  # noqa: S608  names are our models' own, ids are bound
    with connection.cursor() as cursor:
        cursor.execute(statement, ranges)
        people = [row[0] for row in cursor.fetchall()] if few else None
        written = max(cursor.rowcount, 0) if people is None else len(people)
    if written and tell:
        changes.touch("activity", people)
    return written


def _few(ranges: list[int]) -> bool:
    """Whether the ranges hold so few facts that their contacts are worth naming one by one."""
    held = FactRange.objects.filter(pk__in=ranges).aggregate(facts=Sum(F("last_id") - F("first_id") + 1))["facts"]
    return (held or 0) <= changes.MOST_SINGLE


def _json(**pairs: str) -> str:
    function = "jsonb_build_object" if connection.vendor == "postgresql" else "json_object"
    arguments = ", ".join(f"'{name}', {value}" for name, value in pairs.items())
    return f"{function}({arguments})"


def _orders(ranges: list[int]) -> int:
    common = {
        "table": Order._meta.db_table,
        "joins": "",
        "contact": "f.contact_id",
        "ref": "'order:' || f.id{text}",
        "subject": "f.number",
        "data": _json(total_minor="f.total_minor", currency="f.currency"),
    }
    placed = insert_facts(ranges, type="'order.placed'", at="f.placed_at", where="f.contact_id IS NOT NULL", **common)
    return placed + insert_facts(
        ranges,
        type="'order.cancelled'",
        at="f.cancelled_at",
        where="f.contact_id IS NOT NULL AND f.cancelled_at IS NOT NULL",
        **common,
    )


def _refunds(ranges: list[int]) -> int:
    return insert_facts(
        ranges,
        table=Refund._meta.db_table,
        joins=f"JOIN {Order._meta.db_table} o ON o.id = f.order_id",
        contact="o.contact_id",
        type="'order.refunded'",
        at="f.refunded_at",
        ref="'order:' || o.id{text}",
        subject="o.number",
        data=_json(amount_minor="f.amount_minor", currency="o.currency"),
        where="o.contact_id IS NOT NULL",
    )


def _consent(ranges: list[int]) -> int:
    contacts, aliases = Contact._meta.db_table, ContactAlias._meta.db_table
    return insert_facts(
        ranges,
        table=ConsentEvent._meta.db_table,
        joins=(f"LEFT JOIN {contacts} c ON c.uuid = f.contact_uuid LEFT JOIN {aliases} a ON a.uuid = f.contact_uuid"),
        contact="COALESCE(a.contact_id, c.id)",
        type="'consent.' || f.state",
        at="f.occurred_at",
        ref="'consent:' || f.id{text}",
        subject="f.channel",
        data=_json(channel="f.channel", source="f.source", topic="f.topic_id"),
        where="COALESCE(a.contact_id, c.id) IS NOT NULL",
    )


def _gone(*types: str) -> Writer:
    """What never happened is taken out of the log."""

    def take_out(ranges: list[int]) -> int:
        for first, last in FactRange.objects.filter(pk__in=ranges).values_list("first_id", "last_id"):
            for start in range(first, last + 1, STEP):
                ids = range(start, min(start + STEP, last + 1))
                Activity.objects.filter(dedupe__in=[f"{type}:{pk}" for type in types for pk in ids]).delete()
        return 0

    return take_out


OURS: dict[str, Writer] = {
    "order": _orders,
    "refund": _refunds,
    "consent": _consent,
    "order-gone": _gone("order.placed", "order.cancelled"),
    "refund-gone": _gone("order.refunded"),
}


def register() -> None:
    """Called by ``AppConfig.ready``."""
    for source, writer in OURS.items():
        sources.register(source, writer)
