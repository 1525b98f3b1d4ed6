"""SMTP with prepared bytes, one message a transaction, and an exact account of where it ended.

``smtplib`` is used for the connection (EHLO, STARTTLS, AUTH); the transaction is ours, because its own exceptions
are the same for "not accepted" and "accepted, but the answer was lost".
"""

import enum
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wagtail_marketing.messaging import faults

from .base import Outcome, Prepared, Result, Transport


class Phase(enum.StrEnum):
    """Where in the conversation something happened."""

    CONNECT = "connect"
    EHLO = "ehlo"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "final-dot"
    REPLY = "reply"
    QUIT = "quit"


#: A 5xx that is about us and not about the recipient, by enhanced status code (RFC 3463, and Google's and
#: Microsoft's lists): authentication, policy of the sender's domain, relaying.
_OURS_ENHANCED = re.compile(r"5\.7\.(?:0|1|8|9|14|20|21|23|24|25|26|27|28|29|30|57|60|500|515)\b|5\.5\.[0-4]\b")
_OURS_BASIC = frozenset({500, 501, 502, 503, 504, 530, 534, 535, 538})
_PERSONAL = re.compile(r"5\.(?:1\.[0-36]|2\.\d+)\b")


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """How to reach the server. ``envelope_from`` is what MAIL FROM says."""

    host: str
    port: int
    envelope_from: str
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False
    timeout: float = 30.0
    local_hostname: str = ""

    @classmethod
    def from_settings(cls, given: Mapping[str, Any], *, envelope_from: str, timeout: float) -> "SmtpConfig":
        return cls(
            host=given["HOST"] or "localhost",
            port=int(given["PORT"] or 25),
            envelope_from=envelope_from,
            user=given["USER"] or "",
            password=given["PASSWORD"] or "",
            use_tls=bool(given["USE_TLS"]),
            use_ssl=bool(given["USE_SSL"]),
            timeout=timeout,
        )


class _Lost(Exception):
    """The connection is gone, or its answer is not one."""


def judge(phase: Phase, code: int, text: str) -> Outcome:
    """The outcome of a reply that was not the one we wanted. ``code`` is the basic status code of ``phase``."""
    detail = f"{code} {text}"[:255]
    if 400 <= code < 500:
        return Outcome(Result.RETRY, "deferred", detail, phase)
    ours = _OURS_ENHANCED.search(text) and not _PERSONAL.search(text)
    if phase in (Phase.CONNECT, Phase.EHLO, Phase.AUTH, Phase.MAIL) or code in _OURS_BASIC or ours:
        return Outcome(Result.MISCONFIGURED, "misconfigured", detail, phase)
    return Outcome(Result.FAILED, "refused", detail, phase)


def lost(phase: Phase, detail: str) -> Outcome:
    """The outcome of a connection that ended in ``phase``.

    Before and inside the body the server cannot have accepted the message: the dot goes out in a write of its own.
    From the dot on it may have.
    """
    if phase in (Phase.DOT, Phase.REPLY):
        return Outcome(Result.UNKNOWN, "reply-lost", detail[:255], phase)
    return Outcome(Result.RETRY, "connection", detail[:255], phase)


class SmtpTransport(Transport):
    """One connection, re-used from message to message and opened again when it is lost."""

    #: After this many messages the connection is closed in good order, as many servers ask.
    PER_CONNECTION = 1000

    def __init__(self, config: SmtpConfig, *, connect: Callable[..., smtplib.SMTP] | None = None):
        self._config = config
        self._connect = connect
        self._client: smtplib.SMTP | None = None
        self._used = 0
        self.phase = Phase.CONNECT

    def deliver(self, prepared: Iterable[Prepared]) -> Iterator[tuple[Prepared, Outcome]]:
        failures = 0
        for item in prepared:
            outcome = self._attempt(item)
            yield item, outcome
            if outcome.result is Result.MISCONFIGURED:
                return
            # A server that cannot be reached three times in a row will not be for the fourth.
            failures = failures + 1 if outcome.phase in (Phase.CONNECT, Phase.EHLO, Phase.AUTH) else 0
            if failures >= 3:
                return

    def _attempt(self, item: Prepared) -> Outcome:
        try:
            refused = self._ready() or self._transaction(item)
        except (OSError, smtplib.SMTPException, _Lost) as error:
            phase = self.phase
            self._drop()
            if phase is Phase.AUTH and isinstance(error, ssl.SSLError | smtplib.SMTPNotSupportedError):
                return Outcome(Result.MISCONFIGURED, "misconfigured", str(error)[:255], phase)
            return lost(phase, f"{type(error).__name__}: {error}")
        return refused or Outcome(Result.SENT, "", self._last, Phase.REPLY)

    def _ready(self) -> Outcome | None:
        """A connection that can take a transaction; or the outcome where the server would not have us."""
        if self._client is not None and self._used >= self.PER_CONNECTION:
            self.close()
        if self._client is not None:
            return None
        config = self._config
        self.phase = Phase.CONNECT
        options: dict[str, Any] = {"timeout": config.timeout}
        options["local_hostname"] = config.local_hostname or _hostname()
        if self._connect is not None:
            factory = self._connect
        elif config.use_ssl:
            factory, options["context"] = smtplib.SMTP_SSL, ssl.create_default_context()
        else:
            factory = smtplib.SMTP
        try:
            client = factory(config.host, config.port, **options)
            self._client, self._used = client, 0
            if client.sock is not None:
                # The dot goes out alone: it must not wait 40 ms for the acknowledgement of the body (Nagle).
                client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.phase = Phase.EHLO
            client.ehlo_or_helo_if_needed()
            self.phase = Phase.AUTH
            if config.use_tls:
                client.starttls(context=ssl.create_default_context())
                client.ehlo()
            if config.user:
                client.login(config.user, config.password)
        except (smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPAuthenticationError) as error:
            self._drop()
            reply = error.smtp_error
            text = reply.decode(errors="replace") if isinstance(reply, bytes) else str(reply or "")
            return judge(self.phase, error.smtp_code, text)
        return None

    @property
    def _open(self) -> smtplib.SMTP:
        if self._client is None:
            raise _Lost("There is no connection.")
        return self._client

    def _transaction(self, item: Prepared) -> Outcome | None:
        """One message: None where it was accepted, else what the server said. Raises where it is lost."""
        self._used += 1
        size = f" SIZE={len(item.payload)}" if self._open.has_extn("size") else ""
        for phase, line, wanted in (
            (Phase.MAIL, f"MAIL FROM:<{self._config.envelope_from}>{size}", (250,)),
            (Phase.RCPT, f"RCPT TO:<{item.address}>", (250, 251)),
            (Phase.DATA, "DATA", (354,)),
        ):
            self.phase = phase
            faults.point(f"smtp.{phase}")
            code, text = self._command(line)
            if code not in wanted:
                return self._refused(judge(phase, code, text), code)
        self.phase = Phase.BODY
        half = len(item.payload) // 2
        self._open.send(item.payload[:half])
        faults.point("smtp.body")
        self._open.send(item.payload[half:])
        self.phase = Phase.DOT
        # A write of its own: when it fails, or anything before it, the server has no complete message.
        self._open.send(b".\r\n")
        faults.point("smtp.final-dot")
        self.phase = Phase.REPLY
        code, text = self._reply()
        if code != 250:
            if not 400 <= code < 600:
                raise _Lost(f"{code} {text}")
            return self._refused(judge(Phase.REPLY, code, text), code)
        self._last = f"{code} {text}"[:255]
        faults.point("smtp.reply")
        return None

    _last = ""

    def _command(self, line: str) -> tuple[int, str]:
        self._open.send(line.encode("ascii") + b"\r\n")
        return self._reply()

    def _reply(self) -> tuple[int, str]:
        code, text = self._open.getreply()
        if code == -1:
            raise _Lost("The answer cannot be read.")
        return code, text.decode(errors="replace").replace("\n", " ")

    def _refused(self, outcome: Outcome, code: int) -> Outcome:
        """After a refusal the connection can go on, but for 421 and for a reply that is out of step."""
        if code == 421:
            self._drop()
            return outcome
        try:
            if self._command("RSET")[0] != 250:
                self._drop()
        except (OSError, smtplib.SMTPException, _Lost):
            self._drop()
        return outcome

    def _drop(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            client.close()

    def close(self) -> None:
        """QUIT. Whatever happens here, what was accepted stays accepted."""
        if self._client is None:
            return
        self.phase = Phase.QUIT
        try:
            self._client.quit()
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            self._drop()


def _hostname() -> str:
    # socket.getfqdn() may wait seconds for a resolver; the bare name is allowed in EHLO.
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]+", name) else "localhost"
