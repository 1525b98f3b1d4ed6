"""Random trees on random people: SQL, the check in memory and a naive reading choose the same.

``WM_DIFFERENTIAL_TREES`` trees for each world (50), one world for each moment of ``random_world.MOMENTS``.
"""

import json
import os
from random import Random

import pytest

from tests.segments import naive, random_world
from wagtail_marketing.segments import services
from wagtail_marketing.segments.compiler import contacts_of, explain
from wagtail_marketing.segments.engine.tree import moment_at, parse
from wagtail_marketing.segments.registry import Facts

TREES = int(os.environ.get("WM_DIFFERENTIAL_TREES", "50"))


@pytest.mark.django_db
@pytest.mark.parametrize("number", range(len(random_world.MOMENTS)))
def test_three_readings_agree(number):
    random = Random(f"segments {number} {os.environ.get('WM_DIFFERENTIAL_SEED', '')}")  # noqa: S311  reproducible
    now = random_world.MOMENTS[number]
    world = random_world.world(random, now)
    contacts = random_world.write(world, now)
    for inner in range(2):
        segment = services.create_segment(name=f"Inner {inner}", rules=random_world.tree(random))
        world["segments"][segment.pk] = segment.rules
    moment = moment_at(now)
    facts = {key: Facts(contact) for key, contact in contacts.items()}
    deleted = {one["key"] for one in world["people"] if one["deleted"]}
    sizes = []
    for _ in range(TREES):
        rules = random_world.tree(random, segments=list(world["segments"]))
        tree = parse(rules, moment)
        expected = naive.chosen(rules, world, now)
        shown = json.dumps(rules)
        sql = set(contacts_of(rules, now=now).values_list("external_key", flat=True))
        assert sql == expected, shown
        memory = {key for key, one in facts.items() if explain(tree, one, moment).holds}
        assert memory - deleted == expected, shown
        few = random.sample(sorted(contacts), 2)
        pushed = contacts_of(rules, now=now, contact_ids=[contacts[key].pk for key in few])
        assert set(pushed.values_list("external_key", flat=True)) == expected & set(few), shown
        sizes.append(len(expected))
    # The trees say something: neither always everybody nor always nobody.
    assert len(set(sizes)) >= min(10, TREES // 5)
