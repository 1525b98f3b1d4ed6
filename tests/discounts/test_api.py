import pytest

from wagtail_marketing.api.services import create_token
from wagtail_marketing.discounts import services

from .conftest import NOW, cart, percent

URL = "/marketing/api/v1/discounts/"


@pytest.fixture
def ask(client, db):
    def call(path="", data=None, scopes=("discounts:read",)):
        headers = {"Authorization": f"Bearer {create_token(name='Till', scopes=list(scopes))[1]}"}
        if data is None:
            return client.get(f"{URL}{path}", headers=headers)
        return client.post(f"{URL}{path}", data, content_type="application/json", headers=headers)

    return call


def test_list_and_detail_with_usage(ask, live_discount):
    discount = live_discount(benefit=percent("10"))
    services.create_discount(name="Draft", benefit=percent("5"), now=NOW)
    services.commit(order_ref="o1", cart=cart((1, "100.00")), codes=["SAVE"], now=NOW)
    assert [row["name"] for row in ask().json()["results"]] == ["Draft", "Save"]
    assert [row["name"] for row in ask("?status=draft").json()["results"]] == ["Draft"]
    assert ask("?status=odd").status_code == 422
    row = ask(f"{discount.pk}/").json()
    assert (row["status"], row["version"], row["redemptions"], row["given"]) == ("active", 1, 1, "10.00")
    assert row["summary"] == "10 % off the order, with a code; does not combine with other discounts."
    assert row["rules"]["benefit"] == percent("10")


def test_the_list_costs_the_same_for_few_and_many(ask, live_discount, django_assert_num_queries):
    live_discount()
    with django_assert_num_queries(6):
        ask()
    for number in range(5):
        live_discount(code=f"C0{number}")
    with django_assert_num_queries(6):
        assert ask().json()["count"] == 6


def test_evaluate_answers_like_the_command(ask):
    request = {
        "cart": cart((1, "100.00")),
        "discounts": [{"id": "d", "lane": "order", "benefit": percent("10")}],
        "now": NOW.isoformat(),
    }
    answer = ask("evaluate/", request)
    assert answer.status_code == 200
    assert answer.json()["total"] == "90.00"
    assert answer.json()["applied"][0]["units"] == [{"line": "1", "unit": 0, "amount": "10.00"}]
    runs = ask("evaluate/?runs=true", request).json()
    assert runs["applied"][0]["units"] == [{"line": "1", "unit": 0, "count": 1, "amount": "10.00"}]


def test_evaluate_refuses_with_the_path(ask):
    request = {"cart": cart((1, "100.00")), "now": NOW.isoformat(), "discounts": [{"id": "d", "lane": "order"}]}
    answer = ask("evaluate/", request)
    assert (answer.status_code, answer.json()["field"]) == (422, "discounts[0].benefit")
    assert ask("evaluate/", [1]).status_code == 422
    many = {**request, "discounts": [{}] * 1001}
    assert ask("evaluate/", many).json()["field"] == "discounts"
    huge = {
        **request,
        "cart": cart((1_000_000, "1.00")),
        "discounts": [{"id": "d", "lane": "order", "benefit": percent("10")}],
    }
    assert ask("evaluate/", huge).status_code == 422
    assert ask("evaluate/?runs=true", huge).json()["discount_total"] == "100000.00"


def test_a_token_without_the_scope_is_refused(ask, live_discount):
    live_discount()
    from wagtail_marketing.api import registry

    registry.register_scope("other:read", "Other")
    try:
        assert ask(scopes=("other:read",)).status_code == 403
        assert ask("evaluate/", {}, scopes=("other:read",)).status_code == 403
    finally:
        registry._scopes.unregister("other:read")
