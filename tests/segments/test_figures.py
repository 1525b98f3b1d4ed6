"""Growth, overlap and performance: right figures, in a fixed number of statements."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.segments.shop import NOW, count_totals, order, person
from wagtail_marketing.activity.models import Activity
from wagtail_marketing.contacts.models import ConsentState, Contact
from wagtail_marketing.segments import figures, services
from wagtail_marketing.segments.models import Membership, Segment, SegmentReach, SegmentSize

pytestmark = pytest.mark.django_db

BUYERS = {"match": "all", "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}]}
DAY = timedelta(days=1)


def segment(name, *contacts, entered_at=NOW - 30 * DAY, left_at=None):
    made = services.create_segment(name=name, rules=BUYERS)
    Membership.objects.bulk_create(
        [Membership(segment=made, contact=one, entered_at=entered_at, left_at=left_at) for one in contacts]
    )
    return made


@pytest.fixture
def people():
    return [person(key) for key in ("ann", "bob", "cyd", "dan")]


def test_overlap_counts_both_and_either_side_in_two_statements(people, django_assert_num_queries):
    ann, bob, cyd, dan = people
    one = segment("One", ann, bob, cyd)
    two = segment("Two", cyd, dan)
    three = segment("Three")
    Membership.objects.create(segment=two, contact=ann, entered_at=NOW - DAY, left_at=NOW)
    # Two, and what PostgreSQL's guard takes: a savepoint and its end, the settings and their way back.
    extra = 4 if connection.vendor == "postgresql" else 0
    with django_assert_num_queries(2 + extra):
        found = figures.overlaps(one, [two, three])
    assert [(row.other.name, row.both, row.only_this, row.only_other) for row in found] == [
        ("Two", 1, 2, 1),
        ("Three", 0, 3, 0),
    ]
    assert round(found[0].share, 1) == 33.3
    assert figures.overlaps(three, [one])[0].share == 0


def test_the_curve_has_a_point_a_day_and_counts_moves_by_members(people):
    ann, bob, *_others = people
    made = segment("One", ann, entered_at=NOW - 3 * DAY)
    Membership.objects.create(segment=made, contact=bob, entered_at=NOW - 3 * DAY, left_at=NOW - DAY)
    for days, hour, size in ((3, 0, 1), (3, 1, 2), (1, 0, 1), (500, 0, 9)):
        at = NOW - days * DAY + timedelta(hours=hour)
        SegmentSize.objects.create(segment=made, measured_at=at, size=size, entered=0, left=0)
    points = figures.growth(made, now=NOW)
    assert [(point.size, point.entered, point.left) for point in points] == [(2, 2, 0), (1, 0, 1)]
    assert points[1].day - points[0].day == 2 * DAY
    assert figures.growth(made, days=1, now=NOW) == []


def test_performance_is_of_the_members_in_the_period_net_of_refunds(people):
    ann, bob, cyd, dan = people
    made = segment("One", ann, bob, cyd)
    order(ann, "1", ("P", 1000), days_ago=5, refunded=200)
    order(ann, "2", ("P", 500), days_ago=2)
    order(bob, "3", ("P", 900), days_ago=50)
    order(bob, "4", ("P", 700), days_ago=3, cancelled=True)
    order(dan, "5", ("P", 100), days_ago=3)

    def happened(contact, kind, *, days_ago=3, machine=False):
        Activity.objects.create(
            contact=contact, type=kind, occurred_at=NOW - days_ago * DAY, machine=machine,
            dedupe=f"{kind}{Activity.objects.count()}",
        )  # fmt: skip

    for one in (ann, bob, dan):
        happened(one, "email.sent")
    happened(ann, "email.sent")
    happened(ann, "email.opened")
    happened(bob, "email.opened", machine=True)
    happened(ann, "email.clicked")
    happened(ann, "email.clicked")
    happened(cyd, "email.clicked")
    happened(bob, "email.unsubscribed", days_ago=40)
    found = figures.performance(made, start=NOW - 10 * DAY, end=NOW)
    assert (found.members, found.buyers, found.orders, found.revenue) == (3, 1, 2, 1300)
    assert (found.average_order, found.per_member) == (650, 433)
    assert (found.mailed, found.opened, found.clicked, found.unsubscribed) == (2, 1, 1, 0)
    assert found.rate(found.clicked) == 50
    nothing = figures.performance(segment("Two"), start=NOW - 10 * DAY, end=NOW)
    assert (nothing.revenue, nothing.average_order, nothing.per_member, nothing.rate(0)) == (0, None, None, None)


def test_reach_is_counted_per_channel_once_an_address(people):
    ann, bob, cyd, _dan = people
    Contact.objects.filter(pk=bob.pk).update(email_hash=ann.email_hash, email_normalised=ann.email_normalised)
    made = segment("One", ann, bob, cyd)
    for one in (ann, bob):
        ConsentState.objects.create(
            contact=one, channel="email", state="subscribed", strength=1, address_hash=ann.email_hash, changed_at=NOW
        )
    assert services.count_reach(segment=made, now=NOW) == {"email": 1, "sms": 0}
    assert services.count_reach(segment=made, now=NOW) == {"email": 1, "sms": 0}
    assert SegmentReach.objects.count() == 2
    listed = figures.listed(Segment.objects.all(), now=NOW).get()
    assert listed.reachable == 1


def test_the_list_compares_with_a_week_ago(people):
    made = segment("One", people[0])
    for days, size in ((20, 5), (8, 10), (2, 11), (0, 12)):
        SegmentSize.objects.create(segment=made, measured_at=NOW - days * DAY, size=size, entered=0, left=0)
    found = figures.listed(Segment.objects.all(), now=NOW).get()
    assert (found.size, found.size_before) == (12, 10)


def test_uses_are_counted_for_many_segments_at_once(people):
    inner = segment("Inner")
    rules = {"match": "all", "rules": [{"kind": "segment", "params": {"id": inner.pk}}]}
    services.create_segment(name="Outer 0", rules=rules)
    figures.use_counts([inner.pk])  # Django keeps content types once it has seen them
    with CaptureQueriesContext(connection) as few:
        assert figures.use_counts([inner.pk]) == {inner.pk: 1}
    others = [services.create_segment(name=f"Outer {number}", rules=rules) for number in (1, 2, 3)]
    with CaptureQueriesContext(connection) as many:
        assert figures.use_counts([inner.pk, *(one.pk for one in others)]) == {inner.pk: 4}
    assert len(few) == len(many)


def test_a_refresh_by_hand_is_a_job_that_goes_on_after_a_fault(people):
    from wagtail_marketing.jobs.services import enqueue_job, run_job

    order(people[0], "1", ("P", 100))
    count_totals()
    good, draft = segment("One"), services.create_segment(name="Draft", rules=BUYERS, publish=False)
    job, _made = enqueue_job(kind="segments.refresh", params={"segments": [draft.pk, good.pk, 10**9]})
    job = run_job(job=job)
    assert (job.state, job.result) == ("done", {"people": 1, "came_in": 1, "left": 0})
    assert job.error_count == 1
    assert "no published rules" in job.errors[0]["message"]
    assert SegmentReach.objects.filter(segment=good).count() == 2
