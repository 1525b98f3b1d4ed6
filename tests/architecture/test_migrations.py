"""Migrations run on every supported Wagtail, which means: they are made on the oldest one."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

PACKAGE = Path(__file__).resolve().parent.parent.parent / "wagtail_marketing"
#: The newest migration of each of Wagtail's apps in 7.4: naming a later one breaks the package there.
NEWEST_IN_7_4 = {"wagtailcore": 97}


def too_new(source: str) -> list[str]:
    """The dependencies in a migration's text that Wagtail 7.4 does not have."""
    return [
        f"{app}.{number}{rest}"
        for app, number, rest in re.findall(r"""\(\s*['"](wagtail\w*)['"],\s*['"](\d{4})(\w*)['"]""", source)
        if app in NEWEST_IN_7_4 and int(number) > NEWEST_IN_7_4[app]
    ]


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.glob("**/migrations/0*.py")), ids=lambda path: f"{path.parent.parent.name}-{path.stem}"
)
def test_no_migration_names_one_that_wagtail_7_4_lacks(path):
    assert too_new(path.read_text()) == []


def test_a_migration_made_on_wagtail_8_is_seen():
    assert too_new('dependencies = [("wagtailcore", "0098_apitoken"), ("contacts", "0001_initial")]') == [
        "wagtailcore.0098_apitoken"
    ]
    assert too_new('dependencies = [("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes")]') == []


@pytest.mark.django_db
def test_the_models_have_their_migrations():
    out = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out)
    assert out.getvalue().strip() == "No changes detected"
