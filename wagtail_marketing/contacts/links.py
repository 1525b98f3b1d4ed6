"""The addresses that messages and forms carry: confirm a sign-up, change one's preferences, the form's own words.

Signed, one purpose each, no row per link but the sign-up's own (see ``core.tokens``).
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse

from wagtail_marketing.conf import settings
from wagtail_marketing.core import clock, tokens
from wagtail_marketing.core.tokens import BadToken

from .models import Contact, ContactAlias, SignUp
from .registry import channels

CONFIRM, PREFERENCES, ACCOUNT, FORM = "wm-confirm", "wm-preferences", "wm-account", "wm-sign-up"
#: A customer who is logged in gets a link of their own for this long: it proves an account, not an address.
ACCOUNT_LINK = timedelta(hours=2)
#: What a test message carries instead of a person.
NOBODY = UUID(int=0)
_UUID, _HASH, _TIME = 16, 8, 5


def confirm_url(sign_up: SignUp, *, base_url: str = "") -> str:
    """The address of the page on which ``sign_up`` is confirmed."""
    return _url("confirm", tokens.sign(CONFIRM, sign_up.uuid.bytes), base_url)


def read_confirm(token: str) -> UUID:
    """Raises ``BadToken``."""
    payload = tokens.unsign(CONFIRM, token)
    if len(payload) != _UUID:
        raise BadToken
    return UUID(bytes=payload)


def preferences_url(contact: Contact | None, *, address_hash: str = "", base_url: str = "") -> str:
    """The preference centre of the person whom a message at ``address_hash`` reached (None: a test message)."""
    payload = contact.uuid.bytes + bytes.fromhex(address_hash)[:_HASH] if contact else NOBODY.bytes + bytes(_HASH)
    return _url("preferences", tokens.sign(PREFERENCES, payload), base_url)


def account_url(contact: Contact, *, now: datetime | None = None) -> str:
    """The preference centre of a customer who is logged in to the shop, for a short time."""
    until = int(((now or clock.now()) + ACCOUNT_LINK).timestamp())
    return _url("preferences", tokens.sign(ACCOUNT, contact.uuid.bytes + until.to_bytes(_TIME)), "")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who follows a link to the preferences; ``contact`` None: a test message.

    ``proven`` are the channels by which the link came: that address is the person's own. A log-in proves none.
    """

    contact: Contact | None
    proven: frozenset[str] = frozenset()


def read_preferences(token: str, *, now: datetime | None = None) -> Visitor:
    """Raises ``BadToken``, also where the person is gone, has another address now, or the time is up."""
    try:
        payload = tokens.unsign(PREFERENCES, token)
    except BadToken:
        payload = tokens.unsign(ACCOUNT, token)
        if len(payload) != _UUID + _TIME:
            raise BadToken from None
        until = datetime.fromtimestamp(int.from_bytes(payload[_UUID:]), UTC)
        contact = _contact(payload[:_UUID])
        if contact is None or (now or clock.now()) > until:
            raise BadToken from None
        return Visitor(contact)
    if len(payload) != _UUID + _HASH:
        raise BadToken
    if payload == NOBODY.bytes + bytes(_HASH):
        return Visitor(None)
    contact = _contact(payload[:_UUID])
    if contact is None:
        raise BadToken
    hashes = {channel.channel: getattr(contact, channel.hash_field) for channel in channels}
    proven = [name for name, digest in hashes.items() if digest and bytes.fromhex(digest)[:_HASH] == payload[_UUID:]]
    if not proven:
        raise BadToken
    return Visitor(contact, frozenset(proven))


def _contact(raw: bytes) -> Contact | None:
    """By its uuid, or by that of a contact that was merged into it."""
    uuid = UUID(bytes=raw)
    found = Contact.objects.filter(uuid=uuid).first()
    if found is None:
        alias = ContactAlias.objects.filter(uuid=uuid).select_related("contact").first()
        found = alias.contact if alias else None
    return found


def sign_form(offer: dict[str, Any]) -> str:
    """What a form shows, signed: it comes back as it was shown, also from a page that was cached for a week."""
    return tokens.sign(FORM, json.dumps(offer, separators=(",", ":")).encode())


def read_form(token: str) -> dict[str, Any]:
    """Raises ``BadToken``."""
    return json.loads(tokens.unsign(FORM, token))


def _url(name: str, token: str, base_url: str) -> str:
    return (base_url or settings.public_base_url) + reverse(f"wagtail_marketing:{name}", args=[token])
