"""Header fields: a fixed list of names, values that cannot open a second line, RFC 2047 for text."""

import base64
import re

from wagtail_marketing.messaging.errors import RecipientError

#: In the order in which they are written. A name that is not here is never written.
NAMES = (
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
)

# C0, DEL, C1, the Unicode line and paragraph separators; and line breaks in percent or RFC 2047 disguise
# (CVE-2024-6923 and its relatives are all one of these).
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]|%0[ad]|=0[ad]|&#(?:x0*[ad]|0*1[03]);", re.IGNORECASE)
_ASCII = re.compile(r"[ -~]*\Z").match
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z").match
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z").match
_FOLD = 76


def check_value(text: str, *, header: str) -> str:
    """``text`` without outer white space, or ``RecipientError`` where it could break out of its header."""
    if _FORBIDDEN.search(text):
        raise RecipientError(f"{header}: the text holds a control character or a line break.")
    return text.strip()


def encode_text(text: str, *, header: str) -> bytes:
    """The octets of an unstructured header value: plain ASCII where it fits one line, else RFC 2047 words.

    ``email.header.decode_header`` gives back exactly the same text (outer white space aside).
    """
    text = check_value(text, header=header)
    if _ASCII(text) and "=?" not in text and len(header) + 2 + len(text) <= _FOLD:
        return text.encode("ascii")
    return b"\r\n ".join(_words(text))


def _words(text: str):
    chunk = bytearray()
    for character in text:
        octets = character.encode("utf-8", "replace")
        if len(chunk) + len(octets) > 45:  # 60 base64 characters and the 12 of the frame: 72 octets
            yield b"=?utf-8?b?" + base64.b64encode(chunk) + b"?="
            chunk = bytearray()
        chunk += octets
    yield b"=?utf-8?b?" + base64.b64encode(chunk) + b"?="


def parse_address(text: str) -> str:
    """The address as it may stand on the wire: dot-atom local part, domain of A-labels in lower case.

    Quoted local parts, comments, routes, address literals and single-label domains are refused
    (``RecipientError``): no shop's customer has them, and every parser reads them differently.
    """
    if text != text.strip() or text.count("@") != 1 or len(text) > 254:
        raise RecipientError("This is not an e-mail address.")
    local, _, domain = text.partition("@")
    if not _LOCAL(local) or len(local) > 64 or _FORBIDDEN.search(text):
        raise RecipientError("The part before the @ is not one that we can send to.")
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise RecipientError("The part after the @ is not a domain name.") from None
    labels = domain.split(".")
    if len(labels) < 2 or not all(_LABEL(label) for label in labels) or labels[-1].isdigit():
        raise RecipientError("The part after the @ is not a domain name.")
    return f"{local}@{domain}"


def encode_address(name: str, address: str, *, header: str) -> bytes:
    """``name <address>`` with the name as a quoted string or RFC 2047 words, or the bare address."""
    address = parse_address(address)
    name = check_value(name, header=header)
    if not name:
        return address.encode("ascii")
    if _ASCII(name) and "=?" not in name and len(header) + len(name) + len(address) < _FOLD - 8:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'.encode("ascii")
    return b"\r\n ".join([*_words(name), f"<{address}>".encode("ascii")])


def check_uri(uri: str, *, header: str) -> bytes:
    """``<uri>`` for ``List-Unsubscribe``: one absolute https (in development http) address of plain characters."""
    if not re.match(r"https?://[!-;=?-~]+\Z", uri) or len(uri) > 900:
        raise RecipientError(f"{header}: this is not an address that a mail may carry.")
    return f"<{uri}>".encode("ascii")
