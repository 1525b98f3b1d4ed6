"""Two requests with one key at the same moment: one of them works, both get its answer."""

import json
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from wagtail_marketing.api import registry, services

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.api.urls")]


@pytest.fixture
def storm():
    for scope in ("groups:write", "groups:purge"):
        registry.register_scope(scope, scope)
    key = services.create_token(name="Test", scopes=["groups:write", "groups:purge"])[1]

    def run(url, count, headers):
        barrier, answers = Barrier(count), []

        def post():
            barrier.wait()
            response = Client().post(
                url,
                json.dumps({"name": "A"}),
                content_type="application/json",
                headers=headers | {"Authorization": f"Bearer {key}"},
            )
            answers.append((response.status_code, response.content))
            connection.close()

        threads = [Thread(target=post) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    yield run
    for scope in ("groups:write", "groups:purge"):
        registry._scopes.unregister(scope)


def test_a_storm_with_one_key_works_once(storm):
    Group.objects.all().delete()
    answers = storm("/marketing/api/groups/copy/", 4, {"Idempotency-Key": "one"})
    assert len(set(answers)) == 1
    assert answers[0][0] == 201
    assert Group.objects.count() == 1


def test_without_the_key_each_works(storm):
    """Twin."""
    Group.objects.all().delete()
    answers = storm("/marketing/api/groups/copy/", 4, {})
    assert [status for status, _ in answers] == [201] * 4
    assert Group.objects.count() == 4
