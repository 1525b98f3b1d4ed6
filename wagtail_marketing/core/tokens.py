"""Links in messages: signed, single-purpose, and verifiable after a key rotation.

A token is ``<key id>.<base64url(payload + tag)>``; the tag is keyed BLAKE2b (RFC 7693) of 12 bytes with
the purpose as personalisation, so that a token of one purpose is refused by every other endpoint.
"""

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache

from wagtail_marketing.conf import settings

TAG_SIZE = 12


class BadToken(Exception):
    """The token is malformed, of another purpose, or signed by no key of ours."""


@lru_cache(maxsize=64)
def _keyed(purpose: str, key: bytes) -> "hashlib.blake2b":
    return hashlib.blake2b(
        key=hashlib.blake2b(key, digest_size=32).digest(), digest_size=TAG_SIZE, person=purpose.encode()
    )


def _tag(purpose: str, key: bytes, payload: bytes) -> bytes:
    keyed = _keyed(purpose, key).copy()
    keyed.update(payload)
    return keyed.digest()


def sign(purpose: str, payload: bytes) -> str:
    """Token for ``payload``; ``purpose`` has at most 16 ASCII characters."""
    key_id, key = settings.token_keys[0]
    body = base64.urlsafe_b64encode(payload + _tag(purpose, key, payload)).rstrip(b"=").decode()
    return f"{key_id}.{body}"


def unsign(purpose: str, token: str) -> bytes:
    """The payload of ``token``. Raises ``BadToken``."""
    key_id, dot, body = token.partition(".")
    keys = dict(settings.token_keys)
    if not dot or key_id not in keys or not body.isascii():
        raise BadToken
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadToken from error
    payload, tag = raw[:-TAG_SIZE], raw[-TAG_SIZE:]
    if not hmac.compare_digest(tag, _tag(purpose, keys[key_id], payload)):
        raise BadToken
    # base64 has spare bits: only the one spelling that we wrote is ours.
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != body:
        raise BadToken
    return payload
