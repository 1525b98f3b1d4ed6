"""Signing up: what somebody asks for is one row, whoever they are; the worker does the rest.

So a request does the same work and gives the same answer for who is known, unknown, subscribed, gone or
suppressed. What is confirmed is written by ``services.confirm``.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import phonenumbers
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.models import SignUp, Topic
from wagtail_marketing.contacts.registry import channel_address, confirmation_senders
from wagtail_marketing.core import clock, tasks
from wagtail_marketing.core.errors import InvalidInput, NotConfigured
from wagtail_marketing.core.identity import address_hash, normalise_phone

#: Sign-ups of one address that are kept in a day; more are the same bomb.
MOST_PER_ADDRESS = 10
DAY = timedelta(days=1)


def sign_up(
    *,
    address: str,
    text: str,
    channel: str = "email",
    topics: Collection[Topic] = (),
    offered: Collection[Topic] | None = None,
    text_version: str = "",
    source: str = "form",
    language: str = "",
    site: Any = None,
    first_name: str = "",
    last_name: str = "",
    region: str = "",
    origin: str = "",
    ip: str | None = None,
    now: datetime | None = None,
) -> SignUp | None:
    """Somebody asks to be written to at ``address``; a message asks them to confirm, once a day at most.

    ``text`` is the exact wording that the person saw. ``topics`` are those that they chose of ``offered``;
    without any it is the channel as such. ``region`` (ISO 3166) reads a phone number without ``+``. None where
    this address asked too often today: tell nobody. Raises ``InvalidInput`` and ``NotConfigured``.
    """
    now = now or clock.now()
    normalised = normalised_address(channel, address, region)
    if channel not in confirmation_senders:
        raise NotConfigured(
            _("Nobody can sign up for %(channel)s: nothing sends the confirmation.") % {"channel": channel},
            field="channel",
        )
    if not text.strip():
        raise InvalidInput(_("The words that the person agrees to are missing."), field="text")
    for topic in topics:
        if not (topic.is_active and topic.is_public):
            raise InvalidInput(_("“%(topic)s” cannot be signed up for.") % {"topic": topic.name}, field="topics")
    digest = address_hash(normalised)
    # Of all sign-ups, whoever the address belongs to: it says nothing of the person.
    lately = SignUp.objects.filter(channel=channel, address_hash=digest, created_at__gt=now - DAY)
    if lately.count() >= MOST_PER_ADDRESS:
        return None
    row = SignUp.objects.create(
        channel=channel,
        address=normalised,
        address_hash=digest,
        first_name=" ".join(first_name.split())[:150],
        last_name=" ".join(last_name.split())[:150],
        language=language or translation.get_language() or "",
        site=site,
        topics=sorted(topic.pk for topic in topics),
        offered=sorted(topic.pk for topic in (topics if offered is None else offered)),
        text=text,
        text_version=text_version[:40],
        source=source,
        origin=origin[:255],
        ip=ip,
        created_at=now,
    )
    tasks.wake()
    return row


def topics_of(site: Any = None, *, ids: Collection[int] | None = None) -> list[Topic]:
    """The topics that people may choose on ``site``, with their translations: two statements."""
    found = Topic.objects.filter(Q(site=None) | Q(site=site), is_active=True, is_public=True)
    if ids is not None:
        found = found.filter(pk__in=ids)
    return list(found.prefetch_related("texts"))


def normalised_address(channel: str, address: str, region: str = "") -> str:
    """``address`` as we compare and hash it. Raises ``InvalidInput`` that says how to write one."""
    plug = channel_address(channel)
    if channel == "sms":
        found = normalise_phone(address, region=region or None)
        # Stricter than what a sync brings: nobody else can correct it.
        if not found or not phonenumbers.is_valid_number(phonenumbers.parse(found)):
            raise InvalidInput(
                _("“%(value)s” is not a phone number.") % {"value": address},
                field="phone",
                remedy=_("Choose the country, or begin with + and its code, such as +44 20 7946 0000."),
            )
        return found
    found = plug.normalise(address)
    if not found or not _is_plain(found):
        raise InvalidInput(
            _("“%(value)s” is not an e-mail address.") % {"value": address},
            field="email",
            remedy=_("Write it as name@example.com."),
        )
    return found


def _is_plain(address: str) -> bool:
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    try:
        validate_email(address)
    except ValidationError:
        return False
    return len(address) <= 254
