"""Intent: the last look at everything that may forbid a message, and the note that it is about to leave."""

from collections import defaultdict
from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Now

from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.models import ConsentChoice, ConsentState, Contact
from wagtail_marketing.contacts.registry import channel_address
from wagtail_marketing.contacts.selectors import consented_q, paused_q, suppressed_q
from wagtail_marketing.messaging.models import (
    BatchState,
    Message,
    MessageClass,
    MessageState,
    Send,
    SendBatch,
    SendState,
)


def intend(batch: SendBatch, worker: str, limit: int) -> list[tuple[Message, Contact]]:
    """Write that up to ``limit`` messages are about to leave, after a last look at everything that may forbid it.

    The rows that decide (the send, the contacts) are locked shared until the intent is committed, so that an
    unsubscribe or a pause that was committed before it is seen, and a later one waits. Empty: nothing is left to
    do here, or the batch is not ours any more.
    """
    send = batch.send
    while True:
        with transaction.atomic():
            mine = SendBatch.objects.filter(
                pk=batch.pk, worker=worker, state=BatchState.CLAIMED, lease_until__gt=Now()
            ).update(lease_until=Now() + settings.send_lease)
            if not mine:
                return []
            if not _locked_shared(Send, [send.pk], state=SendState.RUNNING):
                return []
            due = Q(available_at=None) | Q(available_at__lte=Now())
            rows = messages_of(batch).filter(due, state=MessageState.PENDING).order_by("pk")
            ids = list(rows.values_list("pk", "contact_id")[:limit])
            if not ids:
                return []
            _locked_shared(Contact, sorted({contact for _pk, contact in ids if contact is not None}))
            verdicts = _verdicts(send, [pk for pk, _contact in ids])
            allowed = [pk for pk, reason in verdicts.items() if not reason]
            _suppress(send, verdicts)
            Message.objects.filter(pk__in=allowed, state=MessageState.PENDING).update(
                state=MessageState.SENDING, attempt=F("attempt") + 1, sending_at=Now(), reason="", detail=""
            )
            if allowed:
                messages = Message.objects.filter(pk__in=allowed).select_related("contact").order_by("pk")
                return [(message, message.contact) for message in messages if message.contact is not None]
        # All of this group were refused: look at the next one.


def _locked_shared(model, ids: Sequence[int], **conditions) -> list[int]:
    """Lock rows against change until the transaction ends; those that meet ``conditions``. SQLite has one writer."""
    found = model.objects.filter(pk__in=ids, **conditions).order_by("pk").values_list("pk", flat=True)
    if connection.vendor != "postgresql" or not ids:
        return list(found)
    sql, parameters = found.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} FOR SHARE", parameters)
        return [row[0] for row in cursor.fetchall()]


def messages_of(batch: SendBatch) -> QuerySet[Message]:
    """The messages in the range that the batch names."""
    return Message.objects.filter(send=batch.send_id, pk__gte=batch.first_id, pk__lte=batch.last_id)


def _verdicts(send: Send, ids: list[int]) -> dict[int, str]:
    """``{message id: reason why it may not leave, or ""}``, judged now."""
    address = channel_address(send.channel)
    cases = [
        When(contact=None, then=Value("erased")),
        When(~Q(**{f"contact__{address.address_field}": F("address")}), then=Value("address_changed")),
        When(suppressed_q(send.channel, contact="contact"), then=Value("suppressed")),
    ]
    if send.message_class == MessageClass.MARKETING:
        cases.append(When(~consented_q(send.channel, send.topic_id, contact="contact"), then=Value("no_consent")))
        cases.append(When(paused_q(contact="contact"), then=Value("paused")))
    rows = Message.objects.filter(pk__in=ids).annotate(
        verdict=Case(*cases, default=Value(""), output_field=CharField())
    )
    return dict(rows.order_by("pk").values_list("pk", "verdict"))


def _suppress(send: Send, verdicts: dict[int, str]) -> None:
    groups: dict[str, list[int]] = defaultdict(list)
    for pk, reason in verdicts.items():
        if reason:
            groups[reason].append(pk)
    if "no_consent" in groups:
        # Tell who left from who never came: the report shows both.
        left = ConsentState.objects.filter(
            Q(topic=None) | Q(topic=send.topic_id),
            channel=send.channel,
            state=ConsentChoice.UNSUBSCRIBED,
            contact__messages__in=groups["no_consent"],
        ).values("contact")
        gone = list(Message.objects.filter(pk__in=groups["no_consent"], contact__in=left).values_list("pk", flat=True))
        groups["unsubscribed"] = gone
        groups["no_consent"] = [pk for pk in groups["no_consent"] if pk not in set(gone)]
    for reason, ids in groups.items():
        Message.objects.filter(pk__in=ids, state=MessageState.PENDING).update(
            state=MessageState.SUPPRESSED, reason=reason, settled_at=Now()
        )
