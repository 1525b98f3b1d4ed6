"""The kinds of benefit and condition one by one, with the cases that others get wrong."""

import pytest

from wagtail_marketing.discounts import engine

from .conftest import cart, fixed, percent

NOW = "2026-11-21T10:00:00Z"


def benefit(kind, **params):
    return {"kind": kind, "params": params}


def discount(number, benefit, **fields):
    return {"id": f"d{number}", "lane": "product", "combines_with": [], "benefit": benefit, **fields}


def run(basket, *discounts, now=NOW, **facts):
    return engine.evaluate_json({"cart": basket, "discounts": list(discounts), "facts": facts, "now": now})


def buy(quantity, get, *, of=None, get_of=None, repeat=None, **reward):
    reward = reward or {"percent_off": "100"}
    return benefit(
        "buy_x_get_y",
        buy={"quantity": quantity, "products": of or {}},
        get={"quantity": get, "products": get_of or {}, **reward},
        repeat=repeat,
    )


@pytest.mark.parametrize(("quantity", "total"), [(2, 2000), (3, 2000), (4, 3000), (5, 4000), (6, 4000)])
def test_buy_two_get_one(quantity, total):
    assert run(cart((quantity, "10.00")), discount(1, buy(2, 1))).total == total


def test_buy_two_get_the_cheapest_free():
    evaluation = run(cart((1, "30.00"), (1, "20.00"), (1, "10.00")), discount(1, buy(2, 1)))
    assert (evaluation.total, evaluation.off_line("3")) == (5000, 1000)


def test_a_reward_is_given_only_in_full():
    assert run(cart((2, "10.00")), discount(1, buy(1, 2))).total == 2000
    assert run(cart((3, "10.00")), discount(1, buy(1, 2))).total == 1000


def test_repeat_and_max_applications_limit_how_often():
    assert run(cart((9, "10.00")), discount(1, buy(2, 1, repeat=1))).total == 8000
    assert run(cart((9, "10.00")), discount(1, buy(2, 1), max_applications=2)).total == 7000


def test_other_products_and_amounts_off():
    basket = cart((2, "10.00", "SHOES"), (3, "4.00", "SOCKS"))
    shoes, socks = {"categories": ["SHOES"]}, {"categories": ["SOCKS"]}
    assert run(basket, discount(1, buy(1, 1, of=shoes, get_of=socks, percent_off="50"))).discount_total == 400
    assert run(basket, discount(1, buy(1, 1, of=shoes, get_of=socks, amount_off="3.00"))).discount_total == 600
    assert run(cart((2, "4.00", "SOCKS")), discount(1, buy(1, 1, of=shoes, get_of=socks))).discount_total == 0


def test_triggers_are_claimed_like_rewards():
    """Three units: as triggers and reward 10.00 are saved; ten percent may not also take from the triggers."""
    two = [discount(1, buy(2, 1)), discount(2, percent("10"))]
    assert run(cart((3, "10.00")), *two).total == 2000
    assert run(cart((4, "10.00")), *two).total == 2900
    sharing = [{**one, "combines_with": ["product"]} for one in two]
    assert run(cart((3, "10.00")), *sharing).total == 1800


def test_bundles_take_the_dearest_first_and_none_that_saves_nothing():
    three_for_ten = discount(1, benefit("bundle_price", quantity=3, price="10.00"))
    assert run(cart((7, "4.00")), three_for_ten).total == 2400
    assert run(cart((3, "3.00")), three_for_ten).total == 900
    assert run(cart((2, "3.00"), (2, "5.00")), three_for_ten).total == 1300
    assert run(cart((9, "4.00")), {**three_for_ten, "max_applications": 2}).total == 3200


def test_a_large_line_of_bundles_is_quick_and_exact():
    evaluation = run(cart((89_638, "4.00")), discount(1, benefit("bundle_price", quantity=3, price="10.00")))
    assert evaluation.discount_total == 29_879 * 200
    evaluation = run(cart((89_638, "4.00")), discount(1, buy(2, 1)))
    assert evaluation.discount_total == 29_879 * 400


def test_fixed_price_and_the_dearest_units():
    nine = discount(1, benefit("fixed_price", price="9.99"), max_applications=2)
    evaluation = run(cart((2, "12.00"), (2, "20.00"), (1, "5.00")), nine)
    assert [evaluation.off_line(line) for line in "123"] == [0, 2002, 0]


@pytest.mark.parametrize(("spent", "off"), [("49.99", 0), ("50.00", 500), ("99.99", 500), ("100.00", 2000)])
def test_tiers_of_spend(spent, off):
    tiers = [{"from": "100.00", "percent": "20"}, {"from": "50.00", "amount": "5.00"}]
    assert run(cart((1, spent)), discount(1, benefit("tiered_spend", tiers=tiers), lane="order")).discount_total == off


@pytest.mark.parametrize(("quantity", "off"), [(2, 0), (3, 300), (5, 500), (6, 900)])
def test_tiers_of_quantity(quantity, off):
    tiers = [{"from": 3, "percent": "10"}, {"from": 6, "percent": "15"}]
    assert run(cart((quantity, "10.00")), discount(1, benefit("tiered_quantity", tiers=tiers))).discount_total == off


def with_shipping(method="standard", amount="5.00"):
    return cart((1, "10.00"), shipping={"method": method, "amount": amount})


def test_shipping_is_part_of_what_is_saved():
    free = discount(1, benefit("shipping", percent="100"), lane="shipping")
    evaluation = run(with_shipping(), free)
    assert evaluation.as_json()["applied"] == [{"discount": "d1", "code": None, "amount": "5.00", "units": []}]
    assert (evaluation.shipping, evaluation.discount_total, evaluation.total) == (500, 500, 1000)
    assert engine.Evaluation.from_runs(evaluation.as_json(runs=True), "USD") == evaluation
    off = discount(1, benefit("shipping", amount="7.00", methods=["standard"]), lane="shipping")
    assert run(with_shipping(), off).discount_total == 500
    refused = run(with_shipping("express"), off)
    assert [r.reasons[0].reason for r in refused.rejected] == ["no_effect"]


def test_shipping_discounts_stack_only_if_both_say_so():
    both = [discount(n, benefit("shipping", percent="50"), lane="shipping", combines_with=["shipping"]) for n in (1, 2)]
    assert run(with_shipping(), *both).discount_total == 375
    assert run(with_shipping(), both[0], {**both[1], "combines_with": []}).discount_total == 250


def test_gifts_and_points_save_nothing_and_break_ties():
    gift = discount(1, benefit("gift", sku="MUG", quantity=2), lane="order", combines_with=["order"])
    double = discount(2, benefit("points_multiplier", value="2"), lane="order", combines_with=["order"])
    half_more = discount(3, benefit("points_multiplier", value="1.5"), lane="order", combines_with=["order"])
    answer = run(cart((1, "10.00")), gift, double, half_more).as_json()
    assert (answer["gifts"], answer["points_multiplier"], answer["discount_total"]) == (
        [{"sku": "MUG", "quantity": 2}],
        "3",
        "0.00",
    )
    assert [one["discount"] for one in answer["applied"]] == ["d1", "d2", "d3"]
    money = discount(4, fixed("1.00"), lane="order")
    assert [a.discount for a in run(cart((1, "10.00")), gift, money).applied] == ["d4"]


def test_base_original_counts_what_others_took_and_passes_it_on():
    """Ten percent of 20.00, although one of the two units is already free."""
    free = discount(1, percent("100"), max_applications=1, combines_with=["order"])
    ten = discount(2, percent("10"), lane="order", base="original", combines_with=["product"])
    evaluation = run(cart((2, "10.00")), free, ten)
    assert [(a.discount, a.amount) for a in evaluation.applied] == [("d1", 1000), ("d2", 200)]
    assert [(u.start, u.amount) for u in evaluation.applied[1].units] == [(1, 200)]


def rule(kind, **params):
    return {"match": "all", "rules": [{"kind": kind, "params": params}]}


def holds(conditions, now=NOW, basket=None, **facts):
    evaluation = run(basket or cart((1, "10.00")), discount(1, percent("10"), conditions=conditions), now=now, **facts)
    return bool(evaluation.applied)


@pytest.mark.parametrize(
    ("born", "now", "expected"),
    [
        ("1990-11-24", "2026-11-21T10:00:00Z", True),
        ("1990-11-25", "2026-11-21T10:00:00Z", False),
        ("1990-11-19", "2026-11-21T10:00:00Z", True),
        ("1990-11-18", "2026-11-21T10:00:00Z", False),
        ("1990-01-02", "2026-12-31T10:00:00Z", True),
        ("1990-12-30", "2027-01-01T10:00:00Z", True),
        ("1992-02-29", "2027-02-26T10:00:00Z", True),
        ("1992-02-29", "2028-02-26T10:00:00Z", True),
        ("1992-02-29", "2027-02-24T10:00:00Z", False),
        (None, "2026-11-21T10:00:00Z", False),
    ],
)
def test_birthday_window(born, now, expected):
    assert holds(rule("birthday", days_before=3, days_after=2), now=now, birthday=born) is expected


def test_birthday_is_a_date_in_the_shoppers_zone():
    day = rule("birthday", days_before=0, days_after=0)
    late = {"birthday": "1990-11-22", "now": "2026-11-21T20:00:00Z"}
    assert holds(day, **late, time_zone="Asia/Tokyo") is True
    assert holds(day, **late, time_zone="America/New_York") is False


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-21T18:00:00Z", True),  # a Saturday
        ("2026-11-21T17:59:59Z", False),
        ("2026-11-21T21:59:59Z", True),
        ("2026-11-21T22:00:00Z", False),
        ("2026-11-23T19:00:00Z", False),
    ],
)
def test_hours_of_the_weekend(now, expected):
    assert holds(rule("time", weekdays=[5, 6], **{"from": "18:00", "to": "22:00"}), now=now) is expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-21T23:30:00Z", True),
        ("2026-11-22T01:59:00Z", True),  # Sunday night still belongs to Saturday
        ("2026-11-22T02:00:00Z", False),
        ("2026-11-21T01:00:00Z", False),  # that one began on Friday
    ],
)
def test_past_midnight_the_day_is_the_day_it_began(now, expected):
    assert holds(rule("time", weekdays=[5], **{"from": "22:00", "to": "02:00"}), now=now) is expected


@pytest.mark.parametrize(
    ("path", "op", "value", "expected"),
    [
        ("shipping.method", "is", "pickup", True),
        ("shipping.method", "is_not", "pickup", False),
        ("attributes.channel", "in", ["app", "web"], True),
        ("attributes.channel", "in", ["web"], False),
        ("attributes.tags", "is", "b", True),
        ("attributes.missing", "is", "x", False),
        ("attributes.missing", "is_not", "x", True),
        ("attributes.count", "is", 1, True),
        ("attributes.count", "is", True, False),
        ("attributes.deep.er", "is", "yes", True),
        ("currency", "is", "USD", True),
    ],
)
def test_values_of_the_cart(path, op, value, expected):
    basket = cart(
        (1, "10.00"),
        shipping={"method": "pickup", "amount": "0.00"},
        attributes={"channel": "app", "tags": ["a", "b"], "count": 1, "deep": {"er": "yes"}},
    )
    assert holds(rule("cart", path=path, op=op, value=value), basket=basket) is expected


def test_orders_are_counted_with_this_one():
    assert [holds(rule("first_order"), order_count=n) for n in (0, 1)] == [True, False]
    assert [holds(rule("nth_order", n=3), order_count=n) for n in (1, 2, 3)] == [False, True, False]
    assert [holds(rule("tier", any_of=["gold"]), tier=tier) for tier in ("gold", "silver", None)] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("made", "path"),
    [
        (benefit("bundle_price", quantity=0, price="1.00"), "params.quantity"),
        (buy(1, 1, percent_off="10", amount_off="1.00"), "params.get.amount_off"),
        (benefit("tiered_spend", tiers=[]), "params.tiers"),
        (benefit("tiered_spend", tiers=[{"from": "1.00"}]), "params.tiers[0].amount"),
        (benefit("tiered_quantity", tiers=[{"from": 3, "percent": "1"}, {"from": 3, "percent": "2"}]), "params.tiers"),
        (benefit("gift", sku=""), "params.sku"),
        (benefit("points_multiplier", value="0.5"), "params.value"),
        (benefit("fixed_price"), "params.price"),
    ],
)
def test_benefits_that_cannot_be_read(made, path):
    with pytest.raises(engine.InvalidInput) as caught:
        run(cart((1, "1.00")), discount(1, made))
    assert caught.value.path == f"discounts[0].benefit.{path}"


@pytest.mark.parametrize(
    ("made", "path"),
    [
        (rule("cart", path="shipping", op="is", value="x"), "path"),
        (rule("cart", path="attributes.", op="is", value="x"), "path"),
        (rule("cart", path="currency", op="like", value="x"), "op"),
        (rule("cart", path="currency", op="in", value="x"), "value"),
        (rule("time", weekdays=[7]), "weekdays"),
        (rule("time", to="25:00"), "to"),
        (rule("birthday", days_before=-1), "days_before"),
    ],
)
def test_conditions_that_cannot_be_read(made, path):
    with pytest.raises(engine.InvalidInput) as caught:
        run(cart((1, "1.00")), discount(1, percent("5"), conditions=made))
    assert caught.value.path == f"discounts[0].conditions.rules[0].params.{path}"
