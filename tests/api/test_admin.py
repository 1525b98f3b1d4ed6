import pytest
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_marketing.api import registry, services
from wagtail_marketing.api.models import ApiToken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def scope():
    registry.register_scope("groups:read", "Read groups")
    yield
    registry._scopes.unregister("groups:read")


def test_the_key_is_shown_once_and_kept_by_no_cache(admin_client, admin_user):
    url = reverse("marketing_tokens:add")
    response = admin_client.post(url, {"name": "Till", "scopes": ["groups:read"], "days": "30"})
    key = response.context["key"]
    token = ApiToken.objects.get()
    assert token.digest == services.digest(key)
    assert (token.name, token.scopes, token.created_by) == ("Till", ["groups:read"], admin_user)
    assert (token.expires_at - token.created_at).days in (29, 30)
    assert "no-store" in response["Cache-Control"]
    assert key not in admin_client.get(reverse("marketing_tokens:index")).content.decode()
    assert key not in str(ModelLogEntry.objects.values_list("data", flat=True))
    assert ModelLogEntry.objects.filter(action="wagtail_marketing.create_token", user=admin_user).count() == 1


@pytest.mark.parametrize("values", [{"name": ""}, {"scopes": []}, {"scopes": ["root"]}, {"days": "7"}])
def test_a_bad_form_makes_nothing(admin_client, values):
    data = {"name": "Till", "scopes": ["groups:read"], "days": "", **values}
    response = admin_client.post(reverse("marketing_tokens:add"), data)
    assert response.status_code == 422
    assert ApiToken.objects.count() == 0


def test_revoking_asks_first(admin_client, admin_user):
    token, _key = services.create_token(name="Till", scopes=["groups:read"])
    url = reverse("marketing_tokens:revoke", args=[token.pk])
    assert admin_client.get(url).status_code == 200
    assert ApiToken.objects.get().state == "active"
    assert admin_client.post(url).url == reverse("marketing_tokens:index")
    assert ApiToken.objects.get().state == "revoked"
    assert ModelLogEntry.objects.filter(action="wagtail_marketing.revoke_token", user=admin_user).count() == 1


def test_the_list_takes_the_same_queries_for_many_tokens(admin_client, django_assert_max_num_queries):
    counts = []
    for _ in range(2):
        for number in range(4):
            services.create_token(name=f"T{number}", scopes=["groups:read"])
        with django_assert_max_num_queries(20) as captured:
            assert admin_client.get(reverse("marketing_tokens:index")).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
