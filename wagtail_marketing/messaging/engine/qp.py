"""Quoted-printable (RFC 2045, 6.7) in pieces that can be joined in any order.

Each encoded piece starts at column 0 and ends at column 0, by a soft break (``=`` CRLF) where the text does not end
with a line break. So a text that was encoded once can stand between values that are encoded per recipient, and
nothing has to be wrapped again. A dot that opens a line is written ``=2E``: SMTP then never has to stuff dots.
"""

import re

MAX_LINE = 75  # of 76: one octet is kept for the "=" of a soft break

_SAFE = frozenset([*range(33, 61), *range(62, 127), 32, 9])
_TABLE = [bytes([octet]) if octet in _SAFE else b"=%02X" % octet for octet in range(256)]
# Short and harmless values (names, numbers, link tokens) need no work at all.
_PLAIN = re.compile(r"[!-<>-~](?:[ -<>-~]{0,72}[!-<>-~])?\Z").match
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def encode(text: str) -> bytes:
    """The quoted-printable octets of ``text`` (UTF-8), from column 0 to column 0; ``b""`` for the empty text.

    Line breaks of any kind become CRLF; control characters that no mail may carry are left out.
    """
    if _PLAIN(text) and text[0] != ".":
        return text.encode("ascii") + b"=\r\n"
    if not text:
        return b""
    lines = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    out = bytearray()
    for line in lines[:-1]:
        _encode_line(out, line, hard=True)
        out += b"\r\n"
    if lines[-1]:
        _encode_line(out, lines[-1], hard=False)
        out += b"=\r\n"
    return bytes(out)


def _encode_line(out: bytearray, line: str, *, hard: bool) -> None:
    octets = line.encode("utf-8", "replace")
    last = len(octets) - 1
    column = 0
    for index, octet in enumerate(octets):
        piece = _TABLE[octet]
        if hard and index == last and octet in (32, 9):
            piece = b"=%02X" % octet  # white space before a hard break may be dropped on the way
        if column + len(piece) > MAX_LINE:
            out += b"=\r\n"
            column = 0
        if column == 0 and octet == 46:
            piece = b"=2E"
        out += piece
        column += len(piece)
