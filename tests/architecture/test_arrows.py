"""The arrows of the architecture, as contracts that import-linter keeps (``setup.cfg``)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def lint(config: Path, root: Path) -> subprocess.CompletedProcess:
    pytest.importorskip("importlinter", reason="import-linter is in the dependency group “check”")
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
        + ["--config", str(config), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_every_import_goes_down():
    result = lint(ROOT / "setup.cfg", ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_an_import_that_goes_up_is_seen(tmp_path):
    """The twin: the same contract over a package in which one import goes up."""
    package = tmp_path / "wagtail_marketing"
    config = (ROOT / "setup.cfg").read_text()
    rooms = ["contacts", "segments", "insights"]
    for room in [*config.split("layers =")[1].replace("|", " ").split("[", 1)[0].split(), "migrations"]:
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").touch()
    (package / "__init__.py").touch()
    (tmp_path / "setup.cfg").write_text(config.split("[importlinter:contract:")[0] + _rooms_contract(config))
    assert lint(tmp_path / "setup.cfg", tmp_path).returncode == 0
    (package / rooms[0] / "__init__.py").write_text("import wagtail_marketing.segments\n")
    result = lint(tmp_path / "setup.cfg", tmp_path)
    assert result.returncode == 1
    assert "wagtail_marketing.contacts is not allowed to import wagtail_marketing.segments" in result.stdout


def _rooms_contract(config: str) -> str:
    body = config.split("[importlinter:contract:rooms]")[1].split("\n[", 1)[0]
    return "[importlinter:contract:rooms]" + body + "\n"
