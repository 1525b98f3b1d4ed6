"""Counts whom a rule tree chooses: the builder's preview on the command line."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from wagtail_marketing.segments import selectors
from wagtail_marketing.segments.engine.tree import moment_at, parse
from wagtail_marketing.segments.errors import InvalidRules, TooSlow


class Command(BaseCommand):
    help = "Count whom segment rules choose: prints {count, reachable, sample} and, with --keys, all customer keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rules", required=True, help="a JSON file with the rules, or - for standard input")
        parser.add_argument("--now", help="judge the rules at this time (ISO 8601; without an offset: shop's zone)")
        parser.add_argument("--keys", action="store_true", help="also print every customer key, sorted")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer = self._answer(self._read(options["rules"]), options["now"], options["keys"])
        except InvalidRules as error:
            self.stdout.write(json.dumps(error.as_dict()))
            sys.exit(2)
        except TooSlow as error:
            self.stdout.write(json.dumps({"path": "", "message": str(error)}))
            sys.exit(3)
        self.stdout.write(json.dumps(answer, indent=2))

    def _answer(self, rules: Any, now: str | None, keys: bool) -> dict[str, Any]:
        moment = moment_at(self._time(now))
        tree = parse(rules, moment)
        found = selectors.preview(tree, now=moment.now)
        answer: dict[str, Any] = {
            "count": found.count,
            "reachable": found.reachable,
            "sample": [asdict(person) for person in found.sample],
        }
        if keys:
            answer["keys"] = selectors.keys_of(tree, now=moment.now)
        return answer

    def _time(self, text: str | None) -> datetime | None:
        try:
            return None if text is None else datetime.fromisoformat(text)
        except ValueError:
            raise InvalidRules(
                f"“{text}” is not a time.", path="now", remedy="Write it as 2018-01-01T00:00Z."
            ) from None

    def _read(self, name: str) -> Any:
        try:
            text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
            return json.loads(text)
        except OSError as error:
            raise InvalidRules(f"{name} cannot be read: {error.strerror}.", path="rules") from None
        except ValueError as error:
            raise InvalidRules(f"{name} is not JSON: {error}.", path="rules") from None
