"""How a person wants to be written to, by their own word."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.models import (
    ConsentChoice,
    ConsentState,
    Contact,
    ContactPreference,
    SignUp,
    Strength,
    Topic,
)
from wagtail_marketing.contacts.registry import channels
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput

from . import locks
from .consent import Evidence, record_consent, unsubscribe
from .people import update_contact
from .sign_up import sign_up

#: The longest pause; who wants more leaves.
LONGEST_PAUSE = timedelta(days=366)
SOURCE = "preferences"


@transaction.atomic
def save_preferences(
    *,
    contact: Contact,
    paused_until: datetime | None = None,
    contact_from: time | None = None,
    contact_until: time | None = None,
    time_zone: str = "",
    language: str = "",
    now: datetime | None = None,
) -> ContactPreference:
    """Set all of them; a message whose last look comes after this sees the pause.

    ``contact_until`` before ``contact_from`` means over midnight. Raises ``InvalidInput`` with the field.
    """
    now = now or clock.now()
    if (contact_from is None) != (contact_until is None):
        raise InvalidInput(_("Give both hours, or none."), field="contact_until")
    if contact_from is not None and contact_from == contact_until:
        raise InvalidInput(_("From and until are the same hour."), field="contact_until")
    if paused_until is not None and paused_until > now + LONGEST_PAUSE:
        raise InvalidInput(_("A pause lasts a year at most."), field="pause")
    if time_zone and time_zone not in available_timezones():
        raise InvalidInput(_("“%(zone)s” is not a time zone.") % {"zone": time_zone}, field="time_zone")
    if language and not check_for_language(language):
        raise InvalidInput(_("“%(language)s” is not a language.") % {"language": language}, field="language")
    locks.for_update(Contact.objects.filter(pk=contact.pk))
    if language and language != contact.language:
        update_contact(contact=contact, language=language, now=now)
    row, _created = ContactPreference.objects.update_or_create(
        contact=contact,
        defaults={
            "paused_until": paused_until if paused_until and paused_until > now else None,
            "contact_from": contact_from,
            "contact_until": contact_until,
            "time_zone": time_zone,
            "language": language,
            "updated_at": now,
        },
    )
    return row


@dataclass(frozen=True, slots=True)
class Wish:
    """One box of the preference centre that the person changed: a channel, or a topic of it."""

    channel: str
    wanted: bool
    topic: Topic | None = None


def apply_wishes(
    *,
    contact: Contact,
    wishes: Collection[Wish],
    proven: Collection[str],
    text: str,
    site: Any = None,
    ip: str | None = None,
    now: datetime | None = None,
) -> list[str]:
    """Write what the person changed; returns the channels for which a message asks them to confirm first.

    ``proven`` are the channels whose address is known to be theirs (the link came by it): there a yes counts at
    once. Leaving counts always. ``text`` is what they saw.
    """
    now = now or clock.now()
    asked = []
    for channel in dict.fromkeys(wish.channel for wish in wishes):
        mine = [wish for wish in wishes if wish.channel == channel]
        if any(wish.topic is None and not wish.wanted for wish in mine):
            _leave(contact, channel, None, text, ip, now)
            continue
        for wish in mine:
            if not wish.wanted and wish.topic is not None:
                _leave(contact, channel, wish.topic, text, ip, now)
        wanted = [wish.topic for wish in mine if wish.wanted]
        if not wanted:
            continue
        topics = [topic for topic in wanted if topic is not None]
        if channel in proven:
            _agree(contact, channel, topics, text, ip, now)
        else:
            address = getattr(contact, channels[channel].address_field)
            sign_up(
                channel=channel,
                address=address,
                topics=topics,
                text=text,
                source=SOURCE,
                language=contact.language,
                site=site,
                ip=ip,
                now=now,
            )
            asked.append(channel)
    return asked


def _leave(contact: Contact, channel: str, topic: Topic | None, text: str, ip: str | None, now: datetime) -> None:
    unsubscribe(
        contact=contact,
        channel=channel,
        topic=topic,
        source=SOURCE,
        occurred_at=now,
        evidence=Evidence(text, ip=ip),
    )


@transaction.atomic
def _agree(contact: Contact, channel: str, topics: list[Topic], text: str, ip: str | None, now: datetime) -> None:
    subscribed = ConsentState.objects.filter(
        contact=contact, channel=channel, topic=None, state=ConsentChoice.SUBSCRIBED
    ).exists()
    for topic in (*(() if subscribed and topics else (None,)), *topics):
        record_consent(
            contact=contact,
            channel=channel,
            topic=topic,
            state=ConsentChoice.SUBSCRIBED,
            strength=Strength.STRONG,
            source=SOURCE,
            occurred_at=now,
            evidence=Evidence(text, ip=ip),
        )


def export_preferences(contact: Contact) -> dict[str, Any]:
    """For ``export_person``: what the person said, and the sign-ups that are still kept."""
    row = ContactPreference.objects.filter(contact=contact).first()
    return {
        "paused_until": row.paused_until.isoformat() if row and row.paused_until else None,
        "contact_from": row.contact_from.isoformat() if row and row.contact_from else None,
        "contact_until": row.contact_until.isoformat() if row and row.contact_until else None,
        "time_zone": row.time_zone if row else "",
        "language": row.language if row else "",
        "sign_ups": [
            {
                "channel": found.channel,
                "address": found.address,
                "first_name": found.first_name,
                "last_name": found.last_name,
                "language": found.language,
                "text": found.text,
                "page": found.origin,
                "ip": found.ip,
                "created_at": found.created_at.isoformat(),
                "confirmed_at": found.confirmed_at.isoformat() if found.confirmed_at else None,
            }
            for found in _sign_ups(contact)
        ],
    }


def erase_preferences(contact: Contact) -> None:
    """For ``erase_person``: both go, sign-ups by the same address that are not worked on yet, too."""
    ContactPreference.objects.filter(contact=contact).delete()
    _sign_ups(contact).delete()


def _sign_ups(contact: Contact) -> Any:
    found = SignUp.objects.filter(contact=contact)
    for address in channels:
        if digest := getattr(contact, address.hash_field):
            found = found | SignUp.objects.filter(channel=address.channel, address_hash=digest, contact=None)
    return found.order_by("pk")
