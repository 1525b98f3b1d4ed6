"""The kept statements answer as the rules do, for whoever is asked about and whenever, and are given up in time."""

from datetime import timedelta

import pytest
from django.db.models import Q

from tests.segments.shop import NOW, count_totals, order, person
from wagtail_marketing.contacts.models import Contact, Topic
from wagtail_marketing.segments import selectors, services, statements
from wagtail_marketing.segments.engine.tree import moment_at
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, conditions

pytestmark = pytest.mark.django_db


def rule(kind, **params):
    return {"match": "all", "rules": [{"kind": kind, "params": params}]}


BUYERS = rule("orders", measure="count", op=">=", value=1)
RECENT = rule("orders", measure="days_since_last", op="<=", value=30)
LATELY = rule("orders", measure="count", op=">=", value=1, within={"last_days": 30})
ADULTS = rule("contact", field="age", op=">=", value=18)


def inside(segment):
    return rule("segment", id=segment.pk)


@pytest.fixture(autouse=True)
def nothing_kept():
    statements._kept.clear()
    yield
    statements._kept.clear()


@pytest.fixture
def shop():
    ann, bob, cyd = person("ann"), person("bob"), person("cyd")
    order(ann, "1", ("A", 100), days_ago=10)
    order(bob, "2", ("A", 100), days_ago=40)
    count_totals()
    return ann, bob, cyd


def keys(held):
    return sorted(Contact.objects.filter(pk__in=held).values_list("external_key", flat=True))


def test_many_contacts_and_segments_in_two_statements(shop, django_assert_num_queries):
    ids = [one.pk for one in shop]
    made = [services.create_segment(name=f"S{number}", rules=rules) for number, rules in enumerate((BUYERS, RECENT))]
    draft = services.create_segment(name="Draft", rules=BUYERS, publish=False)
    wanted = [*made, draft.pk, 999_999]
    expected = {made[0].pk: ["ann", "bob"], made[1].pk: ["ann"]}
    for _time in range(2):
        found = selectors.memberships_of(ids, wanted, now=NOW)
        assert {pk: keys(held) for pk, held in found.items()} == expected
    with django_assert_num_queries(2):
        selectors.memberships_of(ids, wanted, now=NOW)
    with django_assert_num_queries(2):
        assert selectors.is_in(made[0], shop[0], now=NOW) in (True, False)
        statements.ask([], ids, moment_at(NOW))
        selectors.memberships_of([], made, now=NOW)


def test_a_kept_statement_moves_with_the_moment(shop):
    segments = [
        services.create_segment(name=f"S{number}", rules=rules) for number, rules in enumerate((RECENT, LATELY))
    ]
    for segment in segments:
        for hours, expected in (
            (0, True),
            (5, True),
            (24 * 20 - 1, True),
            (24 * 20 + 1, False),
            (1, True),
        ):
            now = NOW + timedelta(hours=hours)
            assert selectors.is_in(segment, shop[0], now=now) is expected, (segment.name, hours)
    # Within one day it is one statement: 0, 1 and 5 hours on (the shop's day began five hours before).
    assert len(statements._kept) <= len(segments) * 5


def test_a_birthday_is_a_matter_of_the_day(shop):
    segment = services.create_segment(name="Adults", rules=ADULTS)
    Contact.objects.filter(pk=shop[0].pk).update(birthday="2000-01-01")
    # New York: the first of January 2018 begins at five o'clock.
    assert not selectors.is_in(segment, shop[0], now=NOW + timedelta(hours=4, minutes=59))
    assert selectors.is_in(segment, shop[0], now=NOW + timedelta(hours=5))
    assert not selectors.is_in(segment, shop[0], now=NOW + timedelta(hours=4, minutes=59))


def test_new_rules_pins_and_switching_off_count_at_once(shop):
    inner = services.create_segment(name="Inner", rules=BUYERS)
    outer = services.create_segment(name="Outer", rules=inside(inner))
    ann, bob, cyd = shop

    def asked():
        found = selectors.memberships_of([one.pk for one in shop], [inner, outer], now=NOW)
        return keys(found[inner.pk]), keys(found[outer.pk])

    assert asked() == (["ann", "bob"], ["ann", "bob"])
    services.update_segment(segment=inner, rules=RECENT)
    assert asked() == (["ann"], ["ann"])
    services.pin_contact(segment=inner, contact=cyd, always=True)
    assert asked() == (["ann", "cyd"], ["ann", "cyd"])
    services.pin_contact(segment=inner, contact=bob, always=True)
    assert asked() == (["ann", "bob", "cyd"], ["ann", "bob", "cyd"])
    services.pin_contact(segment=outer, contact=ann, always=False)
    assert asked() == (["ann", "bob", "cyd"], ["bob", "cyd"])
    services.deactivate_segment(segment=inner)
    assert asked() == (["bob", "cyd"], ["bob", "cyd"])
    services.deactivate_segment(segment=outer)
    assert asked() == (["bob", "cyd"], [])


@pytest.mark.parametrize("count", [1, 2, 16, 17, 256, 300])
def test_any_number_of_contacts(count):
    Contact.objects.bulk_create(
        Contact(external_key=f"c{number}", city_folded="x" if number % 3 else "y", created_at=NOW, updated_at=NOW)
        for number in range(count)
    )
    ids = list(Contact.objects.values_list("pk", flat=True))
    segment = services.create_segment(name="City", rules=rule("contact", field="city", op="is", value="y"))
    assert selectors.memberships_of(ids, [segment]) == {
        segment.pk: frozenset(Contact.objects.filter(city_folded="y").values_list("pk", flat=True))
    }


def test_more_segments_than_one_statement_takes(shop, monkeypatch):
    monkeypatch.setattr(statements, "TOGETHER", 2)
    segments = [services.create_segment(name=f"S{number}", rules=BUYERS) for number in range(5)]
    found = selectors.memberships_of([one.pk for one in shop], segments, now=NOW)
    assert {pk: keys(held) for pk, held in found.items()} == {one.pk: ["ann", "bob"] for one in segments}


def test_what_can_no_longer_be_read_is_missing_and_stops_nothing(shop):
    topic = Topic.objects.create(name="Specials", slug="specials")
    rules = rule("consent", channel="email", topic="specials", state="never")
    broken, whole = services.create_segment(name="Broken", rules=rules), services.create_segment(name="W", rules=BUYERS)
    assert set(selectors.memberships_of([shop[0].pk], [broken, whole])) == {broken.pk, whole.pk}
    topic.delete()
    statements._kept.clear()
    assert set(selectors.memberships_of([shop[0].pk], [broken, whole])) == {whole.pk}
    with pytest.raises(InvalidRules):
        selectors.is_in(broken, shop[0])


def test_nobody_can_be_in(shop):
    segment = services.create_segment(name="Nobody", rules=rule("contact", field="age", op="in", value=[3]))
    assert selectors.memberships_of([one.pk for one in shop], [segment]) == {segment.pk: frozenset()}


class Morning(Condition):
    """A site's own kind that follows the clock in a way of its own."""

    key = "morning"
    label = "Morning"

    def clean(self, params, path, moment):
        return None

    def reads(self, params):
        return frozenset()

    def q(self, params, scope):
        return Q(pk__gt=0) if scope.moment.now.hour < 12 else Q(pk__lt=0)

    def check(self, params, facts, moment):
        return Answer(moment.now.hour < 12)

    def text(self, params):
        return "is asked in the morning"

    def descriptor(self):
        return Descriptor(self.key, self.label)


@pytest.mark.parametrize("says_so", [False, True])
def test_a_kind_that_does_not_say_so_is_compiled_each_time(shop, says_so, monkeypatch):
    """And one that says so wrongly is found out, since its SQL differs within the day."""
    monkeypatch.setattr(Morning, "reusable", says_so)
    conditions.register("morning", Morning())
    try:
        segment = services.create_segment(name="Morning", rules=rule("morning"))
        for hour in (9, 15, 10):
            assert selectors.is_in(segment, shop[0], now=NOW.replace(hour=hour)) is (hour < 12)
        assert not statements._kept
    finally:
        conditions.unregister("morning")
