"""Publishing freezes rules; a refresh moves only who came and who left."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.segments.shop import NOW, count_totals, order, person
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import events
from wagtail_marketing.discounts.registry import fact_providers, label_of
from wagtail_marketing.segments import schedule, selectors, services, tasks
from wagtail_marketing.segments.errors import InvalidRules, NotPublished, SegmentInUse
from wagtail_marketing.segments.events import SegmentRefreshed
from wagtail_marketing.segments.models import Membership, Segment, SegmentSize, SegmentVersion

pytestmark = pytest.mark.django_db

BUYERS = {"match": "all", "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}]}
RECENT = {
    "match": "all",
    "rules": [{"kind": "orders", "params": {"measure": "days_since_last", "op": "<=", "value": 30}}],
}


def inside(pk):
    return {"match": "all", "rules": [{"kind": "segment", "params": {"id": pk}}]}


def keys(contacts):
    return sorted(contacts.values_list("external_key", flat=True))


def members(segment):
    return {
        (one.contact.external_key, one.entered_at, one.left_at)
        for one in Membership.objects.filter(segment=segment).select_related("contact")
    }


@pytest.fixture
def shop():
    ann, bob = person("ann"), person("bob")
    person("cyd")
    order(ann, "1", ("A", 100), days_ago=10)
    order(bob, "2", ("A", 100), days_ago=40)
    count_totals()
    return ann, bob


def test_publishing_freezes_a_version_and_a_draft_changes_nothing(shop, admin_user):
    segment = services.create_segment(name="Buyers", rules=BUYERS, user=admin_user)
    assert keys(selectors.contacts_in(segment, now=NOW)) == ["ann", "bob"]
    services.update_segment(segment=segment, rules=RECENT, publish=False)
    segment.refresh_from_db()
    assert segment.has_unpublished_changes
    assert keys(selectors.contacts_in(segment, now=NOW)) == ["ann", "bob"]
    services.update_segment(segment=segment, publish=True)
    assert keys(selectors.contacts_in(segment, now=NOW)) == ["ann"]
    numbers = SegmentVersion.objects.filter(segment=segment).order_by("number").values_list("number", "rules")
    assert list(numbers) == [(1, BUYERS), (2, RECENT)]
    assert SegmentVersion.objects.get(number=1).published_by == admin_user


def test_the_same_rules_again_make_no_version(shop):
    segment = services.create_segment(name="Buyers", rules=BUYERS)
    services.update_segment(segment=segment, name="Who bought")
    assert SegmentVersion.objects.filter(segment=segment).count() == 1
    assert Segment.objects.get(pk=segment.pk).name == "Who bought"


def test_a_draft_and_an_unpublished_segment_hold_nobody(shop):
    draft = services.create_segment(name="Draft", rules=BUYERS, publish=False)
    assert selectors.contacts_in(draft).count() == 0
    with pytest.raises(NotPublished):
        services.refresh_segment(segment=draft)
    live = services.create_segment(name="Live", rules=BUYERS)
    live.unpublish()
    assert selectors.contacts_in(live).count() == 0


@pytest.mark.parametrize("rules", [{"match": "all", "rules": []}, {}, None, "everybody"])
def test_rules_that_cannot_be_are_refused_and_nothing_is_kept(rules):
    with pytest.raises(InvalidRules):
        services.create_segment(name="Empty", rules=rules)
    assert Segment.objects.count() == 0


def test_a_refresh_moves_only_who_came_and_who_left(shop):
    segment = services.create_segment(name="Recent", rules=RECENT)
    first = services.refresh_segment(segment=segment, now=NOW)
    assert (first.size, first.entered, first.left) == (1, 1, 0)
    assert members(segment) == {("ann", NOW, None)}
    later = NOW + timedelta(days=5)
    order(shop[1], "3", ("A", 100), placed_at=later)
    count_totals()
    second = services.refresh_segment(segment=segment, now=later)
    assert (second.size, second.entered, second.left) == (2, 1, 0)
    last = NOW + timedelta(days=25)
    third = services.refresh_segment(segment=segment, now=last)
    assert (third.size, third.entered, third.left) == (1, 0, 1)
    assert members(segment) == {("ann", NOW, last), ("bob", later, None)}
    order(shop[0], "4", ("A", 100), placed_at=last)
    count_totals()
    again = services.refresh_segment(segment=segment, now=last + timedelta(hours=1))
    assert (again.size, again.entered, again.left) == (2, 1, 0)
    assert ("ann", NOW, last) in members(segment)
    assert Membership.objects.filter(segment=segment, contact=shop[0]).count() == 2


def test_a_refresh_for_an_earlier_moment_never_ends_a_stay_before_it_began(shop):
    segment = services.create_segment(name="Recent", rules=RECENT)
    services.refresh_segment(segment=segment, now=NOW)
    before = NOW - timedelta(days=60)
    services.refresh_segment(segment=segment, now=before + timedelta(days=300))
    services.refresh_segment(segment=segment, now=before)
    assert all(left is None or left >= entered for _key, entered, left in members(segment))


def test_a_refresh_costs_the_same_statements_whatever_the_number_of_rules(shop):
    rules = {"match": "any", "rules": [*RECENT["rules"] * 5, {"match": "none", "rules": BUYERS["rules"] * 5}]}
    segment = services.create_segment(name="Many", rules=rules)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        services.refresh_segment(segment=segment, now=NOW)
    writes = [one["sql"] for one in seen if re.search(rf'(UPDATE|INTO) "{Membership._meta.db_table}"', one["sql"])]
    expected = ["WITH"] if connection.vendor == "postgresql" else ["UPDATE", "INSERT"]
    assert [sql.split()[0] for sql in writes] == expected


def test_nobody_and_everybody(shop):
    nobody = {"match": "all", "rules": [{"kind": "contact", "params": {"field": "age", "op": "in", "value": [3]}}]}
    segment = services.create_segment(name="Nobody", rules=nobody)
    assert services.refresh_segment(segment=segment, now=NOW).size == 0
    everybody = {"match": "none", "rules": nobody["rules"]}
    services.update_segment(segment=segment, rules=everybody)
    assert services.refresh_segment(segment=segment, now=NOW + timedelta(hours=1)).size == 3
    Contact.objects.filter(external_key="cyd").update(host_deleted_at=NOW)
    assert services.refresh_segment(segment=segment, now=NOW + timedelta(hours=2)).left == 1


def test_what_happened_is_told_on_commit(shop, django_capture_on_commit_callbacks, monkeypatch):
    heard = []
    monkeypatch.setitem(events._subscribers, SegmentRefreshed, [heard.append])
    with django_capture_on_commit_callbacks(execute=True):
        segment = services.create_segment(name="Recent", rules=RECENT)
        services.refresh_segment(segment=segment, now=NOW)
    assert heard == [SegmentRefreshed(segment.pk, NOW, 1, 1, 0)]


def test_what_is_due_is_refreshed_once(shop):
    segment = services.create_segment(name="Buyers", rules=BUYERS)
    services.create_segment(name="Draft", rules=BUYERS, publish=False)
    assert tasks.refresh_due(NOW) == 1
    assert tasks.refresh_due(NOW) == 0
    assert SegmentSize.objects.filter(segment=segment).count() == 1
    SegmentSize.objects.update(measured_at=SegmentSize.objects.get().measured_at - schedule.HOUR)
    assert tasks.refresh_due(NOW) == 1


def test_segments_in_segments_but_never_in_a_circle(shop):
    outer_rules = inside(services.create_segment(name="Inner", rules=RECENT).pk)
    outer = services.create_segment(name="Outer", rules=outer_rules)
    inner = Segment.objects.get(name="Inner")
    assert keys(selectors.contacts_in(outer, now=NOW)) == ["ann"]
    with pytest.raises(InvalidRules):
        services.update_segment(segment=inner, rules=inside(outer.pk))
    with pytest.raises(InvalidRules):
        services.update_segment(segment=inner, rules=inside(inner.pk))
    assert SegmentVersion.objects.filter(segment=inner).count() == 1
    with pytest.raises(SegmentInUse):
        services.delete_segment(segment=inner)
    services.delete_segment(segment=outer)
    services.delete_segment(segment=inner)
    assert Segment.objects.count() == 0


def test_why_names_every_rule_with_the_actual_value(shop):
    rules = {"match": "all", "rules": [*BUYERS["rules"], {"match": "none", "rules": RECENT["rules"]}]}
    segment = services.create_segment(name="Lapsed", rules=rules)
    services.refresh_segment(segment=segment, now=NOW)
    found = selectors.why(segment, shop[0], now=NOW)
    assert (found.holds, found.since) == (False, None)
    bought, recent = found.explained.parts
    assert (bought.holds, bought.actual, bought.said) == (True, 1, "1 order")
    assert recent.match == "none"
    assert (recent.parts[0].holds, recent.parts[0].said) == (True, "10.0 days")
    assert selectors.why(segment, shop[1], now=NOW).since == NOW


def test_discounts_ask_which_segments_hold_the_shopper(shop):
    recent = services.create_segment(name="Recent", rules=RECENT)
    buyers = services.create_segment(name="Buyers", rules=BUYERS)
    wanted = frozenset({str(recent.pk), str(buyers.pk), "999999", "vip", "-1"})
    ask = fact_providers["segments"]
    assert set(ask(shop[0], wanted, NOW)) == {str(recent.pk), str(buyers.pk)}
    assert set(ask(shop[1], wanted, NOW)) == {str(buyers.pk)}


def test_one_contact_is_asked_for_alone(shop):
    with CaptureQueriesContext(connection) as seen:
        segment = services.create_segment(name="Recent", rules=RECENT)
        seen_before = len(seen)
        assert selectors.is_in(segment, shop[0], now=NOW)
        assert not selectors.is_in(segment, shop[1], now=NOW)
    assert len(seen) - seen_before == 4


def test_discounts_name_published_segments(shop):
    published = services.create_segment(name="Buyers", rules=BUYERS)
    draft = services.create_segment(name="Draft", rules=BUYERS, publish=False)
    assert label_of("segments", str(published.pk)) == "Buyers"
    assert label_of("segments", str(draft.pk)) == str(draft.pk)
