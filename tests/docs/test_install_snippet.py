"""“Add it to your own site” in the README: pasted into a site that did not know of us, and run."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / ".ci" / "scratch_site.py"
README = ROOT / "README.md"


@pytest.fixture(scope="module")
def scratch_site():
    spec = importlib.util.spec_from_file_location("scratch_site", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_at_most_25_lines(scratch_site):
    assert scratch_site.count_lines(README.read_text()) <= 25


def test_the_how_to_shows_the_same_blocks(scratch_site):
    how_to = (ROOT / "docs" / "how-to" / "install.md").read_text()
    for name, text in scratch_site.blocks(README.read_text()):
        assert text in how_to, f"docs/how-to/install.md differs from the README in the block for {name}"


def test_pasted_into_a_new_site_it_works(tmp_path):
    result = subprocess.run(  # noqa: S603
        [sys.executable, str(SCRIPT), str(tmp_path / "site")],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "3 contacts and 3 orders in the mirror" in result.stdout
