"""REST: static lists and who is on them."""

import json

import pytest

from wagtail_marketing.api.services import create_token
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import Contact, ContactList, ListMembership
from wagtail_marketing.contacts.registry import list_users

pytestmark = pytest.mark.django_db
URL = "/marketing/api/v1/lists/"
ALL = ("lists:read", "lists:write", "contacts:read")


@pytest.fixture
def call(client):
    def caller(method, path="", body=None, scopes=ALL, key=None, **headers):
        key = key or create_token(name="test", scopes=scopes)[1]
        return client.generic(
            method,
            path if path.startswith("/") else URL + path,
            b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}", **headers},
        )

    return caller


@pytest.fixture
def people():
    return [
        services.create_contact(source="api", external_key=key, email=email)
        for key, email in (("c-1", "Ann@Example.com"), ("c-2", "bob@example.com"), ("", "ann@example.com"))
    ]


def test_make_read_change_and_delete(call, monkeypatch):
    made = call("POST", body={"name": " Our  VIPs", "description": "Best"})
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["description"], body["site"], body["size"]) == ("Our VIPs", "Best", None, 0)
    path = f"{body['id']}/"
    assert call("PATCH", path, {"name": "VIPs"}).json()["name"] == "VIPs"
    assert call("GET", path).json()["description"] == "Best"
    again = call("POST", body={"name": "vips"})
    assert (again.status_code, again.json()["code"], again.json()["field"]) == (422, "list_exists", "name")
    assert call("PATCH", path, {"name": ""}).status_code == 400
    assert [row["name"] for row in call("GET").json()["results"]] == ["VIPs"]
    monkeypatch.setitem(list_users._items, "test", lambda one: ["a segment"])
    kept = call("DELETE", path)
    assert (kept.status_code, kept.json()["code"]) == (422, "list_in_use")
    monkeypatch.delitem(list_users._items, "test")
    assert call("DELETE", path).status_code == 204
    assert ContactList.objects.count() == 0


def test_members_by_uuid_key_and_address(call, people):
    ann, bob, twin = people
    pk = services.create_list(name="VIPs").pk
    path = f"{pk}/members/"
    body = {"uuid": [str(bob.uuid)], "external_key": ["c-1", "c-9"], "email": ["ANN@example.com", "no@example.com"]}
    answer = call("POST", path, body)
    assert answer.status_code == 200
    assert answer.json() == {
        "added": 2,
        "size": 2,
        "unknown": {"uuid": [], "external_key": ["c-9"], "email": ["no@example.com"]},
    }
    assert call("POST", path, body).json()["added"] == 0
    rows = call("GET", path).json()
    assert rows["count"] == 2
    assert {row["contact"]: (row["key"], row["source"]) for row in rows["results"]} == {
        str(ann.uuid): ("c-1", "api"),
        str(bob.uuid): ("c-2", "api"),
    }
    # Everybody of an address goes, whichever of them was on the list.
    services.add_to_list(contact_list=ContactList.objects.get(), contacts=[twin.pk])
    gone = call("DELETE", path + "?email=Ann@example.com&external_key=c-9")
    assert gone.json() == {"removed": 2, "size": 1, "unknown": {"uuid": [], "external_key": ["c-9"], "email": []}}
    assert [row.contact for row in ListMembership.objects.all()] == [bob]
    assert Contact.objects.count() == 3


def test_pages_by_key(call):
    made = Contact.objects.bulk_create(
        [
            Contact(external_key=f"c-{n}", created_at="2026-01-01T00:00Z", updated_at="2026-01-01T00:00Z")
            for n in range(5)
        ]
    )
    vips = services.create_list(name="VIPs")
    for contact in made:
        services.add_to_list(contact_list=vips, contacts=[contact.pk])
    seen, url = [], f"{vips.pk}/members/?limit=2"
    while url:
        page = call("GET", url).json()
        seen += [row["key"] for row in page["results"]]
        url = page["next"] and page["next"].replace("http://testserver", "")
    assert seen == [f"c-{n}" for n in reversed(range(5))]


def test_refusals_change_nothing(call, people):
    vips = services.create_list(name="VIPs")
    path = f"{vips.pk}/members/"
    for method, where, body, code in (
        ("POST", path, {}, 400),
        ("POST", path, {"uuid": ["nonsense"]}, 400),
        ("POST", path, {"email": ["nonsense"]}, 422),
        ("POST", path, {"external_key": ["c-1"] * 1001}, 400),
        ("DELETE", path, None, 400),
        ("DELETE", path + "?uuid=nonsense", None, 400),
    ):
        assert (method, body, call(method, where, body).status_code) == (method, body, code)
    assert call("POST", "999/members/", {"external_key": ["c-1"]}).status_code == 404
    for scopes in (("lists:read",), ("lists:write",), ("contacts:read", "lists:read")):
        assert call("POST", path, {"external_key": ["c-1"]}, scopes=scopes).status_code == 403
        assert call("DELETE", path + "?external_key=c-1", scopes=scopes).status_code == 403
    assert call("GET", path, scopes=("lists:read",)).status_code == 403
    assert (ListMembership.objects.count(), ContactList.objects.get().size) == (0, 0)


def test_a_repeat_with_the_same_key_does_nothing_again(call, people):
    key = create_token(name="test", scopes=ALL)[1]
    first = call("POST", body={"name": "VIPs"}, key=key, **{"Idempotency-Key": "make-1"})
    again = call("POST", body={"name": "VIPs"}, key=key, **{"Idempotency-Key": "make-1"})
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json() == again.json()
    path, headers = f"{first.json()['id']}/members/", {"Idempotency-Key": "fill-1"}
    answers = [call("POST", path, {"external_key": ["c-1"]}, key=key, **headers).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["added"] == 1
