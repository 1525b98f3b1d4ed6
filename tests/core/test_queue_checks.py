import pytest

from wagtail_marketing.checks import check_database, check_queue

GOOD = {"timeout": 90, "retry": 120, "max_attempts": 3, "catch_up": False}


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({}, None),
        ({"timeout": None}, "W011"),
        ({"timeout": 50, "retry": 60}, "W011"),
        ({"retry": 90}, "W012"),
        ({"max_attempts": 0}, "W013"),
        ({"catch_up": True}, "W014"),
    ],
)
def test_the_queues_settings(settings, change, number):
    settings.Q_CLUSTER = GOOD | change
    found = check_queue(None)
    assert [message.id for message in found] == ([f"wagtail_marketing.{number}"] if number else [])
    assert all(message.hint for message in found)


def test_without_any_settings_every_remedy_is_named(settings):
    settings.Q_CLUSTER = {}
    assert [m.id[-4:] for m in check_queue(None)] == ["W011", "W013", "W014"]


def test_without_the_queue_it_says_what_to_run(monkeypatch):
    monkeypatch.setattr("django.apps.apps.is_installed", lambda name: name != "django_q")
    assert [m.id[-4:] for m in check_queue(None)] == ["W010"]


SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "CONN_MAX_AGE": 600,
    "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode = WAL;"},
}


@pytest.mark.parametrize(
    ("database", "numbers"),
    [
        (SQLITE, []),
        (SQLITE | {"CONN_MAX_AGE": 0}, ["W015"]),
        (SQLITE | {"CONN_MAX_AGE": None}, []),
        (SQLITE | {"OPTIONS": {}}, ["W016"]),
        (SQLITE | {"OPTIONS": SQLITE["OPTIONS"] | {"transaction_mode": "DEFERRED"}}, ["W016"]),
        ({"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"pool": True}}, []),
        ({"ENGINE": "django.db.backends.postgresql"}, ["W015"]),
    ],
)
def test_the_databases_settings(monkeypatch, database, numbers):
    from django.conf import settings

    monkeypatch.setattr(settings, "DATABASES", {"default": database})
    assert [m.id[-4:] for m in check_database(None)] == numbers
