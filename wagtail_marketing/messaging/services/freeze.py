"""Freeze: the people, the content and the links of a send, fixed in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, models, router, transaction
from django.db.models import Count, Min
from django.utils.translation import gettext as _

from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.registry import channel_address
from wagtail_marketing.core import clock
from wagtail_marketing.messaging.errors import UnknownChannel
from wagtail_marketing.messaging.models import (
    BatchState,
    EmailTemplate,
    Link,
    Message,
    MessageState,
    Send,
    SendBatch,
)
from wagtail_marketing.messaging.registry import channels


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: shown name, address, and where answers go. Empty parts come from the site's settings."""

    name: str = ""
    address: str = ""
    reply_to: str = ""


#: A random UUID made by the database, one per row.
_UUID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}


def get_channel(name: str):
    """The registered channel, or ``UnknownChannel``."""
    channel = channels.get(name)
    if channel is None:
        raise UnknownChannel(_("“%(name)s” is not a channel.") % {"name": name}, field="channel")
    return channel


@transaction.atomic
def create_send(
    *,
    template: Any,
    audience: models.QuerySet[Contact],
    channel: str = "email",
    source_ref: str,
    name: str = "",
    site: Any = None,
    scheduled_at: datetime | None = None,
    expires_after: timedelta | None = None,
    sender: Sender | None = None,
    utm: Mapping[str, str] | None = None,
    track: bool = True,
    now: datetime | None = None,
) -> Send:
    """A send in state ``draft`` with one pending message per address of ``audience``; nothing leaves yet.

    The audience, the content of ``template`` (as it is given: pass the live object or the object of a revision)
    and its links are frozen here: later edits change nothing. Of several contacts with one address the lowest id
    gets the message; the others, and people without an address, are counted on the send. Consent is judged at the
    second of sending, person by person, so that N stays what it is. ``scheduled_at`` is aware; ``launch`` starts or
    schedules it. Without ``track`` neither opens nor clicks are counted, whatever the settings say. Raises
    ``ContentError`` and ``UnknownChannel``.
    """
    way = get_channel(channel)
    sender = sender or Sender()
    site = site or template.site
    frozen = way.freeze(template=template, site=site, sender=sender, utm=utm)
    send = Send.objects.create(
        name=name or str(template),
        channel=channel,
        template=template if isinstance(template, EmailTemplate) and template.pk else None,
        revision_id=frozen.revision_id,
        content=dict(frozen.content),
        message_class=template.message_class,
        topic_id=template.topic_id,
        site=site,
        source_ref=source_ref,
        sender_name=sender.name,
        sender_address=sender.address,
        reply_to=sender.reply_to,
        track_opens=track and settings.track_opens,
        track_clicks=track and settings.track_clicks,
        scheduled_at=scheduled_at,
        created_at=now or clock.now(),
        **({"expires_after": expires_after} if expires_after is not None else {}),
    )
    Link.objects.bulk_create(
        [
            Link(send=send, position=link.position, url=link.url, label=link.label, dynamic=link.dynamic)
            for link in frozen.links
        ]
    )
    _freeze_audience(send, audience)
    _make_batches(send)
    return send


def _freeze_audience(send: Send, audience: models.QuerySet[Contact]) -> None:
    """One ``INSERT ... SELECT``: the database writes every message, whatever their number."""
    field = channel_address(send.channel).address_field
    people = Contact.objects.filter(pk__in=audience.order_by().values("pk"))
    reachable = people.exclude(**{field: ""})
    rows = reachable.order_by().values_list(models.F(field)).annotate(wm_contact=Min("pk")).order_by("wm_contact")
    using = router.db_for_write(Message)
    connection = connections[using]
    sql, parameters = rows.query.get_compiler(using=using).as_sql()
    table = connection.ops.quote_name(Message._meta.db_table)
    with connection.cursor() as cursor:
        # Only names of our own are put in; every value is a parameter.
        cursor.execute(
            f"INSERT INTO {table} (uuid, send_id, contact_id, address, state, attempt, reason, detail) "  # noqa: S608
            f"WITH people (address, contact) AS ({sql}) "
            f"SELECT {_UUID[connection.vendor]}, %s, contact, address, %s, 0, '', '' FROM people ORDER BY contact",
            [*parameters, send.pk, MessageState.PENDING.value],
        )
        send.audience_count = cursor.rowcount
    counts = people.aggregate(all=Count("pk"), reachable=Count("pk", filter=~models.Q(**{field: ""})))
    send.no_address_count = counts["all"] - counts["reachable"]
    send.duplicate_count = counts["reachable"] - send.audience_count
    send.save(update_fields=["audience_count", "no_address_count", "duplicate_count"])


def _make_batches(send: Send) -> None:
    """Batch rows that name id ranges of ``SEND_BATCH_SIZE`` messages, by one statement."""
    using = router.db_for_write(SendBatch)
    quote = connections[using].ops.quote_name
    batch, message = quote(SendBatch._meta.db_table), quote(Message._meta.db_table)
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {batch} (send_id, first_id, last_id, size, state, worker) "  # noqa: S608
            f"SELECT %s, MIN(id), MAX(id), COUNT(*), %s, '' FROM "
            f"(SELECT id, (ROW_NUMBER() OVER (ORDER BY id) - 1) / %s AS part FROM {message} WHERE send_id = %s) n "
            f"GROUP BY part ORDER BY part",
            [send.pk, BatchState.OPEN.value, settings.send_batch_size, send.pk],
        )
