"""What a sign-up form shows, as the signed field that it carries: the form itself is the only record of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from wagtail_marketing.contacts.links import BadToken, read_form, sign_form
from wagtail_marketing.contacts.registry import confirmation_senders
from wagtail_marketing.core import clock


@dataclass(frozen=True, slots=True)
class Offer:
    """One form as it was shown: topics by id, the words to agree to, what it asks for, and when it was made."""

    text: str
    topics: Sequence[int] = ()
    channels: Sequence[str] = ("email",)
    ask_name: bool = False
    site: int | None = None
    language: str = ""
    heading: str = ""
    intro: str = ""
    button: str = ""
    origin: str = ""
    at: float = field(default=0)

    @property
    def version(self) -> str:
        """A short name of the exact words, so that two versions can be told apart."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    def signed(self, *, now: datetime | None = None) -> str:
        made = now or clock.now()
        return sign_form({**asdict(self), "at": made.timestamp(), "language": self.language or language()})


def read(token: str) -> Offer:
    """Raises ``BadToken``, also for a form of another version of ours."""
    try:
        return Offer(**read_form(token))
    except (TypeError, ValueError) as error:
        raise BadToken from error


def language() -> str:
    return translation.get_language() or "en"


def default_text(sender: str) -> str:
    """What people agree to where the editor wrote nothing else."""
    if not sender:
        return _("Yes, send me news by e-mail. I can unsubscribe at any time, by a link in every message.")
    words = _("Yes, send me news of %(sender)s by e-mail. I can unsubscribe at any time, by a link in every message.")
    return words % {"sender": sender}


def open_channels(wanted: Sequence[str]) -> list[str]:
    """Those of ``wanted`` whose confirmation somebody sends."""
    return [channel for channel in wanted if channel in confirmation_senders]


def for_site(site: Any, topics: Sequence[Any]) -> Offer:
    """The form of a site that made none of its own."""
    return Offer(
        text=default_text(site.site_name if site else ""),
        topics=[topic.pk for topic in topics],
        channels=open_channels(["email"]),
        site=site.pk if site else None,
        language=language(),
    )
