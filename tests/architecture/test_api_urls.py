"""Every operation of the REST API: refused without a token, and without the scope, and nothing changes."""

import re

import pytest

from wagtail_marketing.api import registry, schema, services

from .routes import every_operation
from .test_admin_urls import everything

#: ``(method, path below v1)`` -> scopes, of each room's module in ``routes``. A route without a row fails.
SCOPES = every_operation()


def operations():
    result = schema.get_schema()
    return {
        (method.upper(), re.sub(r"^.*?/v1", "", path)): (path, tuple(operation["x-required-scopes"]))
        for path, methods in result["paths"].items()
        for method, operation in methods.items()
    }


@pytest.mark.django_db
def test_every_operation_has_a_row():
    assert {key: scopes for key, (_, scopes) in operations().items()} == SCOPES


@pytest.mark.django_db
def test_nobody_gets_in_without_token_or_scope(client, admin_user):
    registry.register_scope("nothing:test", "Nothing")
    try:
        stranger = services.create_token(name="Stranger", scopes=["nothing:test"])[1]
    finally:
        registry._scopes.unregister("nothing:test")
    services.touch_token(token=services.ApiToken.objects.get())
    before = everything()
    client.force_login(admin_user)
    for (method, _), (path, _scopes) in operations().items():
        url = re.sub(r"{\w*uuid\w*}", "00000000-0000-4000-8000-000000000000", path)
        url = re.sub(r"{\w+}", "1", url)
        for headers, status in (
            ({}, 401),
            ({"Authorization": "Bearer wmk_nonsense"}, 401),
            ({"Authorization": f"Bearer {stranger}"}, 403),
        ):
            answer = client.generic(method, url, b"{}", content_type="application/json", headers=headers)
            assert (method, url, answer.status_code) == (method, url, status)
    assert everything() == before
