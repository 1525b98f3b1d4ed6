"""A site installs only what it needs: what is not there is simply not in menu, URLs and schema."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

LOOK = """
import django
django.setup()
from django.core.management import call_command
from django.urls import get_resolver, reverse
call_command("check", fail_level="WARNING")
get_resolver().url_patterns
reverse("wagtailadmin_home")
from wagtail_marketing.admin import registry
print("MENU", sorted(str(v.viewset.__module__).split(".")[1] for v in registry.viewsets))
try:
    from wagtail_marketing.api.schema import get_schema
    print("API", sorted({path.split("/")[4] for path in get_schema()["paths"]}))
except Exception as error:
    print("API", type(error).__name__)
"""


def site_with(parts: str) -> subprocess.CompletedProcess:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-W", "error::UserWarning", "-c", LOOK],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.architecture.part_settings",
            "PARTS": parts,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'sandbox'}",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize(
    ("parts", "there"),
    [
        ("contacts,jobs", {"contacts"}),
        ("api,jobs,contacts,commerce,activity,segments", {"contacts", "segments"}),
        ("api,jobs,contacts,commerce,activity,discounts", {"contacts", "discounts"}),
        ("api,jobs,contacts,commerce,activity,discounts,messaging,segments,campaigns", {"contacts", "segments"}),
    ],
)
def test_a_site_with_some_rooms_stands(parts, there):
    result = site_with(parts)
    assert result.returncode == 0, result.stderr[-3000:]
    menu = next(line for line in result.stdout.splitlines() if line.startswith("MENU"))
    rooms = set(parts.split(",")) | {"admin"}
    assert {word.strip("'[], ") for word in menu.split()[1:]} <= rooms
    if "api" in rooms:
        answer = next(line for line in result.stdout.splitlines() if line.startswith("API"))
        assert all(f"'{room}'" in answer for room in there), answer


def test_a_room_without_what_it_needs_is_told():
    result = site_with("contacts,campaigns")
    assert result.returncode == 1
    assert "wagtail_marketing.E006" in result.stderr or "needs" in result.stderr or "INSTALLED_APPS" in result.stderr
