"""Random trees on random people: SQL, the same pushed down to a few, the check in memory and a naive reading agree.

``WM_DIFFERENTIAL_TREES`` trees in all (2,000), spread over one world for each moment of ``random_world.MOMENTS``;
``WM_DIFFERENTIAL_SEED`` draws others. A mismatch is made small and printed with its seed.
"""

import json
import os
from random import Random

import pytest

from tests.segments import naive, random_world
from wagtail_marketing.segments import selectors, services
from wagtail_marketing.segments.compiler import contacts_of, explain
from wagtail_marketing.segments.conditions import columns, order_sql
from wagtail_marketing.segments.engine import operators
from wagtail_marketing.segments.engine.period import Period
from wagtail_marketing.segments.engine.tree import moment_at, parse
from wagtail_marketing.segments.models import Membership, Segment
from wagtail_marketing.segments.registry import Facts

pytestmark = pytest.mark.django_db

TREES = int(os.environ.get("WM_DIFFERENTIAL_TREES", "2000"))
SEED = os.environ.get("WM_DIFFERENTIAL_SEED", "1")


class World:
    """People of one moment, with four published segments: free, pinned, switched off, and one of these inside."""

    def __init__(self, number: int, *, people: int = 30):
        self.random = Random(f"segments {number} {SEED}")  # noqa: S311  reproducible
        self.number = number
        self.now = random_world.MOMENTS[number]
        self.world = random_world.world(self.random, self.now, people)
        self.contacts = random_world.write(self.world, self.now)
        self.keys = {contact.pk: key for key, contact in self.contacts.items()}
        self.moment = moment_at(self.now)
        self.facts = {key: Facts(contact) for key, contact in self.contacts.items()}
        self.deleted = {one["key"] for one in self.world["people"] if one["deleted"]}
        self._segments()

    def _segments(self) -> None:
        random, known = self.random, self.world["segments"]
        for name in ("free", "pinned", "off", "inside"):
            rules = random_world.tree(random, list(known) if name == "inside" else ())
            segment = services.create_segment(name=name, rules=rules)
            known[segment.pk] = {"rules": rules, "always": set(), "never": set(), "members": None}
            if name in ("pinned", "off"):
                self._pin(segment, known[segment.pk])
            if name == "off":
                # Whom it held once has nothing to do with whom its rules would choose.
                members = set(random.sample(sorted(self.contacts), 12))
                Membership.objects.bulk_create(
                    Membership(segment=segment, contact=self.contacts[key], entered_at=self.now) for key in members
                )
                known[segment.pk]["members"] = members
        # At the end: what is switched off may not be used newly.
        services.deactivate_segment(segment=Segment.objects.get(name="off"))
        self.segments = list(known)

    def _pin(self, segment: Segment, known: dict) -> None:
        chosen = self.random.sample(sorted(self.contacts), 8)
        for place, key in enumerate(chosen):
            side = "always" if place % 2 else "never"
            known[side].add(key)
            services.pin_contact(segment=segment, contact=self.contacts[key], always=side == "always")

    def tree(self) -> dict:
        return random_world.tree(self.random, self.segments, least=self.random.choice([1, 1, 1, 2, 3, 4, 5]))

    def difference(self, rules: dict) -> str:
        """Which reading chooses others than the naive one; empty where all agree."""
        tree = parse(rules, self.moment)
        expected = naive.chosen(rules, self.world, self.now)
        sql = {self.keys[pk] for pk in contacts_of(tree, now=self.now).values_list("pk", flat=True)}
        if sql != expected:
            return f"SQL chooses {sorted(sql ^ expected)} otherwise"
        memory = {key for key, one in self.facts.items() if explain(tree, one, self.moment).holds} - self.deleted
        if memory != expected:
            return f"the check in memory chooses {sorted(memory ^ expected)} otherwise"
        return ""

    def difference_pushed(self, rules: dict) -> str:
        few = self.random.sample(sorted(self.contacts), 2)
        ids = [self.contacts[key].pk for key in few]
        pushed = contacts_of(rules, now=self.now, contact_ids=ids).values_list("pk", flat=True)
        expected = naive.chosen(rules, self.world, self.now) & set(few)
        found = {self.keys[pk] for pk in pushed}
        return "" if found == expected else f"pushed down to {few}, SQL chooses {sorted(found)}"

    def compare(self, rules: dict, *, pushed: bool) -> set[str]:
        """Fails with the smallest part of ``rules`` that is read differently."""
        for differs in (self.difference, *([self.difference_pushed] if pushed else [])):
            if differs(rules):
                small = smallest(rules, differs)
                pytest.fail(
                    f"{differs(small) or differs(rules)} (moment {self.number}, seed {SEED}): {json.dumps(small)}"
                )
        return naive.chosen(rules, self.world, self.now)


def smallest(rules: dict, differs) -> dict:
    """``rules`` with as few conditions as still ``differs``."""
    for smaller in without_one(rules):
        if differs(smaller):
            return smallest(smaller, differs)
    return rules


def without_one(group: dict):
    """Every tree that lacks one condition, or has a group's part in place of the group."""
    for place, rule in enumerate(group["rules"]):
        rest = [*group["rules"][:place], *group["rules"][place + 1 :]]
        if rest:
            yield {**group, "rules": rest}
        if "rules" in rule:
            yield rule
            for smaller in without_one(rule):
                yield {**group, "rules": [*group["rules"][:place], smaller, *group["rules"][place + 1 :]]}


@pytest.mark.parametrize("number", range(len(random_world.MOMENTS)))
def test_every_reading_agrees(number):
    world = World(number)
    trees = -(-TREES // len(random_world.MOMENTS))
    chosen = [world.compare(world.tree(), pushed=place % 4 == 0) for place in range(trees)]
    # The trees say something: neither always everybody nor always nobody.
    assert len({frozenset(one) for one in chosen}) >= min(30, trees // 5)


@pytest.mark.parametrize("number", [0, 3, 4])
def test_segments_of_every_sort_are_answered_alike(number):
    """By the lazy queryset, in the kept statement, one by one, and explained."""
    world = World(number, people=20)
    expected = {
        pk: naive.chosen({"match": "all", "rules": [{"kind": "segment", "params": {"id": pk}}]}, world.world, world.now)
        for pk in world.segments
    }
    ids = [contact.pk for contact in world.contacts.values()]
    found = selectors.memberships_of(ids, world.segments, now=world.now)
    assert {pk: {world.keys[one] for one in held} for pk, held in found.items()} == expected
    for segment in Segment.objects.filter(pk__in=world.segments):
        lazy = selectors.contacts_in(segment, now=world.now).values_list("pk", flat=True)
        assert {world.keys[pk] for pk in lazy} == expected[segment.pk]
        for key, contact in list(world.contacts.items())[:6]:
            assert selectors.is_in(segment, contact, now=world.now) is (key in expected[segment.pk])
            assert selectors.why(segment, contact, now=world.now).holds is (key in expected[segment.pk])
        if selectors.is_active(segment):
            assert services.refresh_segment(segment=segment, now=world.now).size == len(expected[segment.pk])


def _interval_too_wide(op, value):
    low, high = REAL_INTERVAL(op, value)
    return (low - 1 if op == operators.GT else low), high


def _holds_at_the_edge(op, actual, value):
    return REAL_HOLDS(">=" if op == ">" else op, actual, value)


def _end_left_out(self, time, moment):
    return REAL_CONTAINS(self, time, moment) and time != moment.now


REAL_INTERVAL, REAL_HOLDS, REAL_CONTAINS = order_sql.interval, operators.holds, Period.contains
MUTATIONS = {
    "SQL: more than is at least": lambda patch: patch.setattr(order_sql, "interval", _interval_too_wide),
    "SQL: at most is less than": lambda patch: patch.setitem(columns.LOOKUPS, operators.LTE, "lt"),
    "SQL: a pin is not looked at": lambda patch: patch.setattr(
        "wagtail_marketing.segments.compiler._held", lambda rows, scope: columns.Q(pk__in=())
    ),
    "memory: more than is at least": lambda patch: patch.setattr(operators, "holds", _holds_at_the_edge),
    "memory: now is no part of the last days": lambda patch: patch.setattr(Period, "contains", _end_left_out),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_an_operator_that_is_off_by_one_is_found(name, monkeypatch):
    """The comparison can fail; and what it shows is small."""
    world = World(0)
    MUTATIONS[name](monkeypatch)
    for _tree in range(400):
        rules = world.tree()
        said = world.difference(rules)
        if said:
            break
    else:
        pytest.fail("Nobody noticed.")
    assert name.startswith("SQL") is said.startswith("SQL")
    assert len(list(parse(smallest(rules, world.difference)).leaves())) == 1
