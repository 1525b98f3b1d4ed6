"""What must hold for every cart and every set of discounts."""

import random
from collections import Counter
from itertools import groupby
from operator import itemgetter

from hypothesis import given, settings
from hypothesis import strategies as st

from wagtail_marketing.discounts import engine

from . import reference

NOW = "2026-11-21T10:00:00Z"
CATEGORIES = ["A", "B"]


def money(most):
    return st.integers(0, most).map(lambda cents: f"{cents // 100}.{cents % 100:02}")


filters = st.fixed_dictionaries(
    {},
    optional={
        "skus": st.lists(st.sampled_from(["S1", "S2"]), max_size=1),
        "categories": st.lists(st.sampled_from(CATEGORIES), max_size=2, unique=True),
        "exclude_categories": st.lists(st.sampled_from(CATEGORIES), max_size=1),
    },
).map(lambda f: {"categories": [], **f})
percents = st.sampled_from(["5", "10", "12.5", "33", "50", "100"])


def kind_of(kind, **params):
    return st.fixed_dictionaries({"kind": st.just(kind), "params": st.fixed_dictionaries(params)})


def tiers(start, reward):
    return st.lists(st.tuples(start, reward), min_size=1, max_size=3, unique_by=lambda tier: tier[0]).map(
        lambda pairs: [{"from": begins, **gives} for begins, gives in pairs]
    )


few = st.integers(1, 2)
simple_benefits = st.one_of(
    kind_of("percentage", value=percents, products=filters),
    kind_of("fixed_amount", amount=money(1500), per=st.sampled_from(["order", "unit"]), products=filters),
)
benefits = st.one_of(
    simple_benefits,
    simple_benefits,
    kind_of("fixed_price", price=money(1500), products=filters),
    kind_of("bundle_price", quantity=st.integers(1, 3), price=money(3000), products=filters),
    kind_of(
        "buy_x_get_y",
        buy=st.fixed_dictionaries({"quantity": few, "products": filters}),
        get=st.one_of(
            st.fixed_dictionaries({"quantity": few, "products": filters, "percent_off": percents}),
            st.fixed_dictionaries({"quantity": few, "products": filters, "amount_off": money(1500)}),
        ),
        repeat=st.one_of(st.none(), few),
    ),
    kind_of(
        "tiered_spend",
        tiers=tiers(
            money(4000), st.one_of(percents.map(lambda p: {"percent": p}), money(900).map(lambda m: {"amount": m}))
        ),
        products=filters,
    ),
    kind_of(
        "tiered_quantity",
        tiers=tiers(st.integers(1, 6), percents.map(lambda p: {"percent": p})),
        products=filters,
    ),
)
rules = st.lists(
    st.one_of(
        st.builds(
            lambda amount, products: {"kind": "min_spend", "params": {"amount": amount, "products": products}},
            money(3000),
            filters,
        ),
        st.builds(lambda quantity: {"kind": "min_quantity", "params": {"quantity": quantity}}, st.integers(0, 5)),
    ),
    max_size=1,
)


@st.composite
def discount_lists(draw, most=4):
    made = []
    for number in range(draw(st.integers(0, most))):
        made.append(
            {
                "id": f"d{number}",
                "lane": draw(st.sampled_from(["product", "product", "order"])),
                "priority": draw(st.integers(0, 2)),
                "group": draw(st.sampled_from([None, None, None, "g"])),
                "exclusive": draw(st.sampled_from([False, False, False, False, True])),
                "combines_with": draw(
                    st.sampled_from([[], ["product"], ["order"], ["product", "order"], ["product", "order"]])
                ),
                "base": draw(st.sampled_from(["reduced", "reduced", "original"])),
                "max_applications": draw(st.sampled_from([None, None, None, 1, 2])),
                "max_discount": draw(st.one_of(st.none(), st.none(), money(800).filter(lambda m: m != "0.00"))),
                "conditions": {"match": "all", "rules": draw(rules)},
                "benefit": draw(benefits),
            }
        )
    return made


@st.composite
def carts(draw, lines=3, units=3, price=2500):
    return {
        "currency": "USD",
        "lines": [
            {
                "id": str(number),
                "sku": f"S{number}",
                "quantity": draw(st.integers(1, units)),
                "unit_price": draw(money(price)),
                "categories": draw(st.lists(st.sampled_from(CATEGORIES), max_size=2, unique=True)),
            }
            for number in range(1, draw(st.integers(1, lines)) + 1)
        ],
    }


def run(cart, discounts, codes=()):
    return engine.evaluate_json({"cart": cart, "discounts": discounts, "facts": {}, "now": NOW, "codes": list(codes)})


@given(carts(lines=2, units=2), discount_lists(most=4))
@settings(max_examples=60)
def test_the_chosen_set_is_the_best_of_all(cart, discounts):
    evaluation = run(cart, discounts)
    saved, ids = reference.best(cart, discounts)
    assert (evaluation.discount_total, sorted(one.discount for one in evaluation.applied)) == (saved, ids)


@st.composite
def simple_lists(draw, most=5):
    """Discounts for which lines are decided one by one."""
    made = []
    for discount in draw(discount_lists(most=most)):
        rules = [rule for rule in discount["conditions"]["rules"] if rule["kind"] != "min_spend"]
        more = {"max_discount": None, "max_applications": None, "conditions": {"match": "all", "rules": rules}}
        benefit = draw(simple_benefits)
        if discount["lane"] == "product" and benefit["kind"] == "fixed_amount":
            benefit["params"]["per"] = "unit"
        made.append({**discount, **more, "benefit": benefit})
    return made


@given(carts(lines=2, units=2), simple_lists(most=5))
@settings(max_examples=60)
def test_the_quick_way_is_the_best_of_all_too(cart, discounts):
    evaluation = run(cart, discounts)
    saved, ids = reference.best(cart, discounts)
    assert (evaluation.discount_total, sorted(one.discount for one in evaluation.applied)) == (saved, ids)


@given(carts(lines=5, units=90_000), discount_lists(most=6))
def test_shares_add_up_and_nothing_falls_below_zero(cart, discounts):
    evaluation = run(cart, discounts)
    prices = {line["id"]: reference.cents(line["unit_price"]) for line in cart["lines"]}
    changes = []
    for applied in evaluation.applied:
        assert sum(unit.count * unit.amount for unit in applied.units) == applied.amount
        assert applied.amount > 0
        for unit in applied.units:
            assert unit.amount > 0
            changes += [(unit.line, unit.start, unit.amount), (unit.line, unit.start + unit.count, -unit.amount)]
    # Along each line, from run to run: a loop over pairs of runs would take hours where a bundle makes 45,000.
    off = Counter()
    for (line, _start), group in groupby(sorted(changes), key=itemgetter(0, 1)):
        off[line] += sum(amount for _line, _at, amount in group)
        assert 0 <= off[line] <= prices[line]
    assert evaluation.total == evaluation.subtotal - sum(applied.amount for applied in evaluation.applied) >= 0


@given(carts(lines=4), discount_lists(most=5), st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_lines_discounts_and_codes_changes_nothing(cart, discounts, shuffle: random.Random, coded):
    if coded:
        discounts = [{**one, "code": f"Code{number}"} for number, one in enumerate(discounts)]
    codes = [one["code"] for one in discounts if coded]
    first = run(cart, discounts, codes).as_json()
    lines, shuffled, typed = list(cart["lines"]), list(discounts), [f" {code.upper()} " for code in codes]
    for pile in (lines, shuffled, typed):
        shuffle.shuffle(pile)
    second = run({**cart, "lines": lines}, shuffled, typed).as_json()
    assert second == first


@given(carts(lines=4), discount_lists(most=4))
def test_an_evaluation_survives_being_kept(cart, discounts):
    evaluation = run(cart, discounts)
    assert engine.Evaluation.from_runs(evaluation.as_json(runs=True), "USD") == evaluation


@given(carts(lines=4, units=40), discount_lists(most=4))
def test_runs_and_units_say_the_same(cart, discounts):
    evaluation = run(cart, discounts)
    for units, runs in zip(evaluation.as_json()["applied"], evaluation.as_json(runs=True)["applied"], strict=True):
        spread = [
            {"line": one["line"], "unit": unit, "amount": one["amount"]}
            for one in runs["units"]
            for unit in range(one["unit"], one["unit"] + one["count"])
        ]
        assert units["units"] == spread


@given(st.integers(13, 20), st.integers(0, 2**32))
@settings(max_examples=15)
def test_the_search_is_never_worse_than_greedy(count, seed):
    """Past twelve candidates in one component the answer is searched; it beats adding them one by one."""
    chance = random.Random(seed)  # noqa: S311
    cart = {
        "currency": "USD",
        "lines": [
            {"id": str(n), "sku": f"S{n}", "quantity": 2, "unit_price": f"{chance.randint(1, 40)}.99", "categories": []}
            for n in range(1, 5)
        ],
    }
    discounts = [
        {
            "id": f"d{n}",
            "lane": lane,
            "combines_with": ["product", "order"] if lane == "product" else chance.choice([[], ["product", "order"]]),
            # A minimum spend reads what others leave, so that lines cannot be decided one by one.
            "conditions": {"rules": [{"kind": "min_spend", "params": {"amount": f"{chance.randint(1, 15)}.00"}}]},
            "benefit": {"kind": "percentage", "params": {"value": str(chance.randint(1, 40))}},
        }
        for n, lane in enumerate(chance.choices(["product", "order"], k=count))
    ]
    evaluation = run(cart, discounts)
    assert evaluation.trace["method"] == "search"
    alone = sorted(discounts, key=lambda d: (-run(cart, [d]).discount_total, d["id"]))
    chosen, saved = [], 0
    for discount in alone:
        trial = [*chosen, discount]
        if all(reference.joinable(a, discount) for a in chosen):
            found = run(cart, trial)
            if found.discount_total > saved and len(found.applied) == len(trial):
                chosen, saved = trial, found.discount_total
    assert evaluation.discount_total >= saved
