"""What a rule tree may be: every refusal names the part at fault and the remedy."""

import pytest

from tests.segments.random_world import leaf, tree
from wagtail_marketing.segments.engine.tree import MAX_RULES, parse
from wagtail_marketing.segments.engine.words import sentence
from wagtail_marketing.segments.errors import InvalidRules

COUNT = {"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}


def orders(**params):
    return all_of({"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1, **params}})


def contact(field, op, *value):
    return all_of({"kind": "contact", "params": {"field": field, "op": op, **({"value": value[0]} if value else {})}})


def all_of(*rules):
    return {"match": "all", "rules": list(rules)}


def nested(depth):
    found = COUNT
    for _ in range(depth):
        found = all_of(found)
    return found


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ([], ""),
        ({"match": "all", "rules": []}, "rules"),
        ({"match": "all"}, "rules"),
        ({"match": "some", "rules": [COUNT]}, "match"),
        ({"version": 2, "match": "all", "rules": [COUNT]}, "version"),
        ({"match": "all", "rules": [COUNT], "sql": "1=1"}, "sql"),
        (all_of(COUNT, {"match": "any", "rules": []}), "rules.1.rules"),
        (all_of("count"), "rules.0"),
        (all_of({"kind": "sql", "params": {}}), "rules.0.kind"),
        (all_of({"kind": "orders", "params": []}), "rules.0.params"),
        (nested(6), "rules.0.rules.0.rules.0.rules.0.rules.0"),
        (all_of(*[COUNT] * (MAX_RULES + 1)), "rules"),
        (orders(measure="password"), "rules.0.params.measure"),
        (orders(op="; DROP TABLE"), "rules.0.params.op"),
        (orders(op="contains"), "rules.0.params.op"),
        (orders(value="many"), "rules.0.params.value"),
        (orders(value=None), "rules.0.params.value"),
        (orders(value=True), "rules.0.params.value"),
        (orders(value="NaN"), "rules.0.params.value"),
        (orders(value=1e300), "rules.0.params.value"),
        (orders(value="0.0000001"), "rules.0.params.value"),
        (orders(op="between", value=3), "rules.0.params.value"),
        (orders(op="between", value=[3, 1]), "rules.0.params.value"),
        (orders(measure="days_since_last", value=-1), "rules.0.params.value"),
        (orders(measure="days_since_last", op="is", value=30), "rules.0.params.op"),
        (orders(within={"last_days": 3, "from": "2017-01-01"}), "rules.0.params.within"),
        (orders(within={"from": "2017-02-01", "to": "2017-01-01"}), "rules.0.params.within.to"),
        (orders(within={"from": "yesterday"}), "rules.0.params.within.from"),
        (orders(within={"last_weeks": 3}), "rules.0.params.within.last_weeks"),
        (orders(where={"skus": "A"}), "rules.0.params.where.skus"),
        (orders(where={"skus": [["A"]]}), "rules.0.params.where.skus.0"),
        (orders(where={"skus": ["A\0"]}), "rules.0.params.where.skus.0"),
        (orders(where={"colour": "red"}), "rules.0.params.where.colour"),
        (orders(where={"min_total": "x"}), "rules.0.params.where.min_total"),
        (orders(extra=1), "rules.0.params.extra"),
        (contact("password", "is", "x"), "rules.0.params.field"),
        (contact("attributes.unknown", "is", "x"), "rules.0.params.field"),
        (contact("language", ">", "de"), "rules.0.params.op"),
        (contact("language", "is", "dé"), "rules.0.params.value"),
        (contact("language", "is", ""), "rules.0.params.value"),
        (contact("language", "in", []), "rules.0.params.value"),
        (contact("language", "is_set", "x"), "rules.0.params.value"),
        (contact("age", ">=", 200), "rules.0.params.value"),
        (contact("birthday", "is", "1.1.2000"), "rules.0.params.value"),
        (contact("birthday", "anniversary_within_days", 400), "rules.0.params.value"),
        (contact("attributes.vip", "is", "perhaps"), "rules.0.params.value"),
        (all_of({"kind": "sample", "params": {"percent": 0}}), "rules.0.params.percent"),
        (all_of({"kind": "consent", "params": {"channel": "fax", "state": "never"}}), "rules.0.params.channel"),
    ],
)
def test_refusals_name_the_part(rules, path):
    with pytest.raises(InvalidRules) as refused:
        parse(rules)
    assert refused.value.path == path
    assert refused.value.as_dict()["path"] == path
    assert len(refused.value.as_dict()["message"]) > 10


def test_five_levels_and_a_hundred_conditions_pass():
    assert sum(1 for _leaf in parse(nested(5)).leaves()) == 1
    assert sum(1 for _leaf in parse(all_of(*[COUNT] * MAX_RULES)).leaves()) == MAX_RULES


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            orders(value=3, within={"last_days": 90}, where={"categories": ["PASTRY"]}),
            "Has placed at least 3 orders in the last 90 days, in category PASTRY",
        ),
        (orders(op="is", value=0, within={"last_days": 1}), "Has placed no order in the last day"),
        (orders(measure="total", value="500"), "Has spent at least $500.00"),
        (orders(measure="average", op="between", value=[5, "7.50"]), "Has an average order of between $5.00 and $7.50"),
        (orders(measure="days_since_last", value=30), "Placed the last order at least 30 days ago"),
        (
            orders(where={"skus": ["A", "B"], "code": "vip", "channel": "web", "min_total": 20}),
            "Has placed at least 1 order, with SKU A or B, with the code VIP, through web, "
            "in orders of at least $20.00",
        ),
        (contact("language", "is_not", "de"), "Language is not de"),
        (contact("created_at", "<", "2017-01-01"), "Customer since before 2017-01-01"),
        (contact("attributes.plan", "in", ["Gold", "Blue"]), "Plan is one of Gold plan or Blue plan"),
        (
            all_of(COUNT, {"match": "none", "rules": [contact("language", "is", "de")["rules"][0], COUNT]}),
            "Has placed at least 1 order, and none of these: (Language is de; has placed at least 1 order)",
        ),
        (
            {"match": "any", "rules": [COUNT, all_of(COUNT, COUNT)]},
            "Has placed at least 1 order, or (has placed at least 1 order, and has placed at least 1 order)",
        ),
    ],
)
def test_rules_in_words(rules, words):
    assert sentence(parse(rules)) == words


def test_a_tree_says_what_it_reads():
    tree = parse(all_of(COUNT, contact("tag", "is", "vip")["rules"][0], contact("city", "is", "x")["rules"][0]))
    assert tree.reads() == {"orders", "tags", "contact"}


def test_every_random_tree_has_words(db):
    from random import Random

    from wagtail_marketing.contacts.models import Topic

    Topic.objects.create(name="Specials", slug="specials")
    random = Random(7)  # noqa: S311
    for _ in range(100):
        assert len(sentence(parse(tree(random)))) > 5
        assert leaf(random)["kind"] in {"contact", "orders", "consent", "activity", "sample"}
