"""What is published: everything that the package needs, and nothing of the sandbox or the tests."""

import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
EXTRAS = {"postgres", "redis", "anymail", "twilio", "mailchimp", "stats", "all"}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with a wheel and an sdist, built from a copy, so that the checkout stays as it is."""
    pytest.importorskip("build", reason="“build” is in the dependency group “test”")
    source = tmp_path_factory.mktemp("source") / "wagtail_marketing"
    heavy = shutil.ignore_patterns(
        ".git", ".venv", ".tox", ".*_cache", "__pycache__", "_build", "var", "build", "dist", "*.egg-info", "*.sqlite3*"
    )
    shutil.copytree(ROOT, source, ignore=heavy)
    out = tmp_path_factory.mktemp("dist")
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return out


@pytest.fixture(scope="module")
def wheel_names(built) -> set[str]:
    (wheel,) = built.glob("*.whl")
    return {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}


def test_every_file_of_the_package_is_in_the_wheel(wheel_names):
    package = ROOT / "wagtail_marketing"
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    assert {name for name in wheel_names if name.startswith("wagtail_marketing/")} == expected
    # The kinds that a build forgets when nobody looks.
    assert "wagtail_marketing/contacts/migrations/0001_initial.py" in expected
    assert any(name.endswith(".html") and "/templates/" in name for name in expected)
    assert any(name.endswith(".js") and "/static/" in name for name in expected)


def test_the_wheel_holds_nothing_else(wheel_names):
    tops = {name.split("/", 1)[0] for name in wheel_names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"wagtail_marketing"}


def test_the_source_archive_has_no_sandbox_no_data_and_no_tests(built):
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.split("/", 1)[1] for name in tar.getnames() if "/" in name}
    tops = {name.split("/", 1)[0] for name in names}
    assert not tops & {"sandbox", "tests", "benchmarks", "docs", ".ci"}, tops
    assert {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "wagtail_marketing"} <= tops


def test_the_extras_are_there_and_nothing_has_an_upper_bound(built):
    (wheel,) = built.glob("*.whl")
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = HeaderParser().parsestr(archive.read(name).decode())
    assert set(metadata.get_all("Provides-Extra")) == EXTRAS
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Requires-Python"] == ">=3.11"
    assert [line for line in metadata.get_all("Requires-Dist") if "<" in line or "==" in line.split(";")[0]] == []


def test_the_extra_all_names_every_other_one():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    (everything,) = extras["all"]
    assert set(everything.split("[")[1].rstrip("]").split(",")) == EXTRAS - {"all"}
