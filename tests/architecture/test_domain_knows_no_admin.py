"""Services, selectors, models and engines import nothing of Wagtail's admin (ruff, TID251)."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def ruff(*arguments: str, source: str = "") -> str:
    command = shutil.which("ruff") or str(Path(sys.executable).parent / "ruff")
    if not Path(command).exists():
        pytest.skip("ruff is in the dependency group “check”")
    result = subprocess.run(  # noqa: S603
        [command, "check", "--select", "TID251", "--no-cache", "--output-format", "concise", *arguments],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return result.stdout


def test_the_package_is_clean():
    assert "TID251" not in ruff("wagtail_marketing")


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        ("contacts/services/merge.py", True),
        ("segments/selectors.py", True),
        ("messaging/models/message.py", True),
        ("segments/admin/viewsets.py", False),
        ("segments/wagtail_hooks.py", False),
        ("messaging/choosers.py", False),
    ],
)
def test_where_the_admin_may_be_imported(place, seen):
    heard = ruff("--stdin-filename", f"wagtail_marketing/{place}", "-", source="from wagtail.admin import messages\n")
    assert ("TID251" in heard) is seen
