"""A real SMTP server for tests: it keeps the bytes that it accepted, and misbehaves on request.

::

    with SmtpSink() as sink:
        ...                                   # host 127.0.0.1, port sink.port
    sink.messages                             # [Received(mail_from, recipients, data)]

A script maps a recipient, and a step (``mail``, ``rcpt``, ``data``, ``dot``), to a reply such as ``"451 later"``, or to
``DROP`` (the connection is cut there) or ``HANG`` (no answer comes). ``ACCEPT_THEN_DROP`` at ``dot`` keeps the message
and cuts the connection before the reply: the case that no client can tell from a loss.
"""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

DROP = "drop"
HANG = "hang"
ACCEPT_THEN_DROP = "accept-then-drop"


@dataclass(frozen=True)
class Received:
    """One accepted message; ``data`` has CRLF line ends, the dots of the transport taken out."""

    mail_from: str
    recipients: tuple[str, ...]
    data: bytes


class SmtpSink:
    """Listens on a free port of 127.0.0.1, one thread per connection."""

    def __init__(self, script: dict[tuple[str, str], str] | None = None, *, greeting: str = "220 sink ESMTP"):
        #: {(recipient or "*", step): reply}; may be changed while it runs.
        self.script = dict(script or {})
        self.greeting = greeting
        self.messages: list[Received] = []
        self.connections = 0
        self.on_accept: Callable[[Received], None] | None = None
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._clients: list[socket.socket] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> "SmtpSink":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        # shutdown() wakes the thread that waits in accept(); close() alone does not.
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for client in self._clients:
            client.close()
        self._thread.join(5)

    def to(self, address: str) -> list[Received]:
        """The accepted messages of one recipient."""
        return [message for message in self.messages if address in message.recipients]

    def _listen(self) -> None:
        while True:
            try:
                client, _address = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._clients.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _reply_for(self, recipient: str, step: str, default: str) -> str:
        return self.script.get((recipient, step)) or self.script.get(("*", step)) or default

    def _serve(self, client: socket.socket) -> None:
        lines = client.makefile("rb")
        try:
            self._say(client, self.greeting)
            if self.greeting[0] in "45":
                return
            self._converse(client, lines)
        except (OSError, ValueError, _CutError):
            pass
        finally:
            lines.close()
            client.close()

    def _converse(self, client: socket.socket, lines) -> None:
        sender = ""
        recipients: list[str] = []
        while line := lines.readline():
            verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            verb = verb.upper()
            address = rest.partition("<")[2].partition(">")[0]
            if verb in ("EHLO", "HELO"):
                self._say(client, "250-sink\r\n250-SIZE 50000000\r\n250 PIPELINING" if verb == "EHLO" else "250 sink")
            elif verb == "MAIL":
                sender, recipients = address, []
                self._step(client, self._reply_for("*", "mail", "250 ok"))
            elif verb == "RCPT":
                reply = self._reply_for(address, "rcpt", "250 ok")
                if reply[0] == "2":
                    recipients.append(address)
                self._step(client, reply)
            elif verb == "DATA":
                reply = self._reply_for(recipients[0] if recipients else "*", "data", "354 go on")
                self._step(client, reply)
                if reply[0] == "3":
                    self._body(client, lines, sender, tuple(recipients))
            elif verb == "RSET":
                sender, recipients = "", []
                self._say(client, "250 ok")
            elif verb == "NOOP":
                self._say(client, "250 ok")
            elif verb == "QUIT":
                self._say(client, "221 bye")
                return
            else:
                self._say(client, "502 no")

    def _body(self, client: socket.socket, lines, sender: str, recipients: tuple[str, ...]) -> None:
        data = bytearray()
        while True:
            line = lines.readline()
            if not line.endswith(b"\n"):
                return  # the client is gone before the dot: nothing was accepted
            if line == b".\r\n":
                break
            data += line[1:] if line.startswith(b".") else line
        reply = self._reply_for(recipients[0], "dot", "250 2.0.0 queued")
        if reply == ACCEPT_THEN_DROP or reply[0] == "2":
            received = Received(sender, recipients, bytes(data))
            with self._lock:
                self.messages.append(received)
            if self.on_accept is not None:
                self.on_accept(received)
        self._step(client, reply)

    def _step(self, client: socket.socket, reply: str) -> None:
        if reply in (DROP, ACCEPT_THEN_DROP):
            raise _CutError
        if reply == HANG:
            client.recv(1)
            raise _CutError
        self._say(client, reply)
        if reply.startswith("421"):
            raise _CutError

    @staticmethod
    def _say(client: socket.socket, reply: str) -> None:
        client.sendall(reply.encode("ascii") + b"\r\n")


class _CutError(Exception):
    pass
