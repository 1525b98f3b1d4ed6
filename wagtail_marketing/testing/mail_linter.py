"""The rules that every message of ours keeps, judged on the bytes that an SMTP server accepted.

``problems(data)`` returns what is wrong, in words; an empty list is a clean message. ``data`` has CRLF line ends and
no dots of the transport, as ``SmtpSink`` keeps it.
"""

import email
import email.header
import email.policy
import re
from email.message import EmailMessage
from urllib.parse import urlsplit

HEADERS = frozenset(
    {
        *("from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type"),
        *("list-id", "list-unsubscribe", "list-unsubscribe-post", "feedback-id", "auto-submitted"),
    }
)
_ONCE = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")
_PLACEHOLDER = "wmq7x"


def problems(data: bytes, *, marketing: bool = True, postal_address: str = "") -> list[str]:
    """What is wrong with one message. ``postal_address``: its first line must stand in HTML and text."""
    found = _octets(data)
    message: EmailMessage = email.message_from_bytes(data, policy=email.policy.SMTP)  # type: ignore[assignment]
    found += [f"defect: {defect!r}" for part in message.walk() for defect in part.defects]
    names = [name.lower() for name in message]
    found += [f"header that is not on the list: {name}" for name in names if name not in HEADERS]
    found += [f"{name} stands {names.count(name)} times" for name in _ONCE if names.count(name) != 1]
    found += [f"{name} stands {names.count(name)} times" for name in set(names) - set(_ONCE) if names.count(name) > 1]
    found += _headers(data, message, marketing)
    found += _parts(message, postal_address)
    return found


def _octets(data: bytes) -> list[str]:
    found = []
    if not data.endswith(b"\r\n"):
        found.append("does not end with a line break")
    if b"\0" in data:
        found.append("holds a NUL")
    rest = data.replace(b"\r\n", b"")
    if b"\r" in rest or b"\n" in rest:
        found.append("holds a bare CR or LF")
    lines = data.split(b"\r\n")
    if any(len(line) > 998 for line in lines):
        found.append("holds a line of more than 998 octets")
    if any(octet > 127 for octet in data):
        found.append("holds octets above 127")
    if any(line.startswith(b".") for line in lines):
        found.append("a line begins with a dot")
    return found


def _headers(data: bytes, message: EmailMessage, marketing: bool) -> list[str]:
    found = []
    head = data.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
    for field in re.split(r"\r\n(?![ \t])", head):
        name, colon, value = field.partition(":")
        if not colon or not re.fullmatch(r"[A-Za-z-]+", name):
            found.append(f"not a header: {field[:60]!r}")
        decoded = str(email.header.make_header(email.header.decode_header(value.replace("\r\n", ""))))
        if re.search("[\x00-\x08\x0a-\x1f\x7f\u2028\u2029]", decoded):
            found.append(f"{name} holds a control character")
    if not re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", str(message["Message-ID"])):
        found.append("Message-ID is not one")
    for name in ("From", "To"):
        if message[name] is None or len(message[name].addresses) != 1:
            found.append(f"{name} does not hold one address")
    for name in ("From", "To", "Reply-To"):
        for address in message[name].addresses if message[name] else ():
            if not address.domain.isascii() or "." not in address.domain:
                found.append(f"{name}: the domain is not one of A-labels")
    if marketing:
        links = re.findall(r"<([^>]*)>", str(message["List-Unsubscribe"]))
        if len(links) != 1 or urlsplit(links[0]).scheme not in ("https", "http"):
            found.append("List-Unsubscribe does not hold one HTTPS address")
        if message["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
            found.append("List-Unsubscribe-Post is missing")
        if not message["List-Id"]:
            found.append("List-Id is missing")
    return found


def _parts(message: EmailMessage, postal_address: str) -> list[str]:
    if message.get_content_type() != "multipart/alternative":
        return ["is not multipart/alternative"]
    found = []
    kinds = [part.get_content_type() for part in message.iter_parts()]
    if kinds != ["text/plain", "text/html"]:
        return [f"has the parts {kinds}"]
    plain, html = (part.get_content() for part in message.iter_parts())
    if not plain.strip():
        found.append("the text part is empty")
    for kind, content in (("text", plain), ("HTML", html)):
        if _PLACEHOLDER in content:
            found.append(f"the {kind} part holds a placeholder of ours")
        if postal_address and postal_address.splitlines()[0] not in content:
            found.append(f"the {kind} part lacks the postal address")
    return found
