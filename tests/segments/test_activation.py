"""Switched off, a segment keeps its members; copied, it is a draft of its own."""

from datetime import timedelta

import pytest

from tests.segments.shop import NOW, count_totals, order, person
from wagtail_marketing.core import events
from wagtail_marketing.discounts.models import Discount
from wagtail_marketing.segments import selectors, services, tasks
from wagtail_marketing.segments.errors import Deactivated, InvalidRules, SegmentInUse
from wagtail_marketing.segments.events import SegmentStateChanged
from wagtail_marketing.segments.models import Membership, Segment, SegmentSize, SegmentState, SegmentVersion

pytestmark = pytest.mark.django_db

BUYERS = {"match": "all", "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}]}
LATER = NOW + timedelta(days=1)


def keys(contacts):
    return sorted(contacts.values_list("external_key", flat=True))


def inside(pk, match="all"):
    return {"match": match, "rules": [{"kind": "segment", "params": {"id": pk}}]}


@pytest.fixture
def shop():
    ann, bob, cyd = person("ann"), person("bob"), person("cyd")
    order(ann, "1", ("A", 100))
    count_totals()
    return ann, bob, cyd


@pytest.fixture
def off(shop, admin_user):
    """Refreshed with Ann in it, switched off; then Bob buys."""
    segment = services.create_segment(name="Buyers", rules=BUYERS)
    services.refresh_segment(segment=segment, now=NOW)
    services.deactivate_segment(segment=segment, user=admin_user, now=NOW)
    order(shop[1], "2", ("A", 100))
    count_totals()
    return segment


def test_deactivated_it_holds_whom_it_held(shop, off):
    assert keys(selectors.contacts_in(off, now=LATER)) == ["ann"]
    assert [selectors.is_in(off, one, now=LATER) for one in shop] == [True, False, False]
    others = Segment.objects.create(name="raw", rules=BUYERS)
    why = selectors.why(off, shop[1], now=LATER)
    assert (why.holds, why.explained.holds, why.active) == (False, True, False)
    assert selectors.is_active(others)
    assert not selectors.is_active(off)


def test_it_is_not_refreshed_until_it_is_active_again(shop, off, admin_user):
    with pytest.raises(Deactivated):
        services.refresh_segment(segment=off, now=LATER)
    tasks.refresh(off.pk)
    assert tasks.refresh_due(LATER) == 0
    assert SegmentSize.objects.count() == 1
    services.activate_segment(segment=off, user=admin_user, now=LATER)
    assert keys(selectors.contacts_in(off, now=LATER)) == ["ann", "bob"]
    assert services.refresh_segment(segment=off, now=LATER).entered == 1


def test_pins_still_decide(shop, off):
    services.pin_contact(segment=off, contact=shop[0], always=False)
    services.pin_contact(segment=off, contact=shop[2], always=True)
    assert keys(selectors.contacts_in(off, now=LATER)) == ["cyd"]
    assert [selectors.why(off, one, now=LATER).holds for one in shop] == [False, False, True]


def test_what_uses_it_goes_on_and_nothing_new_may(shop):
    inner = services.create_segment(name="Inner", rules=BUYERS)
    services.refresh_segment(segment=inner, now=NOW)
    outer = services.create_segment(name="Outer", rules=inside(inner.pk, "none"))
    services.deactivate_segment(segment=inner)
    order(shop[1], "2", ("A", 100))
    count_totals()
    assert keys(selectors.contacts_in(outer, now=LATER)) == ["bob", "cyd"]
    for one in shop:
        assert selectors.why(outer, one, now=LATER).holds is selectors.is_in(outer, one, now=LATER)
    services.update_segment(segment=outer, rules=inside(inner.pk))
    with pytest.raises(InvalidRules) as refused:
        services.create_segment(name="New", rules=inside(inner.pk))
    assert refused.value.path == "rules.0.params.id"
    assert "“Inner” is deactivated" in str(refused.value)
    assert Segment.objects.count() == 2


def test_a_state_outlives_publishing_and_reverting(shop, off):
    first = off.latest_revision
    services.update_segment(segment=off, name="Customers")
    assert not selectors.is_active(off)
    first.publish(skip_permission_checks=True)
    assert not selectors.is_active(off)
    assert list(selectors.with_sizes(Segment.objects.all()).values_list("name", "active")) == [("Buyers", False)]


def test_twice_is_harmless_and_told_once(shop, django_capture_on_commit_callbacks, monkeypatch):
    heard = []
    monkeypatch.setitem(events._subscribers, SegmentStateChanged, [heard.append])
    segment = services.create_segment(name="Buyers", rules=BUYERS)
    with django_capture_on_commit_callbacks(execute=True):
        assert services.activate_segment(segment=segment).active is True
        assert not SegmentState.objects.exists()
        for _ in range(2):
            assert services.deactivate_segment(segment=segment, now=NOW).changed_at == NOW
    assert heard == [SegmentStateChanged(segment.pk, False)]


def test_a_copy_is_a_draft_with_rules_and_pins_and_without_members(shop, off, admin_user):
    services.pin_contact(segment=off, contact=shop[2], always=True)
    services.update_segment(segment=off, description="For the sale", publish=False)
    copy = services.clone_segment(segment=off, user=admin_user, now=LATER)
    assert (copy.name, copy.description, copy.rules, copy.live) == ("Copy of Buyers", "For the sale", BUYERS, False)
    assert [(pin.contact, pin.always, pin.created_by) for pin in copy.pins.all()] == [(shop[2], True, admin_user)]
    assert selectors.is_active(copy)
    assert not SegmentVersion.objects.filter(segment=copy).exists()
    assert not Membership.objects.filter(segment=copy).exists()
    assert services.clone_segment(segment=off, name="Mine").name == "Mine"
    long = services.create_segment(name="x" * 120, rules=BUYERS)
    assert len(services.clone_segment(segment=long).name) == 120


def test_what_is_used_is_named_and_not_deleted(shop):
    segment = services.create_segment(name="Buyers", rules=BUYERS)
    services.create_segment(name="Outer", rules=inside(segment.pk))
    discount = {
        "currency": "USD",
        "conditions": {"match": "all", "rules": [{"kind": "segment", "any_of": [str(segment.pk)]}]},
        "created_at": NOW,
        "updated_at": NOW,
    }
    Discount.objects.create(name="Ten", **discount)
    Discount.objects.create(name="Over", status="ended", **discount)
    assert selectors.used_by(segment) == ["the segment “Outer”", "the discount “Ten”"]
    with pytest.raises(SegmentInUse, match="the segment “Outer”, the discount “Ten”"):
        services.delete_segment(segment=segment)
    assert Segment.objects.filter(pk=segment.pk).exists()
    assert selectors.used_by(Segment.objects.get(name="Outer")) == []
