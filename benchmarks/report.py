"""What every benchmark prints: one JSON object with figures, ratios, goals and versions.

A script builds a ``Report``, adds what it measured and ends with ``sys.exit(report.finish())``::

    from report import Report  # a script's own folder is on its path

    report = Report("sync", "Mirror the full shop on PostgreSQL")
    report.figure("rows_per_second", 41_300)
    report.ratio("sync_against_bulk_create", 0.52)
    report.goal("sync_against_bulk_create", 0.52, at_least=1 / 3)
    sys.exit(report.finish())

With ``--check`` the exit status is 1 where a goal is missed; without it, it is always 0, since a figure
is worth printing on a machine that is too slow for the goal. Goals are best put on ratios against a
baseline measured in the same process: absolute figures differ from machine to machine.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = ("wagtail_marketing", "Django", "wagtail", "django-q2", "psycopg2", "psycopg2-binary")


class Report:
    """Collects one benchmark's numbers and prints them.

    Takes the name of the script, one sentence on what it measures, and further options for the command
    line as ``add_arguments(parser)``; ``options`` holds what was given.
    """

    def __init__(self, name: str, about: str, add_arguments=None, argv: Sequence[str] | None = None) -> None:
        parser = argparse.ArgumentParser(prog=name, description=about)
        parser.add_argument("--check", action="store_true", help="exit with 1 where a goal is missed")
        if add_arguments:
            add_arguments(parser)
        self.name = name
        self.about = about
        self.options = parser.parse_args(argv)
        self.figures: dict[str, Any] = {}
        self.ratios: dict[str, float] = {}
        self.goals: dict[str, dict[str, Any]] = {}

    def figure(self, name: str, value: Any) -> None:
        """A measured number; put its unit into the name (``seconds``, ``rows_per_second``)."""
        self.figures[name] = round(value, 4) if isinstance(value, float) else value

    def ratio(self, name: str, value: float) -> float:
        """A number against a baseline of the same run, without a unit; given back rounded."""
        self.ratios[name] = round(float(value), 4)
        return self.ratios[name]

    def goal(self, name: str, value: float, *, at_least: float | None = None, at_most: float | None = None) -> bool:
        """State a goal with one bound and say whether ``value`` meets it. Raises ``ValueError`` for none or two."""
        if (at_least is None) == (at_most is None):
            raise ValueError(f"The goal “{name}” wants exactly one of at_least and at_most.")
        met = value >= at_least if at_least is not None else value <= at_most  # type: ignore[operator]
        bound = {"at_least": at_least} if at_least is not None else {"at_most": at_most}
        self.goals[name] = {"value": value, **bound, "met": met}
        return met

    @property
    def missed(self) -> list[str]:
        return [name for name, goal in self.goals.items() if not goal["met"]]

    def as_dict(self) -> dict[str, Any]:
        return {
            "benchmark": self.name,
            "about": self.about,
            "figures": self.figures,
            "ratios": self.ratios,
            "goals": self.goals,
            "missed": self.missed,
            "versions": versions(),
        }

    def finish(self) -> int:
        """Print the report as one JSON object on standard output; returns the exit status."""
        json.dump(self.as_dict(), sys.stdout, indent=2, default=str)
        sys.stdout.write("\n")
        return 1 if self.options.check and self.missed else 0


def versions() -> dict[str, str]:
    """Interpreter, packages, machine and, where Django is set up, the database: what a figure depends on."""
    found = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    found.update(_database())
    return found


def _database() -> dict[str, str]:
    try:
        from django.db import connection

        vendor = connection.vendor
        with connection.cursor() as cursor:
            cursor.execute("SELECT sqlite_version()" if vendor == "sqlite" else "SHOW server_version")
            return {vendor: str(cursor.fetchone()[0])}
    except Exception:  # no settings, or a benchmark of pure code that never asked for a database
        return {}
