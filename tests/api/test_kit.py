import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from wagtail_marketing.api import registry, services
from wagtail_marketing.api.models import ApiToken, IdempotencyKey
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls")]

URL = "/marketing/api/groups/"


@pytest.fixture(autouse=True)
def scopes():
    names = ("groups:read", "groups:write", "groups:purge")
    for name in names:
        registry.register_scope(name, name)
    yield
    for name in names:
        registry._scopes.unregister(name)


@pytest.fixture(autouse=True)
def no_groups(db):
    Group.objects.all().delete()


@pytest.fixture
def key():
    return services.create_token(name="Test", scopes=["groups:read", "groups:write"])[1]


def bearer(key, **headers):
    return {"headers": {"Authorization": f"Bearer {key}", **headers}}


def post(client, key, data, url=URL, **headers):
    return client.post(url, data, content_type="application/json", **bearer(key, **headers))


def test_a_token_is_stored_as_a_digest_only():
    token, key = services.create_token(name=" Till ", scopes=["groups:read", "groups:read"])
    assert (token.name, token.scopes) == ("Till", ["groups:read"])
    assert key.startswith("wmk_")
    row = ApiToken.objects.filter(pk=token.pk).values().get()
    assert not [name for name, value in row.items() if key in str(value)]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["groups:read", "root"]}, "scopes"),
        ({"expires_at": clock.now() - timedelta(seconds=1)}, "expires_at"),
    ],
)
def test_a_bad_token_is_refused(values, field):
    with pytest.raises(InvalidInput) as caught:
        services.create_token(**{"name": "Test", "scopes": ["groups:read"], **values})
    assert caught.value.field == field
    assert ApiToken.objects.count() == 0


def test_a_good_token_reads(client, key):
    Group.objects.create(name="A")
    response = client.get(URL, **bearer(key))
    assert response.status_code == 200
    assert response.json() == {
        "count": 1,
        "count_capped": False,
        "next": None,
        "previous": None,
        "results": [{"id": Group.objects.get().pk, "name": "A"}],
    }


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wmk_wrong", "Bearer a b", "Bearer \u00fc", "Token {key}"])
def test_without_a_good_token_nothing_is_read_or_written(client, key, header):
    headers = {"Authorization": header.format(key=key)} if header else {}
    for response in (
        client.get(URL, headers=headers),
        client.post(URL, {"name": "X"}, content_type="application/json", headers=headers),
    ):
        assert response.status_code == 401
        assert set(response.json()) == {"code", "message", "field", "remedy"}
        assert response["WWW-Authenticate"] == 'Bearer realm="marketing"'
    assert Group.objects.count() == 0


@pytest.mark.parametrize("change", [{"revoked": True}, {"expired": True}])
def test_a_closed_token_is_refused(client, key, change):
    token = ApiToken.objects.get()
    if change.get("revoked"):
        services.revoke_token(token=token)
    else:
        ApiToken.objects.update(expires_at=clock.now())
    assert client.get(URL, **bearer(key)).status_code == 401
    assert ApiToken.objects.get().last_used_at is None


def test_revoking_again_keeps_the_first_time():
    token, _ = services.create_token(name="T", scopes=["groups:read"])
    first = services.revoke_token(token=token).revoked_at
    assert services.revoke_token(token=token).revoked_at == first


def test_a_session_is_no_token(admin_client):
    assert admin_client.get(URL).status_code == 401


def test_a_missing_scope_is_refused_and_changes_nothing(client):
    reader = services.create_token(name="Reader", scopes=["groups:read"])[1]
    response = post(client, reader, {"name": "X"})
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert Group.objects.count() == 0
    Group.objects.create(name="A")
    writer = services.create_token(name="Writer", scopes=["groups:read", "groups:write"])[1]
    assert post(client, writer, {}, url=URL + "purge/").status_code == 403
    assert Group.objects.count() == 1


def test_a_view_without_scopes_is_broken_not_open(client, key):
    with pytest.raises(ImproperlyConfigured):
        client.get("/bare/", **bearer(key))


def test_use_is_noted_once_a_minute(client, key, django_assert_num_queries):
    client.get(URL, **bearer(key))
    first = ApiToken.objects.get().last_used_at
    client.get(URL, **bearer(key))
    assert ApiToken.objects.get().last_used_at == first
    with django_assert_num_queries(4):  # token, touch, count, page
        client.get(URL, **bearer(key))


def test_pages_follow_the_key(client, key):
    Group.objects.bulk_create([Group(name=f"G{n:02}") for n in range(25)])
    seen, url = [], URL + "?limit=10"
    while url:
        page = client.get(url, **bearer(key)).json()
        assert (page["count"], page["count_capped"]) == (25, False)
        seen += [row["name"] for row in page["results"]]
        if len(seen) == 10:
            Group.objects.filter(name="G00").delete()
            Group.objects.create(name="G00")
        url = page["next"]
    # A row that went and came back at the end shifts nobody out of a page.
    assert seen == [f"G{n:02}" for n in range(25)] + ["G00"]


def test_the_count_stops_at_the_cap(client, key, monkeypatch):
    monkeypatch.setattr("wagtail_marketing.api.pagination.COUNT_CAP", 3)
    Group.objects.bulk_create([Group(name=str(n)) for n in range(5)])
    page = client.get(URL, **bearer(key)).json()
    assert (page["count"], page["count_capped"], len(page["results"])) == (3, True, 5)


@pytest.mark.parametrize(("kind", "status"), [("input", 422), ("state", 409), ("setting", 503)])
def test_a_domain_error_says_what_to_do(client, key, kind, status):
    response = post(client, key, {"kind": kind}, url=URL + "fail/")
    assert response.status_code == status
    assert response.json()["message"] == "It failed."
    assert (response.json()["field"], response.json()["remedy"]) == ("kind", "Do not.")


def test_a_body_that_does_not_validate_names_each_field(client, key):
    response = post(client, key, {"name": ""})
    assert response.status_code == 400
    assert (response.json()["field"], response.json()["code"]) == ("name", "blank")
    assert [error["field"] for error in response.json()["errors"]] == ["name"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"), [("{", "application/json", 400), ("a=1", "text/plain", 415)]
)
def test_a_body_that_is_no_json_is_refused(client, key, body, content_type, status):
    response = client.post(URL, body, content_type=content_type, **bearer(key))
    assert response.status_code == status
    assert set(response.json()) >= {"code", "message", "field", "remedy"}


def test_what_is_not_there_has_the_same_form(client, key):
    response = client.get(URL + "999999/", **bearer(key))
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_repeated_post_runs_once(client, key):
    first = post(client, key, {"name": "A"}, **{"Idempotency-Key": "k1"})
    again = post(client, key, {"name": "A"}, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Group.objects.count() == 1


def test_without_the_key_it_runs_twice(client, key):
    """Twin: it is the key that holds the second one back."""
    url = URL + "purge/"
    purger = services.create_token(name="P", scopes=["groups:purge"])[1]
    for rows, headers in ((0, {}), (0, {}), (0, {"Idempotency-Key": "p"}), (1, {"Idempotency-Key": "p"})):
        Group.objects.create(name="A")
        assert post(client, purger, {}, url=url, **headers).status_code == 204
        assert Group.objects.count() == rows


def test_one_key_for_two_requests_is_refused(client, key):
    post(client, key, {"name": "A"}, **{"Idempotency-Key": "k1"})
    response = post(client, key, {"name": "B"}, **{"Idempotency-Key": "k1"})
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert [group.name for group in Group.objects.all()] == ["A"]


def test_keys_of_two_tokens_do_not_meet(client, key):
    other = services.create_token(name="Other", scopes=["groups:write"])[1]
    post(client, key, {"name": "A"}, **{"Idempotency-Key": "k1"})
    assert post(client, other, {"name": "B"}, **{"Idempotency-Key": "k1"}).status_code == 201
    assert Group.objects.count() == 2


def test_what_failed_may_be_tried_again_with_the_same_key(client, key):
    response = post(client, key, {"kind": "input"}, url=URL + "fail/", **{"Idempotency-Key": "k1"})
    assert response.status_code == 422
    assert (Group.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert post(client, key, {"name": "A"}, **{"Idempotency-Key": "k1"}).status_code == 201


def test_a_key_dies_after_a_day(client, key):
    post(client, key, {"name": "A"}, **{"Idempotency-Key": "k1"})
    assert services.forget_expired_keys() == 0
    IdempotencyKey.objects.update(expires_at=clock.now())
    Group.objects.all().delete()
    assert post(client, key, {"name": "A"}, **{"Idempotency-Key": "k1"}).status_code == 201
    assert services.forget_expired_keys(now=clock.now() + timedelta(days=2)) == 1


def test_the_database_keeps_keys_apart():
    token, _ = services.create_token(name="T", scopes=["groups:read"])
    values = {"token": token, "key": "k", "request_hash": "h", "expires_at": clock.now()}
    IdempotencyKey.objects.create(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        IdempotencyKey.objects.create(**values)


@pytest.mark.parametrize("length", [0, 256])
def test_a_key_of_a_wrong_length_is_refused(client, key, length):
    response = post(client, key, {"name": "A"}, **{"Idempotency-Key": "k" * length})
    assert response.status_code == 422
    assert Group.objects.count() == 0


def test_a_token_is_held_to_its_rate(client, key, settings):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "API_THROTTLE_RATE": "2/min"}
    answers = [client.get(URL, **bearer(key)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "throttled"


def test_the_hosts_settings_change_nothing(client, key, settings):
    settings.REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
        "DEFAULT_PAGINATION_CLASS": None,
        "EXCEPTION_HANDLER": "nowhere",
    }
    assert client.get(URL).status_code == 401
    assert "count" in client.get(URL, **bearer(key)).json()


def test_the_command_prints_the_key_once(capsys):
    call_command("marketing_api_token", "--name", "Till", "--scopes", "groups:read,groups:write", "--json")
    printed = json.loads(capsys.readouterr().out)
    assert printed["scopes"] == ["groups:read", "groups:write"]
    assert ApiToken.objects.get().digest == services.digest(printed["key"])
    with pytest.raises(CommandError):
        call_command("marketing_api_token", "--name", "Till", "--scopes", "root")
    assert ApiToken.objects.count() == 1
