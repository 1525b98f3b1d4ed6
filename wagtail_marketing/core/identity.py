"""One way to write an address: merge, limits and suppression all compare these forms."""

import hashlib
import hmac
from functools import lru_cache

import phonenumbers

from wagtail_marketing.conf import settings


def normalise_email(address: str | None) -> str:
    """Trimmed, lower case, domain as IDN A-label; no folding of plus or dots.

    Returns an empty string where there is nothing to normalise. It does not judge deliverability.
    """
    address = (address or "").strip().lower()
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        return ""
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        return ""
    return f"{local}@{domain}"


def normalise_phone(number: str | None, *, region: str | None = None) -> str:
    """E.164 (``+4930123456``), or an empty string where it is not a possible number."""
    return _e164(number, region or settings.default_phone_region) if number else ""


#: A row of a file asks the same of one number several times; each parse is slower than the rest of the row.
@lru_cache(maxsize=4096)
def _e164(number: str, region: str | None) -> str:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def digits_of(text: str) -> str:
    """The digits 0 to 9 of ``text``, in their order, whatever else stands between them."""
    return "".join(sign for sign in text if sign in "0123456789")


@lru_cache(maxsize=4096)
def phone_country(number: str) -> str:
    """The country (ISO 3166, two letters) of a number in E.164; empty where it belongs to none or to many.

    Not the calling code: the United States and Canada share theirs.
    """
    if not number:
        return ""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ""
    # "001" and its like are numbers of the whole world.
    return region if region and region.isalpha() else ""


def address_hash(normalised: str) -> str:
    """HMAC-SHA256 of a normalised address under ``HASH_KEY``, 64 hex digits; empty for an empty address.

    A suppression keyed by it outlives the erasure of the address itself.
    """
    if not normalised:
        return ""
    return hmac.new(settings.hash_key, normalised.encode(), hashlib.sha256).hexdigest()
