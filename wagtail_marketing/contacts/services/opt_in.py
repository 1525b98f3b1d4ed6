"""What the worker does with sign-ups: find or make the contact, note what is pending, ask once a day.

Each step is a transaction of its own and harmless to repeat; several workers may take part.
"""

import logging
from collections import defaultdict
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet

from wagtail_marketing.conf import settings
from wagtail_marketing.contacts.models import ConfirmationSent, ConsentChoice, Contact, SignUp, Strength, Topic
from wagtail_marketing.contacts.registry import channel_address, confirmation_senders
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import DomainError

from .consent import Evidence, record_consent
from .people import create_contact

logger = logging.getLogger(__name__)

#: At most one question to an address in this time, whoever asks for it.
ONE_MAIL_IN = timedelta(days=1)
#: When a sender is not ready, it is asked again after this.
BACK_OFF = timedelta(minutes=10)
GROUP = 200


def drain(until: datetime) -> int:
    """Do what is due until the time is up; returns how many sign-ups were taken or asked."""
    forget_old()
    done = 0
    while clock.now() < until:
        row = SignUp.objects.filter(taken_at=None).order_by("pk").first()
        if row is None:
            break
        done += _take_or_leave(row)
    while clock.now() < until:
        if not (asked := _ask_group()):
            break
        done += asked
    return done


def forget_old(*, now: datetime | None = None) -> int:
    """Delete sign-ups whose link has run out, and what remembers the questions of days ago."""
    now = now or clock.now()
    ConfirmationSent.objects.filter(sent_at__lt=now - 2 * ONE_MAIL_IN).delete()
    return SignUp.objects.filter(created_at__lt=now - settings.opt_in_lifetime).delete()[0]


def _locked(rows: "QuerySet[SignUp]") -> "QuerySet[SignUp]":
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


def _take_or_leave(row: SignUp) -> int:
    """One that cannot be worked on stops no other; the log has the whole story."""
    try:
        return _take(row)
    except OperationalError:
        raise
    except Exception:
        logger.exception("Sign-up %s cannot be worked on", row.pk)
        return SignUp.objects.filter(pk=row.pk, taken_at=None).update(taken_at=clock.now())


@transaction.atomic
def _take(row: SignUp) -> int:
    """Find or make the contact of a new sign-up and note what it is waiting for; 1, or 0 where another did."""
    if not SignUp.objects.filter(pk=row.pk, taken_at=None).update(taken_at=clock.now()):
        return 0
    contact = _contact_of(row)
    topics = list(Topic.objects.filter(pk__in=row.topics))
    confirm = not topics or any(topic.double_opt_in for topic in topics)
    state = ConsentChoice.PENDING if confirm else ConsentChoice.SUBSCRIBED
    # Nobody has proved yet that the address is theirs: weak, and it brings nobody back.
    stands = [
        record_consent(
            contact=contact,
            channel=row.channel,
            topic=topic,
            state=state,
            strength=Strength.WEAK,
            source=row.source,
            occurred_at=row.created_at,
            evidence=Evidence(text=row.text, text_version=row.text_version, ip=row.ip, detail=detail_of(row)),
        ).state
        for topic in (None, *topics)
    ]
    ask = confirm or ConsentChoice.UNSUBSCRIBED in stands
    return SignUp.objects.filter(pk=row.pk).update(contact=contact, ask=ask)


def _contact_of(row: SignUp) -> Contact:
    address = channel_address(row.channel)
    found = Contact.objects.filter(**{address.hash_field: row.address_hash}).order_by("pk").first()
    if found is not None:
        return found
    field = "phone" if row.channel == "sms" else "email"
    return create_contact(
        source="sign-up",
        first_name=row.first_name,
        last_name=row.last_name,
        language=row.language,
        now=row.created_at,
        **{field: row.address},
    )


def _ask_group() -> int:
    """Hand the questions of one channel, site and language to its sender, one per address and day."""
    now = clock.now()
    due = Q(available_at=None) | Q(available_at__lte=now)
    with transaction.atomic():
        waiting = SignUp.objects.filter(due, ask=True, asked_at=None, contact__isnull=False)
        rows = list(_locked(waiting.select_related("contact", "site")).order_by("pk")[:GROUP])
        if not rows:
            return 0
        groups: dict[tuple[str, int | None, str], list[SignUp]] = defaultdict(list)
        for row in rows:
            groups[row.channel, row.site_id, row.language].append(row)
        for (channel, _site, _language), group in groups.items():
            _ask(channel, group, now)
    return len(rows)


def _ask(channel: str, rows: list[SignUp], now: datetime) -> None:
    ids = [row.pk for row in rows]
    try:
        with transaction.atomic():
            asked = [row for row in rows if claim_question(channel, row.address_hash, now)]
            sender = confirmation_senders.get(channel)
            if asked and sender is not None:
                sender.send(asked)
            hashes = [row.address_hash for row in asked]
            SignUp.objects.filter(pk__in=ids, address_hash__in=hashes).update(asked_at=now)
            _put_off([row for row in rows if row.address_hash not in set(hashes)], now)
    except DomainError as error:
        logger.warning("%d sign-ups wait for their confirmation: %s", len(ids), error)
        SignUp.objects.filter(pk__in=ids).update(available_at=now + BACK_OFF)


def _put_off(rows: list[SignUp], now: datetime) -> None:
    """They asked again within the day: a question that is still open confirms this too, else one follows later."""
    for row in rows:
        same = SignUp.objects.filter(channel=row.channel, address_hash=row.address_hash, confirmed_at=None)
        open_one = same.filter(asked_at__gt=now - settings.opt_in_lifetime).exists()
        later = {"asked_at": now} if open_one else {"available_at": now + ONE_MAIL_IN}
        SignUp.objects.filter(pk=row.pk).update(**later)


def claim_question(channel: str, address_hash: str, now: datetime) -> bool:
    """Whether this address may be asked now; says yes once in ``ONE_MAIL_IN``, however many ask at once."""
    _row, created = ConfirmationSent.objects.get_or_create(
        channel=channel, address_hash=address_hash, defaults={"sent_at": now}
    )
    if created:
        return True
    mine = ConfirmationSent.objects.filter(
        channel=channel, address_hash=address_hash, sent_at__lte=now - ONE_MAIL_IN
    ).update(sent_at=now)
    return bool(mine)


def detail_of(row: SignUp) -> dict[str, str]:
    """What the evidence says of where the wish came from."""
    return {"sign_up": str(row.uuid), "asked_at": row.created_at.isoformat(), "origin": row.origin}
