"""The reference pages name what there is: no setting or command is missing, none is made up."""

import re
from pathlib import Path

import pytest
from django.core.management import load_command_class

from wagtail_marketing.conf import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
REFERENCE = ROOT / "docs" / "reference"
COMMANDS = ROOT / "wagtail_marketing" / "management" / "commands"


def rows(page: str) -> list[str]:
    """The names in the first column of a page's tables."""
    return re.findall(r"^\| `([^`]+)`", (REFERENCE / page).read_text(), re.M)


def test_every_setting_is_explained_once():
    assert sorted(rows("settings.md")) == sorted(Settings.KEYS), "a setting wants its row in docs/reference/settings.md"


@pytest.mark.parametrize("name", sorted(path.stem for path in COMMANDS.glob("[!_]*.py")))
def test_every_command_says_what_it_does(name):
    """The page on commands is made from their own help: a command or an option without any would be a gap."""
    command = load_command_class("wagtail_marketing", name)
    assert command.help
    parser = command.create_parser("manage.py", name)
    assert [action.dest for action in parser._actions if not action.help] == []
