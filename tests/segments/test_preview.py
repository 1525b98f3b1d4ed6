"""The preview and its command."""

import io
import json

import pytest
from django.core.management import call_command
from django.db import connection

from tests.segments.shop import NOW, count_totals, order, person
from wagtail_marketing.contacts.models import ConsentState, Contact
from wagtail_marketing.segments import limits, selectors
from wagtail_marketing.segments.errors import TooSlow

pytestmark = pytest.mark.django_db

BUYERS = {"match": "all", "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}]}


@pytest.fixture
def shop():
    people = [person(key) for key in ("bob", "ann", "cyd")]
    twin = person("dan", email="bob@example.com")
    guest = person(None, email="guest@example.com")
    for number, one in enumerate([*people, twin, guest]):
        order(one, str(number), ("A", 100))
    for one in (people[0], twin, people[1]):
        ConsentState.objects.create(
            contact=one, channel="email", state="subscribed", strength=1, address_hash=one.email_hash, changed_at=NOW
        )
    count_totals()
    return people


def test_a_preview_counts_people_and_addresses(shop, django_assert_num_queries):
    # PostgreSQL: a savepoint, its release, and the limits set and put back.
    with django_assert_num_queries(2 if connection.vendor == "sqlite" else 6):
        found = selectors.preview(BUYERS, now=NOW)
    assert found.count == 5
    # Bob and Dan share an address: one of them gets the mail.
    assert found.reachable == {"email": 2, "sms": 0}
    assert [one.key for one in found.sample] == ["bob", "ann", "cyd"]


def run(rules, *args, **options):
    out = io.StringIO()
    call_command("marketing_segment_preview", *args, rules=str(rules), stdout=out, **options)
    return json.loads(out.getvalue())


def test_the_command_prints_keys_sorted_and_guests_have_none(shop, tmp_path):
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(BUYERS))
    answer = run(file, "--keys", now="2018-01-01T00:00:00Z")
    assert answer["count"] == 5
    assert answer["reachable"] == {"email": 2, "sms": 0}
    assert answer["keys"] == ["ann", "bob", "cyd", "dan"]
    assert [one["key"] for one in answer["sample"]] == ["bob", "ann", "cyd"]
    assert "keys" not in run(file)


@pytest.mark.parametrize(
    ("text", "now", "path"),
    [
        ('{"match": "all", "rules": []}', None, "rules"),
        ("{", None, "rules"),
        (json.dumps(BUYERS), "today", "now"),
    ],
)
def test_the_command_refuses_with_two_and_says_where(tmp_path, text, now, path):
    file = tmp_path / "rules.json"
    file.write_text(text)
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("marketing_segment_preview", rules=str(file), now=now, stdout=out)
    assert ended.value.code == 2
    assert json.loads(out.getvalue())["path"] == path
    assert set(json.loads(out.getvalue())) == {"path", "message"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's time-out")
class TestTimeOut:
    def test_a_slow_statement_is_stopped(self, settings):
        settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SEGMENT_STATEMENT_TIMEOUT_MS": 50}
        with pytest.raises(TooSlow), limits.guarded(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
        assert Contact.objects.count() == 0

    def test_without_the_guard_it_runs(self, settings):
        settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SEGMENT_STATEMENT_TIMEOUT_MS": 50}
        with limits.guarded(timeout=False), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.2)")

    def test_the_callers_own_limit_comes_back(self):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 4321")
            with limits.guarded():
                pass
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("4321ms",)
