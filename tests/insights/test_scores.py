"""RFM and engagement: the rule in memory and in SQL are one, ties stand together, only differences are written."""

import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tests.insights import builders
from wagtail_marketing.activity.models import Activity
from wagtail_marketing.commerce.models import ContactTotals
from wagtail_marketing.contacts.models import Contact, ContactChange
from wagtail_marketing.contacts.services import erase_person, export_person
from wagtail_marketing.contacts.services.merge import merge_contacts
from wagtail_marketing.insights import scores, selectors, tasks
from wagtail_marketing.insights.engine import rfm
from wagtail_marketing.insights.models import EngagementScore, RfmScore
from wagtail_marketing.jobs.models import Job
from wagtail_marketing.segments import recheck
from wagtail_marketing.segments.compiler import check, contacts_of
from wagtail_marketing.segments.engine.tree import parse
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.selectors import summary

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def bought(contact, *, count=1, total=1000, days_ago=1):
    ContactTotals.objects.create(
        contact=contact,
        order_count=count,
        total_base=total,
        max_base=total,
        first_order_at=NOW - timedelta(days=days_ago),
        last_order_at=NOW - timedelta(days=days_ago),
    )
    return contact


def did(contact, type_, days_ago, *, machine=False):
    number = Activity.objects.count()
    at = NOW - timedelta(days=days_ago)
    Activity.objects.create(contact=contact, type=type_, occurred_at=at, machine=machine, dedupe=f"t{number}")


def rule(kind, **params):
    return {"match": "all", "rules": [{"kind": kind, "params": params}]}


def test_every_one_of_the_125_has_a_name_and_every_name_is_had():
    named = {(r, f, m): rfm.cell_of(r, f, m) for r in rfm.STEPS for f in rfm.STEPS for m in rfm.STEPS}
    assert len(named) == 125
    assert set(named.values()) == set(rfm.CELLS)
    assert named[5, 5, 5] == "champions"
    assert named[5, 1, 1] == "new"
    assert named[1, 1, 1] == "lost"
    assert named[1, 5, 5] == "cant_lose"


def test_the_documented_table_is_the_one_that_counts():
    page = (Path(__file__).parents[2] / "docs/reference/rfm.md").read_text(encoding="utf-8")
    names = {str(name): key for key, (name, _text) in rfm.CELLS.items()}
    for recency, row in rfm.GRID.items():
        line = next(line for line in page.splitlines() if line.startswith(f"| **{recency}** |"))
        cells = [cell.strip() for cell in line.strip("|").split("|")][1:]
        assert tuple(names[cell] for cell in cells) == row


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_quintiles_are_fifths_with_ties_together(values):
    found = rfm.quintiles(values)
    assert set(found) <= {1, 2, 3, 4, 5}
    for value, score in zip(values, found, strict=True):
        below = sum(other < value for other in values)
        assert score == 1 + (5 * below) // len(values)
    by_value = dict(zip(values, found, strict=True))
    assert [by_value[value] for value in sorted(by_value)] == sorted(by_value.values())


@given(st.permutations(range(35)))
def test_without_ties_each_fifth_is_equal(values):
    assert Counter(rfm.quintiles(values)) == {1: 7, 2: 7, 3: 7, 4: 7, 5: 7}


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.integers(0, 180)), max_size=30), st.integers(0, 180))
def test_engagement_lies_between_0_and_100_and_grows_with_every_event(events, days):
    before = rfm.engagement_of(events)
    assert 0 <= before <= rfm.engagement_of([*events, (1, days)]) <= 100


def test_engagement_halves_its_worth_in_a_month():
    assert rfm.engagement_of([]) == 0
    assert rfm.engagement_of([(5, 0)]) == 50
    assert rfm.engagement_of([(5, 30)]) == rfm.engagement_of([(5, 60), (5, 60)]) == 33


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_the_database_scores_as_the_plain_rule_does(seed):
    chance = random.Random(seed)  # noqa: S311
    people = [builders.contact() for _number in range(chance.choice([1, 4, 23, 60]))]
    facts = {}
    for one in people:
        if chance.random() < 0.8:
            facts[one.pk] = (chance.randrange(12), chance.choice([1, 1, 1, 2, 3, 9]), chance.randrange(0, 900, 100))
            days, count, total = facts[one.pk]
            bought(one, count=count, total=total, days_ago=days)
        for _number in range(chance.randrange(6)):
            did(one, chance.choice([*rfm.WEIGHTS, "email.sent"]), chance.choice([0, 0.5, 1, 29.99, 30, 179, 200]))
        did(one, "site.visited", chance.randrange(100), machine=chance.random() < 0.5)
    gone = bought(builders.contact(), count=50)
    Contact.objects.filter(pk=gone.pk).update(host_deleted_at=NOW)
    did(gone, "email.clicked", 1)
    scores.compute_scores(now=NOW)
    ids = list(facts)
    r = rfm.quintiles([-facts[pk][0] for pk in ids])
    f = rfm.quintiles([facts[pk][1] for pk in ids])
    m = rfm.quintiles([facts[pk][2] for pk in ids])
    expected = {pk: (*row, rfm.cell_of(*row)) for pk, row in zip(ids, zip(r, f, m, strict=True), strict=True)}
    rows = RfmScore.objects.values_list("contact", "recency", "frequency", "monetary", "cell")
    assert {pk: tuple(row) for pk, *row in rows} == expected
    lively = {}
    for one in people:
        events = []
        for row in Activity.objects.filter(contact=one, machine=False):
            weight = rfm.WEIGHTS.get("site." if row.type.startswith("site.") else row.type, 0)
            if weight and row.occurred_at > NOW - timedelta(days=rfm.WINDOW_DAYS):
                events.append((weight, (int(NOW.timestamp()) - int(row.occurred_at.timestamp())) // 86400))
        if rfm.engagement_of(events):
            lively[one.pk] = rfm.engagement_of(events)
    assert dict(EngagementScore.objects.values_list("contact", "score")) == lively


@pytest.mark.django_db
def test_only_what_differs_is_written_and_the_segments_hear_of_it():
    people = [bought(builders.contact(), count=number, total=number, days_ago=9 - number) for number in range(1, 6)]
    did(people[0], "email.clicked", 0)
    ContactChange.objects.all().delete()
    assert scores.compute_scores(now=NOW) == scores.Computed(5, 1)
    assert sorted(ContactChange.objects.values_list("contact_id", "fact")) == [(None, "engagement"), (None, "rfm")]
    ContactChange.objects.all().delete()
    assert scores.compute_scores(now=NOW + timedelta(seconds=1)) == scores.Computed(0, 0)
    assert ContactChange.objects.count() == 0
    assert set(RfmScore.objects.values_list("computed_at", flat=True)) == {NOW}
    ContactTotals.objects.filter(contact=people[4]).delete()
    assert scores.compute_rfm(now=NOW + timedelta(days=1)) == 1
    assert not RfmScore.objects.filter(contact=people[4]).exists()
    assert scores.compute_engagement(now=NOW + timedelta(days=400)) == 1
    assert EngagementScore.objects.count() == 0


@pytest.mark.django_db
def test_they_are_computed_once_a_night(settings):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "TIME_ZONE": "Europe/Berlin"}
    bought(builders.contact())
    evening = datetime(2026, 6, 1, 20, tzinfo=UTC)
    assert scores.compute_due(evening) == 1
    bought(builders.contact(), count=3, total=5000)
    assert scores.compute_due(evening + timedelta(hours=2)) == 0
    assert scores.compute_due(evening + timedelta(hours=3, minutes=59)) == 0
    assert scores.compute_due(evening + timedelta(hours=4, minutes=1)) == 1
    assert RfmScore.objects.count() == 2


CELL_RULES = [
    rule("rfm", field="cell", op="is", value="champions"),
    rule("rfm", field="cell", op="is_not", value="champions"),
    rule("rfm", field="cell", op="in", value=["new", "lost", "promising", "cant_lose"]),
    rule("rfm", field="cell", op="is_set"),
    rule("rfm", field="cell", op="is_not_set"),
    *(
        rule("rfm", field=field, op=op, value=value)
        for field in ("recency", "frequency", "monetary")
        for op, value in ((">=", 4), ("<", 3), ("is", 1), ("is_not", 1), ("between", [2, 4]))
    ),
    *(
        rule("score", field="engagement", op=op, value=value)
        for op, value in (
            (">=", 1),
            ("<=", 0),
            ("<", 40),
            (">", 40),
            ("is", 0),
            ("is_not", 0),
            ("between", [0, 30]),
            (">=", 0),
        )
    ),
]


@pytest.mark.django_db
def test_rules_on_scores_are_the_same_in_sql_and_in_memory():
    chance = random.Random(7)  # noqa: S311
    people = [builders.contact() for _number in range(40)]
    for one in people[:30]:
        bought(one, count=chance.randrange(1, 9), total=chance.randrange(9000), days_ago=chance.randrange(300))
    for one in people[20:]:
        for _number in range(chance.randrange(1, 8)):
            did(one, "email.clicked", chance.randrange(170))
    scores.compute_scores(now=NOW)
    for rules in CELL_RULES:
        for match in ("all", "none"):
            tree = {**rules, "match": match}
            by_sql = set(contacts_of(tree, now=NOW).values_list("pk", flat=True))
            assert by_sql == {one.pk for one in people if check(tree, one, now=NOW)}, tree
            one = people[0]
            assert contacts_of(tree, now=NOW, contact_ids=[one.pk]).exists() == (one.pk in by_sql)


@pytest.mark.django_db
def test_rules_on_scores_in_words_and_their_refusals():
    assert summary(CELL_RULES[0]) == "RFM group is Champions"
    assert summary(CELL_RULES[2]) == "RFM group is one of New or Lost or Promising or Can't lose"
    assert summary(rule("score", field="engagement", op="between", value=[5, 9])) == "Engagement between 5 and 9"
    for params, path in (
        ({"field": "cell", "op": "is", "value": "vip"}, "rules.0.params.value"),
        ({"field": "recency", "op": ">=", "value": 6}, "rules.0.params.value"),
        ({"field": "recency", "op": "contains", "value": 2}, "rules.0.params.op"),
        ({"field": "shoe", "op": "is", "value": 2}, "rules.0.params.field"),
    ):
        with pytest.raises(InvalidRules) as refused:
            parse(rule("rfm", **params))
        assert refused.value.path == path


@pytest.mark.django_db
def test_new_scores_refresh_the_segments_that_read_them():
    from wagtail_marketing.segments.services import create_segment, refresh_segment

    best = create_segment(name="best", rules=CELL_RULES[0])
    refresh_segment(segment=best)
    bought(builders.contact())
    scores.compute_scores(now=NOW)
    recheck.recheck()
    assert best.refresh_state.due_at is not None


@pytest.mark.django_db
def test_scores_go_with_the_person():
    one, other = bought(builders.contact()), builders.contact()
    did(one, "email.clicked", 0)
    scores.compute_scores(now=NOW)
    known = export_person(contact=one)["scores"]
    assert (known["rfm"]["group"], known["engagement"]["score"]) == (RfmScore.objects.get().cell, 38)
    json.dumps(known)
    Contact.objects.filter(pk=other.pk).update(external_key=None)
    merge_contacts(keep=other, gone=one)
    assert (RfmScore.objects.count(), EngagementScore.objects.count()) == (0, 0)
    scores.compute_scores(now=NOW)
    assert EngagementScore.objects.get().contact_id == other.pk
    erase_person(contact=other)
    assert (RfmScore.objects.count(), EngagementScore.objects.count()) == (0, 0)


@pytest.fixture
def shop():
    for number in range(10):
        bought(builders.contact(), count=1 + number, total=100 * number, days_ago=10 - number)
    scores.compute_scores(now=NOW)


@pytest.mark.django_db
def test_the_report_adds_up(shop):
    report = selectors.rfm_report()
    assert report.people == 10
    assert sum(group.people for group in report.groups) == 10
    assert sum(square.people for row in report.squares for square in row) == 10
    assert sum(group.spent_base for group in report.groups) == 4500
    assert [row[0].recency for row in report.squares] == [5, 4, 3, 2, 1]
    assert report.computed_at == NOW


@pytest.mark.django_db
def test_the_page_leads_to_the_people_and_makes_segments(shop, admin_client, django_assert_num_queries):
    page = admin_client.get(reverse("marketing_reports:rfm"))
    text = page.content.decode()
    assert "Champions" in text
    assert "rfm_square=5-5" in text
    assert 'href="/admin/marketing/contacts/?rfm=champions"' in text
    assert text.count("Make a segment<span") == 11
    listed = admin_client.get(reverse("marketing_contacts:index"), {"rfm": "champions"})
    assert len(listed.context["object_list"]) == RfmScore.objects.filter(cell="champions").count() == 2
    square = admin_client.get(reverse("marketing_contacts:index"), {"rfm_square": "1-1"})
    assert len(square.context["object_list"]) == RfmScore.objects.filter(recency=1, value=1).count()
    made = admin_client.post(reverse("marketing_reports:rfm_segment"), {"cell": "at_risk"})
    segment = Segment.objects.get()
    assert made.url == reverse("marketing_segments:edit", args=(segment.pk,))
    assert (segment.live, segment.rules) == (False, rule("rfm", field="cell", op="is", value="at_risk"))
    assert admin_client.post(reverse("marketing_reports:rfm_segment"), {"cell": "x"}).status_code == 404
    assert Segment.objects.count() == 1


@pytest.mark.django_db
def test_computing_now_is_one_job_at_a_time(shop, admin_client):
    for _number in range(2):
        admin_client.post(reverse("marketing_reports:rfm_compute"))
    job = Job.objects.get(kind="insights.scores")
    from wagtail_marketing.jobs.services import run_job

    assert run_job(job=job).state == "done"
    assert tasks.drain_scores(NOW) == 0


@pytest.mark.django_db
def test_the_page_of_a_contact_says_it_in_words(shop, admin_client):
    best = RfmScore.objects.filter(cell="champions").first().contact
    text = admin_client.get(reverse("marketing_contacts:inspect", args=(best.pk,))).content.decode()
    assert "Bought lately, often and for much." in text
    assert "5 of 5" in text
    stranger = builders.contact()
    text = admin_client.get(reverse("marketing_contacts:inspect", args=(stranger.pk,))).content.decode()
    assert "Has not ordered" in text


@pytest.mark.django_db
def test_an_empty_shop_is_told_when(admin_client):
    assert "No scores yet" in admin_client.get(reverse("marketing_reports:rfm")).content.decode()


@pytest.mark.django_db
def test_the_command_prints_what_it_did(shop, capsys):
    call_command("marketing_rfm", "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["rfm"], sum(found["groups"].values())) == (0, 10)
    call_command("marketing_rfm")
    assert "champions: 2" in capsys.readouterr().out
