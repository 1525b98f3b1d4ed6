"""The addresses in a message that lead back to us: signed, one purpose each, no table row per person and link."""

import struct
from functools import cache

from django.urls import reverse

from wagtail_marketing.core import tokens
from wagtail_marketing.core.tokens import BadToken

OPEN, CLICK, UNSUBSCRIBE, VIEW = "wm-open", "wm-click", "wm-unsubscribe", "wm-view"
_ONE, _TWO = struct.Struct(">Q"), struct.Struct(">QQ")
_NAMES = {OPEN: "open", CLICK: "click", UNSUBSCRIBE: "unsubscribe", VIEW: "web_version"}


def sign_message(purpose: str, message_id: int) -> str:
    return tokens.sign(purpose, _ONE.pack(message_id))


def sign_click(link_id: int, message_id: int) -> str:
    return tokens.sign(CLICK, _TWO.pack(link_id, message_id))


def read_message(purpose: str, token: str) -> int:
    """The message id of a token of ``purpose``. Raises ``BadToken``."""
    payload = tokens.unsign(purpose, token)
    if len(payload) != _ONE.size:
        raise BadToken
    return _ONE.unpack(payload)[0]


def read_click(token: str) -> tuple[int, int]:
    """``(link id, message id)``. Raises ``BadToken``."""
    payload = tokens.unsign(CLICK, token)
    if len(payload) != _TWO.size:
        raise BadToken
    return _TWO.unpack(payload)


@cache
def _frame(purpose: str) -> tuple[str, str]:
    before, _, after = reverse(f"wagtail_marketing:{_NAMES[purpose]}", args=["TOKEN"]).partition("TOKEN")
    return before, after


def url(base_url: str, purpose: str, token: str) -> str:
    """The absolute address of one of our endpoints. The path is worked out once per process, not per link."""
    before, after = _frame(purpose)
    return f"{base_url}{before}{token}{after}"
