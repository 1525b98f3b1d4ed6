"""The cases of the design's table that the present kinds cover, and what the engine refuses."""

import json
import subprocess
import sys

import pytest
from django.core.management import call_command

from wagtail_marketing.discounts import engine

from .conftest import cart, fixed, percent, spend

NOW = "2026-11-21T10:00:00Z"


def discount(number, benefit, **fields):
    return {"id": f"d{number}", "lane": "order", "combines_with": [], "benefit": benefit, **fields}


def run(basket, *discounts, codes=(), **facts):
    return engine.evaluate_json(
        {"cart": basket, "discounts": list(discounts), "facts": facts, "now": NOW, "codes": list(codes)}
    )


HUNDRED = cart((1, "100.00"))


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        ({"group": "sale"}, 8000),
        ({}, 6800),
        ({"base": "original"}, 6500),
    ],
)
def test_automatic_fifteen_and_code_twenty(fields, total):
    automatic = discount(1, percent("15"), lane="product", combines_with=["order"], **fields)
    code = discount(2, percent("20"), code="TWENTY", combines_with=["product"], **fields)
    assert run(HUNDRED, automatic, code, codes=["twenty"]).total == total


@pytest.mark.parametrize(("fixed_first", "total"), [(False, 5800), (True, 5985)])
def test_fixed_amount_and_percentages_by_priority(fixed_first, total):
    mine = ["order"]
    discounts = [
        discount(1, fixed("5.00"), priority=9 if fixed_first else -1, combines_with=mine),
        discount(2, percent("10"), combines_with=mine),
        discount(3, percent("30"), combines_with=mine),
    ]
    assert run(HUNDRED, *discounts).total == total


def test_an_amount_off_one_product_stays_on_it():
    basket = cart((1, "22.99"), (1, "15.99"))
    evaluation = run(basket, discount(1, fixed("10.00", products={"skus": ["S1"]})))
    assert (evaluation.off_line("1"), evaluation.off_line("2")) == (1000, 0)


def test_shares_by_largest_remainder():
    basket = cart((1, "33.33"), (1, "33.33"), (1, "33.33"))
    evaluation = run(basket, discount(1, fixed("10.00")))
    assert [evaluation.off_line(line) for line in "123"] == [334, 333, 333]


def test_ties_of_remainders_go_to_the_lower_line_as_a_number():
    lines = [{"id": str(n), "sku": "S", "quantity": 1, "unit_price": "1.00"} for n in (10, 9)]
    evaluation = run({"currency": "USD", "lines": lines}, discount(1, fixed("0.01")))
    assert [unit.line for unit in evaluation.applied[0].units] == ["9"]


def test_save_fifty_over_three_hundred():
    assert run(cart((1, "320.00")), discount(1, fixed("50.00"), conditions=spend("300.00"))).total == 27000


def test_a_hundred_percent_leaves_zero():
    assert run(cart((3, "33.33"), (7, "0.01")), discount(1, percent("100"))).total == 0


def test_product_percentages_round_by_line_order_ones_on_the_sum():
    basket = cart((1, "0.05"), (1, "0.05"))
    assert run(basket, discount(1, percent("10"), lane="product")).discount_total == 2
    assert run(basket, discount(1, percent("10"))).discount_total == 1


def test_a_cap_holds_for_the_whole_and_in_proportion():
    evaluation = run(cart((1, "30.00"), (1, "60.00")), discount(1, percent("50"), max_discount="15.00"))
    assert [evaluation.off_line(line) for line in "12"] == [500, 1000]


def test_a_threshold_reads_what_earlier_discounts_left():
    first = discount(1, percent("10"), lane="product", combines_with=["order"])
    over = discount(2, fixed("15.00"), combines_with=["product"], conditions=spend("100.00"))
    assert [a.discount for a in run(HUNDRED, first, over).applied] == ["d2"]
    assert run(HUNDRED, first, {**over, "base": "original"}).total == 7500


def test_exclusive_stands_alone_or_not_at_all():
    alone = discount(1, percent("30"), exclusive=True, combines_with=["order"])
    two = [discount(n, percent("20"), combines_with=["order"]) for n in (2, 3)]
    evaluation = run(HUNDRED, alone, *two)
    assert evaluation.total == 6400
    assert [(r.discount, r.reasons[0].reason) for r in evaluation.rejected] == [("d1", "not_combined")]


def test_two_products_discounts_that_do_not_share_take_different_units():
    """Ten off together is best spent on one unit; the other two go to the percentage."""
    basket = cart((3, "10.00"))
    evaluation = run(basket, discount(1, fixed("10.00"), lane="product"), discount(2, percent("20"), lane="product"))
    assert [(a.discount, a.amount) for a in evaluation.applied] == [("d1", 1000), ("d2", 400)]
    assert {(u.start, u.count) for a in evaluation.applied for u in a.units} == {(0, 1), (1, 2)}


def test_units_are_not_made_one_by_one():
    evaluation = run(cart((89_638, "1.99")), discount(1, percent("10"), lane="product"))
    assert evaluation.discount_total == 1783796
    assert len(evaluation.applied[0].units) == 2


def test_filters_with_excludes_and_attributes():
    lines = [
        {"id": "1", "sku": "A", "quantity": 1, "unit_price": "10.00", "categories": ["FOOD"], "attributes": {}},
        {"id": "2", "sku": "B", "quantity": 1, "unit_price": "10.00", "categories": ["FOOD", "WINE"]},
        {"id": "3", "sku": "C", "quantity": 1, "unit_price": "10.00", "attributes": {"brand": "National", "size": 5}},
        {"id": "4", "sku": "D", "quantity": 1, "unit_price": "10.00", "attributes": {"brand": ["Private"]}},
    ]
    basket = {"currency": "USD", "lines": lines}

    def hit(**products):
        evaluation = run(basket, discount(1, percent("10", **products)))
        return "".join(line["id"] for line in lines if evaluation.off_line(line["id"]))

    assert hit() == "1234"
    assert hit(categories=["FOOD"]) == "12"
    assert hit(categories=["FOOD"], exclude_categories=["WINE"]) == "1"
    assert hit(categories=["FOOD"], exclude_skus=["A"], skus=["A", "D"]) == "24"
    assert hit(attributes={"brand": ["National", "Private"]}) == "34"
    assert hit(attributes={"brand": ["National", "Private"], "size": ["5"]}) == "3"
    assert hit(exclude_attributes={"brand": ["National"]}) == "124"
    assert hit(skus=["A"], attributes={"brand": ["Private"]}) == "14"


def test_facts_decide_conditions():
    rules = {"match": "all", "rules": [{"kind": "segment", "params": {"any_of": ["7"]}}]}
    vip = discount(1, percent("10"), conditions=rules)
    assert run(HUNDRED, vip, segments=["7", "8"]).total == 9000
    refused = run(HUNDRED, vip, segments=["8"])
    assert refused.total == 10000
    assert [[(f.reason, f.missing) for f in r.reasons] for r in refused.rejected] == [[("segment", None)]]
    tag = {"match": "none", "rules": [{"kind": "tag", "params": {"any_of": ["staff"]}}]}
    assert run(HUNDRED, discount(1, percent("10"), conditions=tag), tags=["staff"]).total == 10000
    assert run(HUNDRED, discount(1, percent("10"), conditions=tag)).total == 9000


def test_groups_nest_and_an_empty_one_holds():
    nested = {
        "match": "any",
        "rules": [
            {"match": "all", "rules": [{"kind": "min_quantity", "params": {"quantity": 5}}]},
            {"match": "none", "rules": [{"kind": "min_spend", "params": {"amount": "50.00"}}]},
        ],
    }
    assert run(cart((1, "10.00")), discount(1, percent("10"), conditions=nested)).discount_total == 100
    assert run(cart((1, "60.00")), discount(1, percent("10"), conditions=nested)).discount_total == 0
    assert run(HUNDRED, discount(1, percent("10"), conditions={"match": "any", "rules": []})).discount_total == 1000


def test_a_condition_that_wants_little_can_hold_after_others_took_their_part():
    """ "Under 95.00" fails on the cart as it came and holds where it comes to apply."""
    under = {"match": "none", "rules": [{"kind": "min_spend", "params": {"amount": "95.00"}}]}
    first = discount(1, percent("10"), lane="product", combines_with=["order"])
    second = discount(2, fixed("5.00"), combines_with=["product"], conditions=under)
    assert run(HUNDRED, first, second).total == 8500


def test_hints_only_where_a_minimum_is_all_that_is_missing():
    both = {"match": "all", "rules": [*spend("150.00")["rules"], {"kind": "tag", "params": {"any_of": ["vip"]}}]}
    discounts = [
        discount(1, percent("10"), conditions=spend("150.00")),
        discount(2, percent("10"), conditions=both),
        discount(3, percent("10"), conditions=spend("200.00"), code="SECRET"),
    ]
    evaluation = run(HUNDRED, *discounts)
    assert [(h.discount, h.kind, h.missing) for h in evaluation.hints] == [("d1", "min_spend", "50.00")]
    assert [r.discount for r in evaluation.rejected] == ["d1", "d2"]


def test_two_codes_of_one_discount_count_once():
    two = [discount(1, percent("10"), code=code, combines_with=["order"]) for code in ("B-2", "B-1")]
    evaluation = run(HUNDRED, *two, codes=["b-2", "b-1"])
    assert [(a.code, a.amount) for a in evaluation.applied] == [("B-1", 1000)]


def test_currencies_without_and_with_three_digits():
    evaluation = run(cart((1, "333"), currency="JPY"), discount(1, percent("10"), lane="product"))
    assert evaluation.as_json()["total"] == "300"
    evaluation = run(cart((1, "1.005"), currency="KWD"), discount(1, percent("10")))
    assert evaluation.as_json()["discount_total"] == "0.101"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"discounts": [{"id": "d", "lane": "order", "benefit": {"kind": "magic"}}]}, "discounts[0].benefit.kind"),
        (
            {"discounts": [discount(1, percent("10"), conditions={"rules": [{"kind": "moon"}]})]},
            "discounts[0].conditions.rules[0].kind",
        ),
        ({"discounts": [discount(1, percent("101"))]}, "discounts[0].benefit.params.value"),
        ({"discounts": [discount(1, percent(10))]}, "discounts[0].benefit.params.value"),
        ({"discounts": [discount(1, fixed("1.005"))]}, "discounts[0].benefit.params.amount"),
        ({"discounts": [discount(1, fixed("-1.00"))]}, "discounts[0].benefit.params.amount"),
        ({"discounts": [discount(1, fixed("NaN"))]}, "discounts[0].benefit.params.amount"),
        ({"discounts": [discount(1, percent("5", sku=["A"]))]}, "discounts[0].benefit.params.products.sku"),
        ({"discounts": [discount(1, percent("5")), discount(1, percent("5"))]}, "discounts[1].id"),
        ({"discounts": [discount(1, percent("5"), lane="shipping")]}, "discounts[0].lane"),
        ({"discounts": [discount(1, percent("5"), combines_with=["all"])]}, "discounts[0].combines_with[0]"),
        ({"cart": cart((0, "1.00"))}, "cart.lines[0].quantity"),
        ({"cart": cart((1, 1.5))}, "cart.lines[0].unit_price"),
        ({"cart": cart((1, "1.5"), currency="JPY")}, "cart.lines[0].unit_price"),
        ({"cart": None}, "cart"),
        ({"now": "2026-11-21T10:00:00"}, "now"),
        ({"codes": "SAVE"}, "codes"),
        ({"facts": {"time_zone": "Mars/Base"}}, "facts.time_zone"),
    ],
)
def test_invalid_input_names_its_path(change, path, tmp_path, capsys):
    request = {"cart": HUNDRED, "discounts": [], "facts": {}, "now": NOW, "codes": [], **change}
    with pytest.raises(engine.InvalidInput) as caught:
        engine.evaluate_json(request)
    assert caught.value.path == path
    file = tmp_path / "request.json"
    file.write_text(json.dumps([request]))
    with pytest.raises(SystemExit) as stopped:
        call_command("marketing_evaluate", str(file))
    assert stopped.value.code == 2
    assert json.loads(capsys.readouterr().out)["path"] == f"[0].{path}"


def test_command_prints_the_evaluation(tmp_path, capsys):
    file = tmp_path / "request.json"
    file.write_text(json.dumps({"cart": HUNDRED, "discounts": [discount(1, percent("10"))], "now": NOW}))
    call_command("marketing_evaluate", str(file))
    answer = json.loads(capsys.readouterr().out)
    assert (answer["subtotal"], answer["discount_total"], answer["total"]) == ("100.00", "10.00", "90.00")
    assert answer["applied"] == [
        {
            "discount": "d1",
            "code": None,
            "amount": "10.00",
            "units": [{"line": "1", "unit": 0, "amount": "10.00"}],
        }
    ]


def test_the_engine_imports_no_django():
    code = (
        "import sys; sys.modules['django'] = None\n"
        "import importlib.util, pathlib, types\n"
        "for name in ('wagtail_marketing', 'wagtail_marketing.discounts'):\n"
        "    module = types.ModuleType(name)\n"
        "    module.__path__ = [str(pathlib.Path(*name.split('.')))]\n"
        "    sys.modules[name] = module\n"
        "import wagtail_marketing.discounts.engine as engine\n"
        "print(sorted(engine.benefit_kinds()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert "percentage" in done.stdout
