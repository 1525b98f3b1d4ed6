"""The mails that the demo's SMTP server received: one .eml file each, in sandbox/var/mail.

The catcher, the mailbox page and the demo journey read and write them through this module.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from pathlib import Path

from django.conf import settings

NAME = re.compile(r"[0-9]{19}-[0-9]+-[0-9]+")
_number = count()


@dataclass(frozen=True, slots=True)
class Mail:
    """A received mail. `sender` and `recipients` are the envelope's, not the headers'."""

    name: str
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        return part.get_content() if part is not None else ""

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        return part.get_content() if part is not None else ""


class MailStore:
    def __init__(self, folder: Path | None = None) -> None:
        self.folder = Path(folder or settings.SANDBOX_MAIL)

    def add(self, sender: str, recipients: list[str], content: bytes) -> str:
        """Keep a mail; it is there as a whole or not at all. Gives its name, which sorts by time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():019d}-{os.getpid()}-{next(_number)}"
        head = f"X-Envelope-From: {_one_line(sender)}\r\n".encode()
        head += "".join(f"X-Envelope-To: {_one_line(to)}\r\n" for to in recipients).encode()
        draft = self.folder / f"{name}.part"
        draft.write_bytes(head + content)
        draft.rename(self.folder / f"{name}.eml")
        return name

    def names(self) -> list[str]:
        """All mails, the newest first."""
        if not self.folder.is_dir():
            return []
        return sorted((path.stem for path in self.folder.glob("*.eml") if NAME.fullmatch(path.stem)), reverse=True)

    def get(self, name: str) -> Mail | None:
        path = self.folder / f"{name}.eml"
        if not NAME.fullmatch(name) or not path.is_file():
            return None
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        return Mail(
            name,
            str(message.get("X-Envelope-From", "")),
            tuple(str(to) for to in message.get_all("X-Envelope-To", ())),
            message,
        )

    def clear(self) -> None:
        for name in self.names():
            (self.folder / f"{name}.eml").unlink(missing_ok=True)


def _one_line(address: str) -> str:
    return "".join(address.split())
