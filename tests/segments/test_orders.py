"""``orders``: measures, periods and filters, each by hand-counted answers."""

import pytest

from tests.segments.shop import NOW, count_totals, order, person, product
from wagtail_marketing.segments.compiler import check, contacts_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    product("P1", "PASTRY")
    product("P2", "PASTRY", "BREAD")
    product("M1", "MILK")
    ann, bob, cyd, dan = (person(key) for key in ("ann", "bob", "cyd", "dan"))
    order(ann, "a1", ("P1", 500), ("M1", 1500), days_ago=10)
    order(ann, "a2", ("P2", 700, 200), days_ago=100, refunded=200)
    order(ann, "a3", ("M1", 9900), days_ago=5, cancelled=True)
    order(bob, "b1", ("M1", 2500), days_ago=30, codes=("SPRING",), channel="web")
    order(cyd, "c1", ("P1", 100), ("P2", 100), ("P1", 100), days_ago=400)
    order(None, "guest", ("P1", 100), days_ago=1)
    count_totals()
    return {"ann": ann, "bob": bob, "cyd": cyd, "dan": dan}


def who(shop, params):
    rules = {"match": "all", "rules": [{"kind": "orders", "params": params}]}
    chosen = set(contacts_of(rules, now=NOW).values_list("external_key", flat=True))
    assert chosen == {key for key, contact in shop.items() if check(rules, contact, now=NOW)}
    return "".join(sorted(key[0] for key in chosen))


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        # count: cancelled orders and guests do not count; nobody's count is 0
        ({"measure": "count", "op": ">=", "value": 1}, "abc"),
        ({"measure": "count", "op": ">=", "value": 2}, "a"),
        ({"measure": "count", "op": "is", "value": 0}, "d"),
        ({"measure": "count", "op": "<", "value": 2}, "bcd"),
        ({"measure": "count", "op": "is_not", "value": 1}, "ad"),
        ({"measure": "count", "op": "between", "value": [1, 2]}, "abc"),
        ({"measure": "count", "op": "is", "value": 0, "within": {"last_days": 20}}, "bcd"),
        ({"measure": "count", "op": ">=", "value": 1, "within": {"last_days": 30}}, "ab"),
        ({"measure": "count", "op": ">=", "value": 1, "within": {"last_days": 29.9}}, "a"),
        ({"measure": "count", "op": ">=", "value": 0, "within": {"last_days": 1}}, "abcd"),
        # money, net of refunds
        ({"measure": "total", "op": ">=", "value": "25.00"}, "ab"),
        ({"measure": "total", "op": ">", "value": "25.00"}, ""),
        ({"measure": "total", "op": "<=", "value": "3.00"}, "cd"),
        ({"measure": "average", "op": ">=", "value": "12.50"}, "ab"),
        ({"measure": "average", "op": "<", "value": "12.5"}, "c"),
        ({"measure": "average", "op": "is_not", "value": "12.5"}, "bcd"),
        ({"measure": "max", "op": ">=", "value": "20"}, "ab"),
        ({"measure": "max", "op": "<", "value": "20"}, "c"),
        # elapsed time
        ({"measure": "days_since_last", "op": ">=", "value": 30}, "bc"),
        ({"measure": "days_since_last", "op": ">", "value": 30}, "c"),
        ({"measure": "days_since_last", "op": "<", "value": 30}, "a"),
        ({"measure": "days_since_first", "op": "<=", "value": 100}, "ab"),
        ({"measure": "days_since_first", "op": "between", "value": [100, 400]}, "ac"),
        # filters: money is that of the matching lines
        ({"measure": "count", "op": ">=", "value": 1, "where": {"categories": ["pastry"]}}, "ac"),
        ({"measure": "count", "op": "is", "value": 0, "where": {"categories": ["pastry"]}}, "bd"),
        ({"measure": "count", "op": "is", "value": 1, "where": {"categories": ["PASTRY", "BREAD"]}}, "c"),
        ({"measure": "total", "op": "is", "value": 3, "where": {"categories": ["PASTRY", "BREAD"]}}, "c"),
        ({"measure": "total", "op": "is", "value": 10, "where": {"categories": ["PASTRY"]}}, "a"),
        ({"measure": "max", "op": ">=", "value": 5, "where": {"skus": ["P1", "P2"]}}, "a"),
        ({"measure": "max", "op": "<=", "value": 3, "where": {"skus": ["P1", "P2"]}}, "c"),
        ({"measure": "average", "op": "is", "value": 5, "where": {"categories": ["PASTRY"]}}, "a"),
        ({"measure": "distinct_products", "op": ">=", "value": 3}, "a"),
        ({"measure": "distinct_products", "op": "<=", "value": 2}, "bc"),
        ({"measure": "count", "op": ">=", "value": 1, "where": {"code": " spring "}}, "b"),
        ({"measure": "count", "op": ">=", "value": 1, "where": {"channel": "web"}}, "b"),
        ({"measure": "count", "op": ">=", "value": 2, "where": {"min_total": "5.00"}}, "a"),
        ({"measure": "count", "op": ">=", "value": 2, "where": {"min_total": "5.01"}}, ""),
        ({"measure": "days_since_last", "op": ">=", "value": 50, "where": {"skus": ["P2"]}}, "ac"),
        # from is inclusive, to exclusive; a bare date is midnight in New York, 5 hours after that in UTC
        ({"measure": "count", "op": ">=", "value": 1, "within": {"from": "2017-12-22T00:00:00Z"}}, "a"),
        ({"measure": "count", "op": ">=", "value": 1, "within": {"from": "2017-12-22"}}, ""),
        ({"measure": "count", "op": ">=", "value": 1, "within": {"from": "2017-12-01", "to": "2017-12-22"}}, "ab"),
        ({"measure": "count", "op": ">=", "value": 1, "within": {"to": "2017-12-02T00:00:00+00:00"}}, "ac"),
    ],
)
def test_measures(shop, params, expected):
    assert who(shop, params) == expected
