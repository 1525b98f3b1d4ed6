"""REST: a program uploads a file, looks at what is at fault, and imports."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.contacts.imports.kit import bring, work
from wagtail_marketing.api.services import create_token
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import Contact, ContactImport, ImportState

pytestmark = pytest.mark.django_db
URL = "/marketing/api/v1/imports/"
FILE = b"Mail,Given,Shoe\nann@x.example,Ann,43\nbroken,Bo,44\n"


@pytest.fixture
def call(client):
    key = create_token(name="The old shop", scopes=("imports:read", "imports:write"))[1]

    def caller(method, path="", content=None, name="people.csv", headers=(), **data):
        given = {"Authorization": f"Bearer {key}", **dict(headers)}
        if content is None:
            return client.generic(method, URL + path, headers=given)
        return client.post(URL, {"file": SimpleUploadedFile(name, content), **data}, headers=given)

    return caller


def test_upload_check_errors_and_run(call):
    answer = call("POST", content=FILE, columns=json.dumps({"Given": "first_name"}), tag="api")
    assert answer.status_code == 201
    body = answer.json()
    assert body["columns"] == {"Mail": "email", "Given": "first_name", "Shoe": ""}
    source = ContactImport.objects.get()
    assert (body["id"], body["state"], source.asked_by) == (str(source.uuid), "checking", "The old shop")
    work(source)
    body = call("GET", f"{source.uuid}/").json()
    assert (body["state"], body["checked"]["new"], body["checked"]["invalid"]) == ("checked", 1, 1)
    errors = call("GET", f"{source.uuid}/errors/").json()
    assert errors["results"] == [
        {
            "row": 3,
            "errors": [
                {
                    "row": 3,
                    "column": "Mail",
                    "code": "email",
                    "message": "This is not an e-mail address.",
                    "remedy": "Write it as name@example.com.",
                }
            ],
        }
    ]
    assert call("POST", f"{source.uuid}/run/").json()["state"] == "running"
    work(source)
    assert call("GET", f"{source.uuid}/").json()["counts"]["new"] == 1
    assert (Contact.objects.get().first_name, Contact.objects.get().tags.get().name) == ("Ann", "api")
    assert call("POST", f"{source.uuid}/run/").status_code == 409
    assert [row["id"] for row in call("GET").json()["results"]] == [str(source.uuid)]


def test_run_at_once_and_a_repeat_with_the_same_key_does_nothing_again(call):
    headers = {"Idempotency-Key": "monday"}
    first = call("POST", content=b"email\na@x.example\n", headers=headers, run="true")
    again = call("POST", content=b"email\na@x.example\n", headers=headers, run="true")
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json()["id"] == again.json()["id"]
    # The same name with another content is another request.
    assert call("POST", content=b"email\nb@x.example\n", headers=headers, run="true").status_code == 422
    assert ContactImport.objects.get().state == ImportState.RUNNING


@pytest.mark.parametrize(
    ("content", "data", "field"),
    [
        (b"%PDF", {}, "file"),
        (b"name\nAnn\n", {}, "columns"),
        (FILE, {"columns": '{"Nothing": "email"}'}, "columns"),
        (FILE, {"columns": '["email"]'}, "columns"),
        (FILE, {"columns": "{"}, "columns"),
        (FILE, {"known": "erase"}, "known"),
        (FILE, {"status": "subscribed"}, "agreed_by"),
        (FILE, {"status": "subscribed", "agreed_by": "x"}, "agreed_at"),
        (FILE, {"list": "99"}, "list"),
        (FILE, {"channel": "pigeon"}, "channel"),
    ],
)
def test_what_is_refused_names_its_field_and_leaves_nothing(call, content, data, field):
    answer = call("POST", content=content, **data)
    assert answer.status_code in (400, 422)
    assert answer.json()["field"] == field
    assert ContactImport.objects.count() == 0


def test_nobody_is_brought_back(call):
    ann = services.create_contact(source="api", email="ann@x.example")
    services.unsubscribe(contact=ann, channel="email")
    call(
        "POST",
        content=b"email\nann@x.example\n",
        run="true",
        status="subscribed",
        agreed_by="x",
        agreed_at="2020-01-01",
    )
    done = work(ContactImport.objects.get())
    assert done.counts["stayed_unsubscribed"] == 1
    assert ann.consent_states.get().state == "unsubscribed"


def test_stop_and_resume_have_their_turn(call):
    done = bring("email\na@x.example\n")
    assert call("POST", f"{done.uuid}/stop/").status_code == 409
    assert call("POST", f"{done.uuid}/resume/").status_code == 409
    assert call("POST", content=b"email\nb@x.example\n").status_code == 201
    waiting = ContactImport.objects.first()
    assert call("POST", f"{waiting.uuid}/stop/").json()["state"] == "cancelled"
