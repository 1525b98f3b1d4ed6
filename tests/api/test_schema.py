"""The schema of every installed route: builds without a warning, names scopes, errors and the token."""

import json
from contextlib import redirect_stderr
from io import StringIO

import pytest
from django.urls import reverse
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from wagtail_marketing.api import registry, schema
from wagtail_marketing.api.schema import MarketingGenerator

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def built():
    schema._build.cache_clear()
    GENERATOR_STATS.reset()
    heard = StringIO()
    with redirect_stderr(heard):
        result = schema.get_schema()
        GENERATOR_STATS.emit_summary()
    schema._build.cache_clear()
    return result, heard.getvalue()


@pytest.mark.django_db
def test_it_builds_without_a_warning_and_is_openapi(built):
    result, heard = built
    assert [line for line in heard.splitlines() if "Warning" in line or "Error" in line] == []
    assert not GENERATOR_STATS
    validate_schema(result)


@pytest.mark.django_db
def test_every_route_of_every_capability_is_in_it_and_nothing_else(built):
    result, _ = built
    prefixes = {path.removeprefix("/marketing/api/v1/").split("/")[0] for path in result["paths"]}
    assert prefixes == {key.split("/")[0] for key in registry.routes.keys()}  # noqa: SIM118  not a dict


@pytest.mark.django_db
def test_every_operation_names_its_scopes_and_its_error(built):
    result, _ = built
    operations = [op for path in result["paths"].values() for method, op in path.items() if method in METHODS]
    for operation in operations:
        assert set(operation["x-required-scopes"]) <= set(registry.scopes()), operation["operationId"]
        assert operation["x-required-scopes"], operation["operationId"]
        assert "default" in operation["responses"]
        assert operation["security"] == [{"token": []}]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))


@pytest.mark.urls("tests.api.urls")
def test_the_kit_alone_gives_a_schema_without_warnings():
    from tests.api import urls

    GENERATOR_STATS.reset()
    heard = StringIO()
    with redirect_stderr(heard):
        result = MarketingGenerator(patterns=urls.router.urls).get_schema(request=None, public=True)
    assert heard.getvalue() == ""
    post = result["paths"]["/groups/"]["post"]
    assert post["x-required-scopes"] == ["groups:write"]
    assert [p["name"] for p in post["parameters"]] == ["Idempotency-Key"]
    assert result["paths"]["/groups/purge/"]["post"]["x-required-scopes"] == ["groups:purge"]
    assert "MarketingError" in result["components"]["schemas"]
    assert result["info"]["title"] == "wagtail_marketing"
    validate_schema(result)


@pytest.mark.django_db
def test_schema_and_page_are_served_without_third_parties(client):
    answer = client.get(reverse("wagtail_marketing:api:schema-json"))
    assert json.loads(answer.content)["openapi"].startswith("3.")
    assert client.get(reverse("wagtail_marketing:api:schema-yaml")).content.startswith(b"openapi: 3.")
    page = client.get(reverse("wagtail_marketing:api:docs"))
    assert page.status_code == 200
    assert b"//" not in page.content.replace(b"http://testserver", b"")
    assert b"<script" not in page.content
