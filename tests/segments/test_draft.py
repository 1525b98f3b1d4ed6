"""A tree that somebody is still working on: what is finished counts, the rest is named with its path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_marketing.segments.admin.presets import presets
from wagtail_marketing.segments.engine.draft import parse_draft
from wagtail_marketing.segments.engine.tree import parse
from wagtail_marketing.segments.errors import InvalidRules

GOOD = [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": number}} for number in (1, 2, 3)]
BAD = {"kind": "contact", "params": {"field": "region", "op": "is", "value": ""}}


def trees(depth=1):
    leaf = st.sampled_from([*GOOD, BAD])
    if depth == 5:
        return st.fixed_dictionaries({"match": st.sampled_from(["all", "any", "none"]), "rules": st.lists(leaf)})
    inner = st.deferred(lambda: trees(depth + 1))
    return st.fixed_dictionaries(
        {"match": st.sampled_from(["all", "any", "none"]), "rules": st.lists(st.one_of(leaf, leaf, inner), max_size=4)}
    )


def walk(tree, path=""):
    """Every leaf and every empty group, with its path."""
    for number, rule in enumerate(tree["rules"]):
        here = f"{path}.rules.{number}" if path else f"rules.{number}"
        if "rules" in rule:
            if not rule["rules"]:
                yield f"{here}.rules", None
            yield from walk(rule, here)
        else:
            yield here, rule


@given(trees())
def test_finished_conditions_count_and_each_fault_has_its_path(tree):
    draft = parse_draft(tree)
    if not tree["rules"]:
        assert (draft.tree, [fault.path for fault in draft.faults]) == (None, ["rules"])
        return
    found = list(walk(tree))
    assert [path for path, _rule in draft.leaves()] == [path for path, rule in found if rule in GOOD]
    assert [fault.path for fault in draft.faults] == [
        path if rule is None else f"{path}.params.value" for path, rule in found if rule is None or rule is BAD
    ]
    for path, rule in draft.leaves():
        assert rule.params.value == dict(found)[path]["params"]["value"]
    if not draft.faults:
        assert draft.tree == parse(tree)


def test_what_is_wrong_with_the_whole_is_refused():
    deep = {"match": "all", "rules": [GOOD[0]]}
    for _level in range(5):
        deep = {"match": "all", "rules": [deep]}
    with pytest.raises(InvalidRules, match="nested too deeply"):
        parse_draft(deep)
    with pytest.raises(InvalidRules, match="101 conditions are too many"):
        parse_draft({"match": "all", "rules": [GOOD[0]] * 101})
    with pytest.raises(InvalidRules, match="not a way to combine"):
        parse_draft({"match": "some", "rules": [GOOD[0]]})
    with pytest.raises(InvalidRules, match="not a way to combine"):
        parse_draft({"match": "all", "rules": [BAD, {"match": "some", "rules": [GOOD[0]]}]})


@pytest.mark.django_db
@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset["key"])
def test_every_preset_is_a_tree_once_its_blanks_are_filled(preset):
    for blank in preset["blanks"]:
        *keys, last = blank["path"].split(".")
        inner = preset["rules"]
        for key in keys:
            inner = inner[int(key)] if isinstance(inner, list) else inner[key]
        assert inner[int(last) if isinstance(inner, list) else last] in (blank["default"], [], "")
        if isinstance(inner, list):
            last = int(last)
        inner[last] = blank["default"] or (["x"] if blank["type"] == "list" else "x")
    parse({"match": "all", "rules": preset["rules"]})
