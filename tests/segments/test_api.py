"""REST: the same services, rules and refusals."""

import pytest

from tests.segments.shop import count_totals, order, person
from wagtail_marketing.api import registry
from wagtail_marketing.api.services import create_token
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.segments.models import Membership, Segment, SegmentPin, SegmentVersion

pytestmark = pytest.mark.django_db

URL = "/marketing/api/v1/segments/"
BUYERS = {"match": "all", "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}]}
EMPTY = {"match": "all", "rules": []}


@pytest.fixture
def shop():
    order(person("ann"), "1", ("A", 100))
    person("bob")
    count_totals()


@pytest.fixture
def ask(client):
    def request(method, path="", data=None, scopes=("segments:read", "segments:write")):
        key = create_token(name="Test", scopes=list(scopes))[1]
        return getattr(client, method)(
            URL + path, data, content_type="application/json", headers={"Authorization": f"Bearer {key}"}
        )

    return request


def test_create_read_change_delete(ask, shop):
    made = ask("post", data={"name": "Buyers", "rules": BUYERS})
    assert made.status_code == 201
    body = made.json()
    assert {name: body[name] for name in ("name", "rules", "live", "version", "size", "summary")} == {
        "name": "Buyers",
        "rules": BUYERS,
        "live": True,
        "version": 1,
        "size": None,
        "summary": "Has placed at least 1 order",
    }
    path = f"{body['id']}/"
    assert ask("get", path).json() == body
    assert [row["id"] for row in ask("get").json()["results"]] == [body["id"]]
    renamed = ask("patch", path, {"name": "Who bought"}).json()
    assert (renamed["name"], renamed["rules"], renamed["version"]) == ("Who bought", BUYERS, 1)
    draft = ask("patch", path, {"description": "Soon", "publish": False}).json()
    assert (draft["has_unpublished_changes"], draft["version"]) == (True, 1)
    refreshed = ask("post", f"{path}refresh/").json()
    assert (refreshed["size"], refreshed["entered"], refreshed["left"]) == (1, 1, 0)
    assert ask("get", path).json()["size"] == 1
    assert ask("delete", path).status_code == 204
    assert Segment.objects.count() == SegmentVersion.objects.count() == Membership.objects.count() == 0


def test_wrong_rules_are_refused_with_their_path(ask):
    refused = ask("post", data={"name": "Empty", "rules": EMPTY})
    assert refused.status_code == 422
    assert (refused.json()["code"], refused.json()["field"]) == ("invalid_rules", "rules")
    assert Segment.objects.count() == 0
    assert ask("post", "preview/", {"rules": EMPTY}).status_code == 422


def test_the_preview_counts_without_saving_and_without_names(ask, shop):
    answer = ask("post", "preview/", {"rules": BUYERS}, scopes=("segments:read",))
    assert answer.status_code == 200
    assert answer.json()["count"] == 1
    assert answer.json()["reachable"] == {"email": 0, "sms": 0}
    assert [set(one) for one in answer.json()["sample"]] == [{"id", "key"}]
    assert Segment.objects.count() == 0


def test_members_need_the_right_to_read_contacts_too(ask, shop):
    registry.register_scope("contacts:read", "Read contacts")  # contacts do; harmless twice
    pk = ask("post", data={"name": "Buyers", "rules": BUYERS}).json()["id"]
    ask("post", f"{pk}/refresh/")
    assert ask("get", f"{pk}/members/").status_code == 403
    page = ask("get", f"{pk}/members/", scopes=("segments:read", "contacts:read")).json()
    assert [row["key"] for row in page["results"]] == ["ann"]


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("post", "", ("segments:read",)),
        ("get", "", ("discounts:read",)),
        ("patch", "{pk}/", ("segments:read",)),
        ("delete", "{pk}/", ("segments:read",)),
        ("post", "{pk}/refresh/", ("segments:read",)),
    ],
)
def test_without_the_scope_nothing_changes(ask, method, path, scopes):
    pk = ask("post", data={"name": "Buyers", "rules": BUYERS}).json()["id"]
    before = list(Segment.objects.values())
    refused = ask(method, path.format(pk=pk), {"name": "Other", "rules": BUYERS}, scopes=scopes)
    assert refused.status_code == 403
    assert list(Segment.objects.values()) == before


def test_a_list_costs_the_same_for_one_and_for_many(ask, django_assert_num_queries):
    from wagtail_marketing.segments import services

    for number in range(5):
        services.create_segment(name=f"S{number}", rules=BUYERS)
    key_queries = 5
    with django_assert_num_queries(key_queries):
        assert len(ask("get").json()["results"]) == 5


class TestPins:
    SCOPES = ("segments:read", "segments:write", "contacts:read")

    def test_pin_replace_list_and_unpin(self, ask, shop):
        bob = Contact.objects.get(external_key="bob")
        pk = ask("post", data={"name": "Buyers", "rules": BUYERS}).json()["id"]
        made = ask("post", f"{pk}/pins/", {"contact": str(bob.uuid), "always": True}, self.SCOPES)
        assert (made.status_code, made.json()["key"], made.json()["always"]) == (200, "bob", True)
        ask("post", f"{pk}/pins/", {"contact": str(bob.uuid), "always": False}, self.SCOPES)
        page = ask("get", f"{pk}/pins/", scopes=self.SCOPES).json()["results"]
        assert [(row["contact"], row["always"]) for row in page] == [(str(bob.uuid), False)]
        assert ask("delete", f"{pk}/pins/{bob.uuid}/", scopes=self.SCOPES).status_code == 204
        assert SegmentPin.objects.count() == 0

    @pytest.mark.parametrize("missing", ["contacts:read", "segments:write"])
    def test_without_a_scope_nothing_changes(self, ask, shop, missing):
        bob = Contact.objects.get(external_key="bob")
        pk = ask("post", data={"name": "Buyers", "rules": BUYERS}).json()["id"]
        scopes = [scope for scope in self.SCOPES if scope != missing]
        assert ask("post", f"{pk}/pins/", {"contact": str(bob.uuid), "always": True}, scopes).status_code == 403
        assert SegmentPin.objects.count() == 0

    @pytest.mark.parametrize(("data", "field"), [({"always": True}, "contact"), ({"contact": "x"}, "contact")])
    def test_what_is_wrong_is_named(self, ask, data, field):
        pk = ask("post", data={"name": "Buyers", "rules": BUYERS}).json()["id"]
        refused = ask("post", f"{pk}/pins/", data, self.SCOPES)
        assert (refused.status_code, refused.json()["field"]) == (400, field)


def test_switch_off_on_and_clone(ask, shop):
    pk = ask("post", data={"name": "Buyers", "rules": BUYERS}).json()["id"]
    inside = {"match": "all", "rules": [{"kind": "segment", "params": {"id": pk}}]}
    ask("post", data={"name": "Outer", "rules": inside})
    off = ask("post", f"{pk}/deactivate/").json()
    assert (off["active"], off["used_by"]) == (False, ["the segment “Outer”"])
    assert ask("get", f"{pk}/").json()["active"] is False
    assert ask("post", f"{pk}/refresh/").status_code == 409
    refused = ask("post", data={"name": "New", "rules": inside})
    assert (refused.status_code, refused.json()["field"]) == (422, "rules.0.params.id")
    assert ask("post", f"{pk}/activate/").json()["active"] is True
    copy = ask("post", f"{pk}/clone/", {"name": "Mine"})
    assert (copy.status_code, copy.json()["name"], copy.json()["live"], copy.json()["version"]) == (
        201,
        "Mine",
        False,
        None,
    )


def test_a_circle_is_refused_with_its_path(ask, shop):
    a = ask("post", data={"name": "A", "rules": BUYERS}).json()["id"]
    inside = {"match": "all", "rules": [{"kind": "segment", "params": {"id": a}}]}
    b = ask("post", data={"name": "B", "rules": inside}).json()["id"]
    inside = {"match": "all", "rules": [{"kind": "segment", "params": {"id": b}}]}
    refused = ask("patch", f"{a}/", {"rules": inside})
    assert (refused.status_code, refused.json()["field"]) == (422, "rules.0.params.id")
    assert "A → B → A" in refused.json()["message"]


def test_growth_overlap_and_performance(ask, shop):
    first = ask("post", data={"name": "Buyers", "rules": BUYERS}).json()["id"]
    second = ask("post", data={"name": "Buyers too", "rules": BUYERS}).json()["id"]
    ask("post", f"{first}/refresh/")
    points = ask("get", f"{first}/growth/?days=7").json()
    assert [(point["size"], point["entered"], point["left"]) for point in points] == [(1, 1, 0)]
    assert ask("get", f"{first}/growth/?days=0").status_code == 422
    assert ask("get", f"{first}/overlap/?with={second}").json() == [
        {"segment": second, "name": "Buyers too", "both": 0, "only_this": 1, "only_other": 0}
    ]
    assert ask("get", f"{first}/overlap/").status_code == 422
    found = ask("get", f"{first}/performance/?from=2017-12-01&to=2018-01-31").json()
    assert {name: found[name] for name in ("members", "buyers", "orders", "revenue", "average_order", "currency")} == {
        "members": 1,
        "buyers": 1,
        "orders": 1,
        "revenue": "1.00",
        "average_order": "1.00",
        "currency": "USD",
    }
    assert ask("get", f"{first}/performance/", scopes=("contacts:read",)).status_code == 403
