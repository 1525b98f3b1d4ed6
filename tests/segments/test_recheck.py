"""A change re-checks one contact in the segments that read it; a kill loses nothing; a storm becomes a refresh."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.segments.shop import NOW, count_totals, order, person
from wagtail_marketing.activity.models import Activity
from wagtail_marketing.activity.services import Happening, fill, record_many
from wagtail_marketing.commerce.services import refresh_totals
from wagtail_marketing.contacts import facts
from wagtail_marketing.contacts import services as people
from wagtail_marketing.contacts.models import Contact, ContactChange, Strength, Topic
from wagtail_marketing.contacts.registry import change_readers
from wagtail_marketing.contacts.services.lists import add_to_list, create_list, remove_from_list
from wagtail_marketing.contacts.services.tags import get_tag
from wagtail_marketing.core import clock, events
from wagtail_marketing.segments import recheck, schedule, services, tasks, wheel
from wagtail_marketing.segments.dependencies import watched
from wagtail_marketing.segments.events import ContactEntered, ContactLeft
from wagtail_marketing.segments.models import Membership, RefreshState, Segment, SegmentSize

pytestmark = pytest.mark.django_db


def rules(kind, match="all", **params):
    return {"match": match, "rules": [{"kind": kind, "params": params}]}


BUYERS = rules("orders", measure="count", op=">=", value=1)
NOBODY_YET = rules("orders", measure="count", op="<", value=1)
VIPS = rules("contact", field="tag", op="is", value="vip")
GERMANS = rules("contact", field="language", op="is", value="de")
FRIENDS = rules("consent", channel="email", state="subscribed")
CLICKERS = rules("activity", type="email.clicked", measure="count", op=">=", value=1)


def segment(name, tree, **options):
    made = services.create_segment(name=name, rules=tree, **options)
    services.refresh_segment(segment=made)
    return made


def inside(made):
    return set(
        Membership.objects.filter(segment=made, left_at__isnull=True).values_list("contact__external_key", flat=True)
    )


def buys(contact, ref="1"):
    order(contact, ref, ("A", 100), placed_at=clock.now() - timedelta(seconds=1))
    refresh_totals(contacts={contact.pk})
    facts.touch("orders", [contact.pk])


@pytest.fixture
def ann():
    made = person("ann")
    made.email_hash = "a" * 64
    made.save()
    return made


def test_each_change_of_a_contact_moves_it_in_the_segments_that_read_it(ann):
    made = {
        name: segment(name, tree)
        for name, tree in (("buyers", BUYERS), ("vips", VIPS), ("germans", GERMANS), ("clickers", CLICKERS))
    }
    friends = segment("friends", FRIENDS)
    ContactChange.objects.all().delete()
    buys(ann)
    people.add_tag(contact=ann, name="VIP")
    people.update_contact(contact=ann, language="de")
    people.record_consent(contact=ann, channel="email", state="subscribed", strength=Strength.STRONG, source="form")
    record_many(happenings=[Happening(ann.pk, "email.clicked", clock.now(), "c1")])
    assert recheck.recheck() == 5
    assert [inside(one) for one in (*made.values(), friends)] == [{"ann"}] * 5
    assert ContactChange.objects.count() == 0
    people.unsubscribe(contact=ann, channel="email")
    people.remove_tag(contact=ann, tag=ann.tags.get())
    assert recheck.recheck() == 2
    assert (inside(made["vips"]), inside(friends), inside(made["buyers"])) == (set(), set(), {"ann"})
    assert recheck.recheck() == 0


def test_only_the_segments_that_read_the_fact_are_asked(ann, monkeypatch):
    buyers, vips = segment("buyers", BUYERS), segment("vips", VIPS)
    asked = []
    real = recheck.judge
    monkeypatch.setattr(
        recheck, "judge", lambda found, wanted, **options: asked.append(dict(wanted)) or real(found, wanted, **options)
    )
    ContactChange.objects.all().delete()
    buys(ann)
    recheck.recheck()
    facts.touch("tags", [ann.pk])
    recheck.recheck()
    facts.touch(facts.EVERYTHING, [ann.pk])
    recheck.recheck()
    facts.touch("weather", [ann.pk])
    recheck.recheck()
    only = {ann.pk}
    assert asked == [{buyers.pk: only}, {vips.pk: only}, {buyers.pk: only, vips.pk: only}, {}]


def test_a_new_contact_and_one_that_goes_are_judged_by_every_segment(ann):
    waiting = segment("nobody yet", NOBODY_YET)
    assert inside(waiting) == {"ann"}
    people.create_contact(source="form", email="bob@example.com", external_key="bob")
    assert recheck.recheck() == 1
    assert inside(waiting) == {"ann", "bob"}
    people.mark_deleted(keys=["ann"])
    assert recheck.recheck() == 1
    assert inside(waiting) == {"bob"}


def test_segments_inside_segments_are_asked_too(ann):
    inner = segment("inner", BUYERS)
    middle = segment("middle", rules("segment", id=inner.pk))
    outer = segment("outer", rules("segment", "none", id=middle.pk))
    assert {one.pk: "orders" in one.reads for one in watched()} == dict.fromkeys((inner.pk, middle.pk, outer.pk), True)
    ContactChange.objects.all().delete()
    assert inside(outer) == {"ann"}
    buys(ann)
    assert recheck.recheck() == 3
    assert (inside(inner), inside(middle), inside(outer)) == ({"ann"}, {"ann"}, set())


def test_a_contact_is_looked_at_once_however_many_changes_wait(ann):
    segment("buyers", BUYERS)
    for number in range(3):
        buys(ann, str(number))
    with CaptureQueriesContext(connection) as few:
        assert recheck.recheck() == 1
    for _number in range(20):
        facts.touch("orders", [ann.pk])
    with CaptureQueriesContext(connection) as many:
        assert recheck.recheck() == 0
    assert len(many) < len(few)


def test_one_statement_judges_all_segments(ann):
    for number in range(3):
        segment(f"buyers {number}", BUYERS)
    ContactChange.objects.all().delete()
    facts.touch("orders", [ann.pk])
    with CaptureQueriesContext(connection) as three:
        recheck.recheck()
    for number in range(3, 30):
        segment(f"buyers {number}", BUYERS)
    ContactChange.objects.all().delete()
    facts.touch("orders", [ann.pk])
    with CaptureQueriesContext(connection) as thirty:
        recheck.recheck()
    assert len(thirty) == len(three)


def test_many_contacts_at_once_are_one_row_and_a_refresh(ann, monkeypatch):
    buyers, vips = segment("buyers", BUYERS), segment("vips", VIPS)
    crowd = Contact.objects.bulk_create(
        Contact(external_key=f"c{number}", created_at=NOW, updated_at=NOW) for number in range(facts.MOST_SINGLE + 1)
    )
    ContactChange.objects.all().delete()
    facts.touch("orders", [one.pk for one in crowd])
    assert list(ContactChange.objects.values_list("contact_id", "fact")) == [(None, "orders")]
    order(ann, "1", ("A", 100), placed_at=clock.now() - timedelta(days=1))
    count_totals()
    assert recheck.recheck() == 0
    due = RefreshState.objects.filter(due_at__isnull=False)
    assert list(due.values_list("segment", flat=True)) == [buyers.pk]
    # Not at once after the last one: a sync of a hundred batches would refresh a hundred times.
    assert tasks.refresh_due(clock.now()) == 0
    SegmentSize.objects.update(measured_at=clock.now() - schedule.LULL)
    assert tasks.refresh_due(clock.now()) == 1
    assert (inside(buyers), due.count(), vips.sizes.count()) == ({"ann"}, 0, 1)


def test_a_storm_of_single_changes_is_answered_as_a_set(ann, monkeypatch):
    buyers = segment("buyers", BUYERS)
    monkeypatch.setattr(recheck, "BATCH", 3)
    monkeypatch.setattr(recheck, "STORM", 5)
    judged = []
    monkeypatch.setattr(recheck, "judge", lambda found, wanted: judged.append(wanted) or 0)
    ContactChange.objects.all().delete()
    for _number in range(9):
        facts.touch("orders", [ann.pk])
    recheck.recheck()
    assert ContactChange.objects.count() == 0
    assert [one for one in judged if one] == []
    assert list(RefreshState.objects.filter(due_at__isnull=False).values_list("segment", flat=True)) == [buyers.pk]


def test_a_kill_between_the_claim_and_the_write_loses_nothing(ann, monkeypatch):
    buyers = segment("buyers", BUYERS)
    ContactChange.objects.all().delete()
    buys(ann)

    class Killed(Exception):
        pass

    def killed(*args, **options):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(recheck, "_write", killed)
        recheck.recheck()
    assert (ContactChange.objects.count(), inside(buyers)) == (1, set())
    assert recheck.recheck() == 1
    assert (ContactChange.objects.count(), inside(buyers)) == (0, {"ann"})


def test_a_change_that_is_taken_back_is_not_noted(ann):
    ContactChange.objects.all().delete()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        people.add_tag(contact=ann, name="VIP")
        raise ZeroDivisionError
    assert ContactChange.objects.count() == 0


def test_without_a_reader_nothing_is_noted(ann, monkeypatch):
    ContactChange.objects.all().delete()
    monkeypatch.setattr(change_readers, "_items", {})
    people.add_tag(contact=ann, name="VIP")
    assert ContactChange.objects.count() == 0


def test_drafts_and_unpublished_segments_are_left_alone(ann):
    services.create_segment(name="draft", rules=BUYERS, publish=False)
    gone = segment("gone", BUYERS)
    gone.unpublish()
    ContactChange.objects.all().delete()
    buys(ann)
    assert recheck.recheck() == 0
    assert Membership.objects.count() == 0


def test_who_moved_is_told_and_stands_on_the_timeline(ann, monkeypatch, django_capture_on_commit_callbacks):
    heard = []
    for kind in (ContactEntered, ContactLeft):
        monkeypatch.setitem(events._subscribers, kind, [heard.append])
    buyers, vips = segment("Buyers", BUYERS), segment("Vips", VIPS)
    assert heard == []
    with django_capture_on_commit_callbacks(execute=True):
        buys(ann)
        people.add_tag(contact=ann, name="vip")
        recheck.recheck()
    assert {(type(one), one.segment_id, one.contact_ids) for one in heard} == {
        (ContactEntered, buyers.pk, (ann.pk,)),
        (ContactEntered, vips.pk, (ann.pk,)),
    }
    people.remove_tag(contact=ann, tag=ann.tags.get())
    recheck.recheck()
    fill()
    fill()
    seen = Activity.objects.filter(contact=ann, type__startswith="segment.").order_by("occurred_at", "type", "subject")
    assert list(seen.values_list("type", "subject", "ref")) == [
        ("segment.entered", "Buyers", f"segment:{buyers.pk}"),
        ("segment.entered", "Vips", f"segment:{vips.pk}"),
        ("segment.left", "Vips", f"segment:{vips.pk}"),
    ]
    assert RefreshState.objects.get(segment=buyers).size == 1
    assert RefreshState.objects.get(segment=vips).size == 0


def test_a_refresh_tells_and_writes_the_timeline_as_a_set(monkeypatch, django_capture_on_commit_callbacks):
    crowd = [person(f"c{number}") for number in range(12)]
    made = services.create_segment(name="Quiet", rules=NOBODY_YET)
    heard = []
    monkeypatch.setitem(events._subscribers, ContactEntered, [heard.append])
    monkeypatch.setattr("wagtail_marketing.segments.timeline.BATCH", 5)
    with django_capture_on_commit_callbacks(execute=True):
        services.refresh_segment(segment=made)
    assert sorted(pk for one in heard for pk in one.contact_ids) == sorted(one.pk for one in crowd)
    assert [len(one.contact_ids) for one in heard] == [5, 5, 2]
    with CaptureQueriesContext(connection) as seen:
        fill()
    assert Activity.objects.filter(type="segment.entered").count() == 12
    assert sum(one["sql"].lstrip().startswith("INSERT INTO " + Activity._meta.db_table) for one in seen) == 2


def test_entering_does_not_wake_the_rules_that_read_the_log(ann):
    segment("clickers", CLICKERS)
    buyers = segment("buyers", BUYERS)
    ContactChange.objects.all().delete()
    buys(ann)
    recheck.recheck()
    fill()
    assert Activity.objects.filter(type="segment.entered", ref=f"segment:{buyers.pk}").count() == 1
    assert ContactChange.objects.count() == 0


def test_the_wheel_moves_whom_time_moves(ann):
    now = clock.now()
    bob = person("bob", birthday=(now - timedelta(days=30 * 365)).date())
    order(ann, "1", ("A", 100), placed_at=now - timedelta(days=29))
    count_totals()
    lapsed = segment("lapsed", rules("orders", measure="days_since_last", op=">=", value=30))
    recent = segment("recent", rules("orders", measure="count", op=">=", value=1, within={"last_days": 30}))
    active = segment(
        "active", rules("activity", type="x.y", measure="count", op=">=", value=1, within={"last_days": 2})
    )
    older = segment("older", rules("contact", field="age", op=">=", value=31))
    record_many(happenings=[Happening(bob.pk, "x.y", now, "1")])
    recheck.recheck()
    assert [inside(one) for one in (lapsed, recent, active, older)] == [set(), {"ann"}, {"bob"}, set()]
    assert wheel.turn(now=now + timedelta(hours=23)) == 0
    assert wheel.turn(now=now + timedelta(days=1, seconds=1)) == 2
    assert [inside(one) for one in (lapsed, recent)] == [{"ann"}, set()]
    assert wheel.turn(now=now + timedelta(days=3)) == 1
    assert inside(active) == set()
    assert wheel.turn(now=now + timedelta(days=400)) == 1
    assert inside(older) == {"bob"}
    assert wheel.turn(now=now + timedelta(days=400)) == 0


def test_the_wheel_turns_segments_by_what_stands_inside_them(ann):
    now = clock.now()
    order(ann, "1", ("A", 100), placed_at=now - timedelta(days=29))
    count_totals()
    inner = segment("inner", rules("orders", measure="days_since_last", op="<=", value=30))
    outer = segment("outer", rules("segment", "none", id=inner.pk))
    assert wheel.turn(now=now + timedelta(days=2)) == 2
    assert (inside(inner), inside(outer)) == (set(), {"ann"})


def test_after_a_long_sleep_the_wheel_asks_for_a_refresh(ann, monkeypatch):
    monkeypatch.setattr(wheel, "MOST", 1)
    now = clock.now()
    for number, one in enumerate((ann, person("bob"))):
        order(one, str(number), ("A", 100), placed_at=now - timedelta(days=29))
    count_totals()
    lapsed = segment("lapsed", rules("orders", measure="days_since_last", op=">=", value=30))
    assert wheel.turn(now=now + timedelta(days=2)) == 0
    state = RefreshState.objects.get(segment=lapsed)
    assert state.due_at is not None
    assert state.checked_until < now + timedelta(days=1)


def test_each_segment_has_its_own_hours(ann, settings):
    made = {every: segment(every or "default", BUYERS) for every in ("", "hourly", "nightly", "off")}
    for every, one in made.items():
        schedule.set_refresh_every(segment=one, every=every)
    now = clock.now()

    def due(moment):
        return set(schedule.due(moment).values_list("name", flat=True))

    assert due(now) == set()
    assert due(now + timedelta(minutes=61)) >= {"default", "hourly"}
    assert "off" not in due(now + timedelta(days=30))
    assert due(now + timedelta(days=1, minutes=1)) == {"default", "hourly", "nightly"}
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SEGMENT_REFRESH": "off"}
    assert due(now + timedelta(days=1, minutes=1)) == {"hourly", "nightly"}
    recheck.mark_due([made["off"].pk])
    assert due(now + timedelta(minutes=6)) == {"off"}


def test_the_growth_curve_keeps_hours_for_two_days_and_days_for_ever():
    made = Segment.objects.create(name="S")
    now = clock.now().replace(hour=17, minute=0, second=0, microsecond=0)
    for hours in range(24 * 5):
        SegmentSize.objects.create(
            segment=made, measured_at=now - timedelta(hours=hours), size=hours, entered=0, left=0
        )
    schedule.thin_sizes(now=now)
    kept = list(SegmentSize.objects.filter(segment=made).values_list("size", flat=True))
    assert [size for size in kept if size <= 48] == list(range(49))
    old = [size for size in kept if size > 48]
    assert 3 <= len(old) <= 4
    assert schedule.thin_sizes(now=now) == 0


def test_old_entries_leave_the_timeline_and_the_stays_remain(ann):
    segment("quiet", NOBODY_YET)
    fill()
    assert tasks.timeline.forget(before=clock.now() - timedelta(days=1)) == 0
    assert tasks.timeline.forget(before=clock.now() + timedelta(days=1)) == 1
    assert Membership.objects.count() == 1
    assert Activity.objects.count() == 0


def test_static_lists_are_followed(ann):
    vips = create_list(name="VIPs")
    on_it = segment("on the list", rules("list", id=vips.pk))
    add_to_list(contact_list=vips, contacts=[ann.pk])
    assert recheck.recheck() == 1
    assert inside(on_it) == {"ann"}
    remove_from_list(contact_list=vips, contacts=Contact.objects.all())
    assert RefreshState.objects.filter(due_at__isnull=False).count() == 0
    recheck.recheck()
    assert RefreshState.objects.filter(due_at__isnull=False).count() == 1


def test_a_pin_moves_its_contact_and_a_deactivated_segment_keeps_its_members(ann):
    inner = segment("inner", BUYERS)
    outer = segment("outer", rules("segment", id=inner.pk))
    recheck.recheck()
    services.pin_contact(segment=inner, contact=ann, always=True)
    assert recheck.recheck() == 2
    assert (inside(inner), inside(outer)) == ({"ann"}, {"ann"})
    services.deactivate_segment(segment=inner)
    services.unpin_contact(segment=inner, contact=ann)
    assert recheck.recheck() == 0
    assert (inside(inner), inside(outer)) == ({"ann"}, {"ann"})


def test_new_rules_of_a_segment_reach_those_that_contain_it(ann):
    inner = segment("inner", BUYERS)
    outer = segment("outer", rules("segment", id=inner.pk))
    services.update_segment(segment=inner, rules=NOBODY_YET)
    tasks.refresh_published(inner.pk)
    assert inside(inner) == {"ann"}
    assert list(RefreshState.objects.filter(due_at__isnull=False).values_list("segment", flat=True)) == [outer.pk]


def test_rules_that_cannot_be_read_any_more_stop_nobody_else(ann):
    topic = Topic.objects.create(name="News", slug="news")
    segment("about", rules("consent", channel="email", state="subscribed", topic="news"))
    buyers = segment("buyers", BUYERS)
    topic.delete()
    buys(ann)
    assert recheck.recheck() == 1
    SegmentSize.objects.update(measured_at=clock.now() - schedule.HOUR)
    assert tasks.refresh_due(clock.now() + timedelta(minutes=1)) == 1
    assert inside(buyers) == {"ann"}


def test_tagging_many_asks_for_a_refresh_of_what_reads_tags(ann):
    vips = segment("vips", VIPS)
    segment("buyers", BUYERS)
    tag = get_tag("VIP")
    for act in (people.tag_contacts, people.untag_contacts):
        RefreshState.objects.update(due_at=None)
        ContactChange.objects.all().delete()
        assert act(contacts=Contact.objects.all(), tag=tag) == 1
        assert act(contacts=Contact.objects.all(), tag=tag) == 0
        recheck.recheck()
        assert set(RefreshState.objects.filter(due_at__isnull=False).values_list("segment", flat=True)) == {vips.pk}
