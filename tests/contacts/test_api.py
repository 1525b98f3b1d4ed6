"""REST: contacts and consent."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from wagtail_marketing.api.services import create_token
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import ConsentEvent, Contact, ContactAttribute, Topic

pytestmark = pytest.mark.django_db
URL = "/marketing/api/v1/contacts/"


@pytest.fixture
def call(client):
    def caller(method, path="", body=None, scopes=("contacts:read", "contacts:write", "consent:write"), **headers):
        key = create_token(name="test", scopes=scopes)[1]
        return client.generic(
            method,
            path if path.startswith("/") else URL + path,
            b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}", **headers},
        )

    return caller


@pytest.fixture
def ann():
    return services.create_contact(source="api", external_key="c-1", email="Ann@example.com", first_name="Ann")


def test_create_read_change_and_search(call):
    made = call("POST", body={"email": "Bo@Example.com", "first_name": "Bo", "attributes": {"size": 4, "vip": True}})
    assert made.status_code == 201
    body = made.json()
    assert (body["email"], body["source"], body["attributes"]) == ("Bo@Example.com", "api", {"size": 4, "vip": True})
    path = f"{body['uuid']}/"
    changed = call("PATCH", path, {"last_name": "Ash", "attributes": {"size": None, "since": "2020-01-02"}})
    assert changed.status_code == 200
    assert call("GET", path).json()["attributes"] == {"vip": True, "since": "2020-01-02"}
    assert sorted(ContactAttribute.objects.values_list("name", flat=True)) == ["since", "vip"]
    for query in ("?q=ash", "?email=bo@example.com", "?q=bo@"):
        assert [row["uuid"] for row in call("GET", query).json()["results"]] == [body["uuid"]]
    assert call("GET", "?q=nobody").json()["results"] == []


def test_refusals_name_the_field_and_change_nothing(call, ann):
    for body, field in (
        ({"email": "nonsense"}, "email"),
        ({"phone": "12"}, "phone"),
        ({}, "email"),
        ({"email": "a@example.com", "attributes": {"x": [1]}}, "attributes.x"),
        ({"email": "a@example.com", "external_key": "c-1"}, "external_key"),
        ({"birthday": "soon", "email": "a@example.com"}, "birthday"),
    ):
        answer = call("POST", body=body)
        assert (answer.status_code in (400, 422), answer.json()["field"]) == (True, field), body
    answer = call("PATCH", f"{ann.uuid}/", {"external_key": "c-9"})
    assert (answer.status_code, answer.json()["field"]) == (422, "external_key")
    assert Contact.objects.count() == 1
    assert call("GET", "00000000-0000-4000-8000-000000000000/").status_code == 404


def test_creating_gives_no_consent(call):
    body = call("POST", body={"email": "bo@example.com"}).json()
    rows = call("GET", f"{body['uuid']}/consent/").json()
    assert [(row["channel"], row["state"], row["deliverable"]) for row in rows] == [
        ("email", "never", False),
        ("sms", "never", False),
    ]


def test_unsubscribe_by_channel_and_topic(call, ann):
    Topic.objects.create(name="Weekly", slug="weekly")
    services.record_consent(contact=ann, channel="email", state="subscribed", strength=2, source="form")
    path = f"{ann.uuid}/unsubscribe/"
    email = call("POST", path, {"channel": "email", "topic": "weekly"}).json()[0]
    assert (email["state"], email["deliverable"], email["topics"]) == ("subscribed", True, {"Weekly": "unsubscribed"})
    for _time in range(2):
        answer = call("POST", path, {"channel": "email"})
        assert (answer.status_code, answer.json()[0]["state"]) == (200, "unsubscribed")
    assert ConsentEvent.objects.count() == 3
    assert call("POST", path, {"channel": "pigeon"}).json()["field"] == "channel"
    assert call("POST", path, {"channel": "email", "topic": "none"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("GET", "", ("contacts:write",)),
        ("POST", "", ("contacts:read",)),
        ("POST", "{uuid}/unsubscribe/", ("contacts:write", "contacts:read")),
        ("PATCH", "{uuid}/", ("contacts:read",)),
    ],
)
def test_scopes(call, ann, method, path, scopes):
    answer = call(method, path.format(uuid=ann.uuid), {"channel": "email", "email": "x@example.com"}, scopes=scopes)
    assert answer.status_code == 403
    assert (Contact.objects.get().email, ConsentEvent.objects.count()) == ("Ann@example.com", 0)


def test_a_repeated_post_makes_one_contact(client):
    key = create_token(name="test", scopes=("contacts:write",))[1]
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "one"}
    first, second = (
        client.post(URL, {"email": "bo@example.com"}, content_type="application/json", headers=headers)
        for _time in range(2)
    )
    assert (first.status_code, second.status_code, second["Idempotency-Replayed"]) == (201, 201, "true")
    assert Contact.objects.count() == 1


def test_a_page_of_the_list_costs_a_fixed_number_of_statements(ann):
    for number in range(20):
        services.create_contact(source="api", email=f"p{number}@example.com")
    key = create_token(name="reader", scopes=("contacts:read",))[1]
    headers = {"Authorization": f"Bearer {key}"}
    Client().get(URL + "?limit=2", headers=headers)
    with CaptureQueriesContext(connection) as few:
        Client().get(URL + "?limit=2", headers=headers)
    with CaptureQueriesContext(connection) as many:
        answer = Client().get(URL + "?limit=20", headers=headers)
    assert (len(few), len(many), len(answer.json()["results"]), answer.json()["count"]) == (len(few), len(few), 20, 21)
