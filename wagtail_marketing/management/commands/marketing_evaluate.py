"""Prices carts from JSON: the engine on the command line, without a row in the database."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from wagtail_marketing.discounts.engine import InvalidInput, evaluate_json


class Command(BaseCommand):
    help = "Price carts: reads {cart, discounts, facts, now, codes}, or a list of them, and prints the evaluation."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a JSON file, or - for standard input")
        parser.add_argument("--runs", action="store_true", help="write equal neighbouring units as one entry")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer = self._answer(self._read(options["file"]), options["runs"])
        except InvalidInput as error:
            self.stdout.write(json.dumps(error.as_json()))
            sys.exit(2)
        self.stdout.write(json.dumps(answer, indent=2))

    def _read(self, name: str) -> Any:
        try:
            text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
            return json.loads(text)
        except OSError as error:
            raise InvalidInput("", f"{name} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise InvalidInput("", f"is not JSON: {error}") from None

    def _answer(self, data: Any, runs: bool) -> Any:
        if isinstance(data, list):
            return [evaluate_json(one, f"[{number}]").as_json(runs=runs) for number, one in enumerate(data)]
        return evaluate_json(data).as_json(runs=runs)
