"""Each search, filter and order that the list offers is answered by an index on PostgreSQL."""

import itertools
import json

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_marketing.admin.pagination import COUNT_CAP, CappedPaginator
from wagtail_marketing.contacts.criteria import SEARCH, every_filter
from wagtail_marketing.contacts.models import Contact, ContactList
from wagtail_marketing.insights.models import EngagementScore, RfmScore
from wagtail_marketing.insights.scores import compute_scores
from wagtail_marketing.testing.many_contacts import LISTS, fill_contacts

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="plans are PostgreSQL's"),
]
LIST = "/admin/marketing/contacts/"
TABLE = Contact._meta.db_table

#: What the list can be asked: every value of every filter that tells something about its index.
ASKED = [
    {},
    {"q": "many-77"},
    {"q": "person.4711"},
    {"q": "person.4711@mail.example"},
    {"q": "@shop12.example"},
    {"q": "@mail"},
    {"q": "carlab"},
    {"q": "Birch Anna"},
    {"q": "zzz"},
    {"q": "+1 201 000 4242"},
    {"q": "001 2010"},
    {"q": "4242"},
    {"q": "0201 000 42 42"},
    *({"tag": tag} for tag in ("everybody-else", "regular", "vip", "rare", "gone-tag")),
    {"tag": ["vip", "rare"]},
    *({"list": name} for name in LISTS),
    *(
        {f"consent_{channel}": state}
        for channel in ("email", "sms")
        for state in ("deliverable", "subscribed", "pending", "unsubscribed", "never", "suppressed")
    ),
    *({"country": code} for code in ("US", "IS", "XX")),
    *({"source": source} for source in ("sync", "api", "nobody")),
    {"created_from": "2026-01-01"},
    {"created_to": "2000-01-01"},
    {"created_from": "2025-01-01", "created_to": "2025-01-31"},
    {"gone": "yes"},
    {"gone": "no"},
    {"ordered": "yes"},
    {"ordered": "no"},
    {"last_order_from": "2026-10-01"},
    {"last_order_to": "2020-01-01"},
    *({"rfm": cell} for cell in ("champions", "lost", "new")),
    {"rfm": ["champions", "lost"]},
    {"rfm_square": "5-5"},
    {"country": "IS", "source": "api", "consent_email": "never"},
]
ORDERS = [
    "",
    "name",
    "-name",
    "created_at",
    "-created_at",
    "orders",
    "-orders",
    "value",
    "-value",
    "last_order",
    "-engagement",
]


@pytest.fixture(scope="module")
def many(django_db_setup, django_db_blocker):
    """50,000 people, written once, and taken back by hand: a test's own transaction would hold but one of it."""
    with django_db_blocker.unblock():
        from django.db import transaction

        atomic = transaction.atomic()
        atomic.__enter__()
        try:
            with connection.cursor() as cursor:
                # The sample is the table: no plan hangs on which rows ANALYZE happened to see.
                cursor.execute("SET LOCAL default_statistics_target = 200")
            fill_contacts(50_000)
            compute_scores()
            with connection.cursor() as cursor:
                for model in (RfmScore, EngagementScore):
                    cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
            yield
        finally:
            transaction.set_rollback(True)
            atomic.__exit__(None, None, None)


def scans(plan: dict) -> list[str]:
    """The tables that a plan reads from one end to the other."""
    found = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return found + [name for inner in plan.get("Plans", ()) for name in scans(inner)]


def plan_of(statement: str) -> dict:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + statement)
        answer = cursor.fetchone()[0]
    return (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]


def whole_scans(client, asked: dict) -> dict[str, list[str]]:
    """Statements of one page that read the whole table of contacts, with their plans' tables."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(LIST, asked)
    assert response.status_code == 200
    found = {}
    for query in captured.captured_queries:
        sql = query["sql"]
        if TABLE in sql and sql.startswith(("SELECT", "WITH")) and TABLE in scans(plan_of(sql)):
            found[sql] = scans(plan_of(sql))
    return found


@pytest.fixture
def staff(client, monkeypatch):
    # 50,000 rows are a twentieth of a million, and so is the cap: what is right to read to its end for a
    # fifth of all people is another thing than for a hundredth.
    monkeypatch.setattr(CappedPaginator, "cap", COUNT_CAP // 20)
    client.force_login(User.objects.create_superuser("boss", password="x"))
    return client


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: "&".join(f"{k}={v}" for k, v in asked.items()) or "all")
def test_no_filter_reads_the_whole_table(staff, many, asked):
    if "list" in asked:
        asked = {"list": ContactList.objects.get(name=asked["list"]).pk}
    assert whole_scans(staff, asked) == {}


@pytest.mark.parametrize("order", ORDERS)
def test_no_order_reads_the_whole_table_on_its_first_page_and_the_next(staff, many, order):
    asked = {"ordering": order}
    assert whole_scans(staff, asked) == {}
    page = staff.get(LIST, asked).context["page_obj"]
    assert whole_scans(staff, {**asked, "p": page.next}) == {}


def test_every_filter_is_tried():
    """A filter that a room adds has to come here too."""
    tried = set(itertools.chain(*ASKED)) - {SEARCH}
    shown = {name for name, spec in every_filter().items() if spec.shown and spec.kind != "period"}
    periods = {name for name, spec in every_filter().items() if spec.shown and spec.kind == "period"}
    assert shown <= tried
    assert periods <= {name.removesuffix("_from").removesuffix("_to") for name in tried}


def test_the_test_sees_a_whole_scan(many):
    """Twin: the search as it was before, by a piece of the number."""
    assert scans(plan_of(f"SELECT id FROM {TABLE} WHERE phone_e164 LIKE '%4242%' LIMIT 50")) == [TABLE]  # noqa: S608
