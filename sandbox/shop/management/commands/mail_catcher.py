"""A local SMTP server that keeps what it receives and passes nothing on."""

from __future__ import annotations

import signal
import threading

from aiosmtpd.controller import Controller
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from shop.mailstore import MailStore


class Catcher:
    """Hands every mail to the store. aiosmtpd calls `handle_DATA`."""

    def __init__(self, store: MailStore) -> None:
        self.store = store

    async def handle_DATA(self, server, session, envelope):
        self.store.add(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content)
        return "250 Kept"


class Command(BaseCommand):
    help = "Receive mail on 127.0.0.1 and keep each as an .eml file; nothing is passed on."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=settings.DEMO_SMTP_PORT)

    def handle(self, *args, **options):
        store = MailStore()
        controller = Controller(Catcher(store), hostname="127.0.0.1", port=options["port"])
        try:
            controller.start()
        except OSError as error:
            raise CommandError(f"Port {options['port']} cannot be used: {error}. Set DEMO_SMTP_PORT.") from error
        self.stdout.write(f"Keeping mail for 127.0.0.1:{options['port']} in {store.folder}")
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        stop.wait()
        controller.stop()
