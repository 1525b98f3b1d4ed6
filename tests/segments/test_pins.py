"""A pin beats the rules wherever a segment is asked: counted, refreshed, explained, nested, by a discount."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.segments.shop import NOW, count_totals, order, person
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.services import erase_person, export_person
from wagtail_marketing.core import events
from wagtail_marketing.discounts.registry import fact_providers
from wagtail_marketing.segments import selectors, services
from wagtail_marketing.segments.events import PinsChanged
from wagtail_marketing.segments.models import Membership, SegmentPin

pytestmark = pytest.mark.django_db

BUYERS = {"match": "all", "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}]}


def keys(contacts):
    return sorted(contacts.values_list("external_key", flat=True))


def inside(pk, match="all"):
    return {"match": match, "rules": [{"kind": "segment", "params": {"id": pk}}]}


@pytest.fixture
def shop():
    ann, bob, cyd = person("ann"), person("bob"), person("cyd")
    order(ann, "1", ("A", 100))
    order(bob, "2", ("A", 100))
    count_totals()
    return ann, bob, cyd


@pytest.fixture
def pinned(shop, admin_user):
    """Ann buys and is never in, Bob buys, Cyd never bought and is always in."""
    segment = services.create_segment(name="Buyers", rules=BUYERS)
    services.pin_contact(segment=segment, contact=shop[0], always=False, user=admin_user, now=NOW)
    services.pin_contact(segment=segment, contact=shop[2], always=True, user=admin_user, now=NOW)
    return segment


def test_a_pin_decides_who_is_in(shop, pinned):
    assert keys(selectors.contacts_in(pinned, now=NOW)) == ["bob", "cyd"]
    assert [selectors.is_in(pinned, one, now=NOW) for one in shop] == [False, True, True]


def test_a_refresh_follows_the_pins_both_ways(shop, pinned):
    assert services.refresh_segment(segment=pinned, now=NOW).size == 2
    services.unpin_contact(segment=pinned, contact=shop[0])
    services.unpin_contact(segment=pinned, contact=shop[2])
    after = services.refresh_segment(segment=pinned, now=NOW + timedelta(hours=1))
    assert (after.size, after.entered, after.left) == (2, 1, 1)
    assert keys(Contact.objects.filter(memberships__left_at__isnull=True, memberships__segment=pinned)) == [
        "ann",
        "bob",
    ]


def test_a_segment_inside_brings_its_pins_along(shop, pinned):
    outer = services.create_segment(name="Outer", rules=inside(pinned.pk))
    others = services.create_segment(name="Others", rules=inside(pinned.pk, "none"))
    assert keys(selectors.contacts_in(outer, now=NOW)) == ["bob", "cyd"]
    assert keys(selectors.contacts_in(others, now=NOW)) == ["ann"]
    for one in shop:
        assert selectors.why(outer, one, now=NOW).holds is selectors.is_in(outer, one, now=NOW)
        assert selectors.why(others, one, now=NOW).holds is selectors.is_in(others, one, now=NOW)


def test_why_says_who_pinned_and_still_shows_the_rules(shop, pinned, admin_user):
    never, free, always = (selectors.why(pinned, one, now=NOW) for one in shop)
    assert (never.holds, never.explained.holds, never.pinned) == (False, True, "Never in: pinned by admin")
    assert (free.holds, free.pin, free.pinned) == (True, None, "")
    assert (always.holds, always.explained.holds, always.pinned) == (True, False, "Always in: pinned by admin")
    admin_user.delete()
    assert selectors.why(pinned, shop[0], now=NOW).pinned == "Never in: pinned by the API or a user who is gone"


def test_one_pin_a_contact_the_second_replaces_the_first(shop, pinned):
    services.pin_contact(segment=pinned, contact=shop[2], always=False, now=NOW)
    assert not selectors.is_in(pinned, shop[2], now=NOW)
    assert SegmentPin.objects.filter(segment=pinned, contact=shop[2]).count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        SegmentPin.objects.create(segment=pinned, contact=shop[2], always=True, created_at=NOW)
    assert services.unpin_contact(segment=pinned, contact=shop[2]) is True
    assert services.unpin_contact(segment=pinned, contact=shop[2]) is False


def test_a_deleted_customer_is_in_nothing_pinned_or_not(shop, pinned):
    Contact.objects.filter(pk=shop[2].pk).update(host_deleted_at=NOW)
    shop[2].refresh_from_db()
    assert not selectors.is_in(pinned, shop[2], now=NOW)
    assert not selectors.why(pinned, shop[2], now=NOW).holds


def test_a_draft_with_pins_holds_nobody(shop):
    draft = services.create_segment(name="Draft", rules=BUYERS, publish=False)
    services.pin_contact(segment=draft, contact=shop[2], always=True)
    assert selectors.contacts_in(draft, now=NOW).count() == 0


def test_discounts_see_pins(shop, pinned):
    ask, wanted = fact_providers["segments"], frozenset({str(pinned.pk)})
    assert [set(ask(one, wanted, NOW)) for one in shop] == [set(), wanted, wanted]


def test_a_pin_is_told_on_commit(shop, pinned, django_capture_on_commit_callbacks, monkeypatch):
    heard = []
    monkeypatch.setitem(events._subscribers, PinsChanged, [heard.append])
    with django_capture_on_commit_callbacks(execute=True):
        services.pin_contact(segment=pinned, contact=shop[1], always=False)
        services.unpin_contact(segment=pinned, contact=shop[1])
        services.unpin_contact(segment=pinned, contact=shop[1])
    assert heard == [PinsChanged(pinned.pk, (shop[1].pk,))] * 2


def test_pins_cost_nothing_where_there_are_none(shop):
    segment = services.create_segment(name="Buyers", rules=BUYERS)
    table = SegmentPin._meta.db_table
    assert table not in str(selectors.contacts_in(segment).query)
    services.pin_contact(segment=segment, contact=shop[0], always=False)
    assert str(selectors.contacts_in(segment).query).count(f'FROM "{table}"') == 1


def test_pins_and_stays_are_the_persons_data(shop, pinned):
    services.refresh_segment(segment=pinned, now=NOW)
    told = export_person(contact=shop[2])["segments"]
    assert told == {
        "stays": [{"segment": "Buyers", "entered_at": NOW.isoformat(), "left_at": None}],
        "pins": [{"segment": "Buyers", "always": True, "reason": "", "pinned_at": NOW.isoformat()}],
    }
    erase_person(contact=shop[2])
    assert not SegmentPin.objects.filter(contact=shop[2]).exists()
    assert not Membership.objects.filter(contact=shop[2]).exists()
    assert SegmentPin.objects.filter(contact=shop[0]).count() == 1
