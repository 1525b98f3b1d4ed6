"""Rules of different kinds on the real data, each beside what pandas makes of the same question."""

import hashlib

import pandas as pd

NOW = "2017-12-15T12:00:00+00:00"
T = pd.Timestamp(NOW)


def days(number):
    return pd.Timedelta(days=number)


def orders(**params):
    return {"match": "all", "rules": [{"kind": "orders", "params": params}]}


def of_category(frames, name):
    lines = frames["lines"]
    return lines[(lines["department"] == name) | (lines["product_category"] == name)]


def everybody(frames):
    return set(frames["households"].index)


def count_90_days(frames):
    recent = frames["orders"][(frames["orders"]["at"] >= T - days(90)) & (frames["orders"]["at"] <= T)]
    sizes = recent.groupby("household_id").size()
    return set(sizes[sizes >= 20].index)


def pastry_but_not_lately(frames):
    lines = of_category(frames, "PASTRY")
    lines = lines[lines["at"] <= T]
    often = lines[lines["at"] >= T - days(90)].groupby("household_id")["basket_id"].nunique()
    lately = set(lines[lines["at"] >= T - days(30)]["household_id"])
    return set(often[often >= 1].index) - lately


def high_value(frames):
    total = frames["orders"].groupby("household_id")["cents"].sum()
    return set(total[total >= 300_000].index)


def average_order(frames):
    grouped = frames["orders"].groupby("household_id")["cents"]
    return set(grouped.sum()[grouped.sum() < 2_550 * grouped.size()].index)


def largest_order(frames):
    largest = frames["orders"].groupby("household_id")["cents"].max()
    return set(largest[(largest >= 10_000) & (largest <= 20_000)].index)


def lapsed(frames):
    last = frames["orders"].groupby("household_id")["at"].max()
    return set(last[last <= T - days(14)].index)


def newcomers(frames):
    first = frames["orders"].groupby("household_id")["at"].min()
    return set(first[first >= T - days(300)].index)


def autumn_in_new_york(frames):
    start, end = (pd.Timestamp(day, tz="America/New_York") for day in ("2017-10-01", "2017-11-05"))
    at = frames["orders"]["at"]
    sizes = frames["orders"][(at >= start) & (at < end)].groupby("household_id").size()
    return set(sizes[sizes == 4].index)


def money_on_seafood(frames):
    cents = of_category(frames, "SEAFOOD").groupby("household_id")["cents"].sum()
    return set(cents[cents > 2_000].index)


def no_meat(frames):
    return everybody(frames) - set(of_category(frames, "MEAT")["household_id"])


def largest_meat_order(frames):
    lines = of_category(frames, "MEAT")
    largest = lines.groupby(["household_id", "basket_id"])["cents"].sum().groupby("household_id").max()
    return set(largest[largest <= 1_500].index)


def many_products(frames):
    different = frames["lines"].groupby("household_id")["product_id"].nunique()
    return set(different[different >= 400].index)


def bought_sku(frames):
    return set(frames["lines"][frames["lines"]["product_id"] == 1082185]["household_id"])


def big_baskets(frames):
    big = frames["orders"][frames["orders"]["cents"] >= 5_000].groupby("household_id").size()
    return set(big[big >= 10].index)


def middle_aged(frames):
    ages = frames["households"]["age"]
    return set(ages[ages.isin(["35-44", "45-54"])].index)


def age_unknown_or_not_old(frames):
    ages = frames["households"]["age"]
    return set(ages[ages != "65+"].index)


def rich_or_loyal(frames):
    income = frames["households"]["income"].fillna("")
    rich = set(income[income.str.startswith("2") & income.str.endswith("+")].index) | set(
        income[income == "175-199K"].index
    )
    sizes = frames["orders"].groupby("household_id").size()
    homes = set(frames["households"].query("home_ownership == 'Homeowner'").index)
    return rich | (set(sizes[sizes >= 150].index) & homes)


def sampled(frames):
    def share(household):
        digest = hashlib.md5(f"springhousehold-{household}".encode()).hexdigest()  # noqa: S324
        return int(digest[:8], 16) / 16**8

    return {household for household in everybody(frames) if share(household) < 0.1}


def known_since_march(frames):
    first = frames["orders"].groupby("household_id")["at"].min()
    return set(first[first >= pd.Timestamp("2017-03-01", tz="America/New_York")].index)


RULES = {
    "20 orders in 90 days": (
        orders(measure="count", op=">=", value=20, within={"last_days": 90}),
        count_90_days,
    ),
    "pastry in 90 days, not in 30": (
        {
            "version": 1,
            "match": "all",
            "rules": [
                {
                    "kind": "orders",
                    "params": {
                        "measure": "count",
                        "op": ">=",
                        "value": 1,
                        "within": {"last_days": 90},
                        "where": {"categories": ["PASTRY"]},
                    },
                },
                {
                    "match": "none",
                    "rules": [
                        {
                            "kind": "orders",
                            "params": {
                                "measure": "count",
                                "op": ">=",
                                "value": 1,
                                "within": {"last_days": 30},
                                "where": {"categories": ["pastry"]},
                            },
                        }
                    ],
                },
            ],
        },
        pastry_but_not_lately,
    ),
    "high value": (orders(measure="total", op=">=", value="3000"), high_value),
    "small average": (orders(measure="average", op="<", value="25.50"), average_order),
    "largest order": (orders(measure="max", op="between", value=["100.00", "200.00"]), largest_order),
    "lapsed": (orders(measure="days_since_last", op=">=", value=14), lapsed),
    "newcomers": (orders(measure="days_since_first", op="<=", value=300), newcomers),
    "exactly four in autumn": (
        orders(measure="count", op="is", value=4, within={"from": "2017-10-01", "to": "2017-11-05"}),
        autumn_in_new_york,
    ),
    "money on seafood": (
        orders(measure="total", op=">", value=20, where={"categories": ["SEAFOOD"]}),
        money_on_seafood,
    ),
    "never meat": (orders(measure="count", op="is", value=0, where={"categories": ["MEAT"]}), no_meat),
    "small meat orders": (
        orders(measure="max", op="<=", value="15.00", where={"categories": ["MEAT"]}),
        largest_meat_order,
    ),
    "many products": (orders(measure="distinct_products", op=">=", value=400), many_products),
    "one SKU": (orders(measure="count", op=">=", value=1, where={"skus": ["1082185"]}), bought_sku),
    "big baskets": (orders(measure="count", op=">=", value=10, where={"min_total": "50.00"}), big_baskets),
    "middle-aged": (
        {
            "match": "all",
            "rules": [
                {"kind": "contact", "params": {"field": "attributes.age", "op": "in", "value": ["35-44", "45-54"]}}
            ],
        },
        middle_aged,
    ),
    "not known to be old": (
        {
            "match": "all",
            "rules": [{"kind": "contact", "params": {"field": "attributes.age", "op": "is_not", "value": "65+"}}],
        },
        age_unknown_or_not_old,
    ),
    "rich, or a loyal home owner": (
        {
            "match": "any",
            "rules": [
                {
                    "kind": "contact",
                    "params": {"field": "attributes.income", "op": "in", "value": ["250K+", "175-199K"]},
                },
                {
                    "match": "all",
                    "rules": [
                        {"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 150}},
                        {
                            "kind": "contact",
                            "params": {"field": "attributes.home_ownership", "op": "is", "value": "homeowner"},
                        },
                    ],
                },
            ],
        },
        rich_or_loyal,
    ),
    "a tenth at random": (
        {"match": "all", "rules": [{"kind": "sample", "params": {"percent": 10, "seed": "spring"}}]},
        sampled,
    ),
    "known since March": (
        {
            "match": "all",
            "rules": [{"kind": "contact", "params": {"field": "created_at", "op": ">=", "value": "2017-03-01"}}],
        },
        known_since_march,
    ),
}
