"""Topics and suppressions in the admin and over REST."""

import pytest
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_marketing.api.services import create_token
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import ConsentState, Contact, SignUp, Strength, Suppression, Topic
from wagtail_marketing.core.identity import address_hash

pytestmark = pytest.mark.django_db
ADDRESS = "ann@example.com"


def topic_form(**values):
    rows = values.pop("texts", [])
    data = {
        "name": "Weekly",
        "slug": "weekly",
        "description": "",
        "site": "",
        "is_active": "on",
        "is_public": "on",
        "double_opt_in": "on",
        "texts-TOTAL_FORMS": len(rows),
        "texts-INITIAL_FORMS": 0,
        "texts-MIN_NUM_FORMS": 0,
        "texts-MAX_NUM_FORMS": 1000,
    }
    for number, (language, name) in enumerate(rows):
        data |= {f"texts-{number}-language": language, f"texts-{number}-name": name, f"texts-{number}-description": ""}
        data |= {f"texts-{number}-ORDER": number + 1, f"texts-{number}-DELETE": ""}
    return data | values


def test_a_topic_is_made_translated_and_taken_out_of_use(admin_client):
    answer = admin_client.post(reverse("marketing_topics:add"), topic_form(texts=[("de", "Wöchentlich")]))
    assert answer.status_code == 302
    topic = Topic.objects.get()
    from django.utils import translation

    for language, name in (("en", "Weekly"), ("de", "Wöchentlich"), ("de-at", "Wöchentlich")):
        with translation.override(language):
            assert Topic.objects.get().words()[0] == name
    page = admin_client.get(reverse("marketing_topics:index")).content.decode()
    assert "Weekly" in page
    answer = admin_client.post(reverse("marketing_topics:edit", args=[topic.pk]), topic_form(is_active=""))
    topic.refresh_from_db()
    assert (answer.status_code, topic.is_active) == (302, False)


def test_a_topic_of_the_ledger_cannot_be_deleted(admin_client):
    topic = Topic.objects.create(name="Weekly", slug="weekly")
    ann = services.create_contact(source="api", email=ADDRESS)
    services.unsubscribe(contact=ann, channel="email", topic=topic)
    answer = admin_client.post(reverse("marketing_topics:delete", args=[topic.pk]), follow=True)
    assert "Take it out of use instead" in answer.content.decode()
    assert ConsentState.objects.get().topic == topic
    other = Topic.objects.create(name="Other", slug="other")
    admin_client.post(reverse("marketing_topics:delete", args=[other.pk]))
    assert list(Topic.objects.all()) == [topic]


def test_the_list_of_topics_counts_in_a_fixed_number_of_statements(admin_client, django_assert_num_queries):
    ann = services.create_contact(source="api", email=ADDRESS)

    def grow(first):
        for number in range(first, first + 3):
            topic = Topic.objects.create(name=f"T{number}", slug=f"t{number}")
            services.record_consent(
                contact=ann, channel="email", topic=topic, state="subscribed", strength=Strength.STRONG, source="form"
            )

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    grow(0)
    url = reverse("marketing_topics:index")
    admin_client.get(url)
    with CaptureQueriesContext(connection) as queries:
        admin_client.get(url)
    grow(3)
    with django_assert_num_queries(len(queries)):
        admin_client.get(url)


def test_an_address_is_put_on_the_list_found_by_typing_it_and_taken_off(admin_client):
    index = reverse("marketing_suppressions:index")
    answer = admin_client.post(
        reverse("marketing_suppressions:add_address"),
        {"channel": "email", "address": " Ann@Example.com", "reason": "manual"},
    )
    assert answer.status_code == 302
    row = Suppression.objects.get()
    assert row.address_hash == address_hash(ADDRESS)
    services.suppress(channel="email", address="bob@example.com", reason="bounce")
    page = admin_client.get(index, {"q": "ANN@example.com"}).content.decode()
    assert row.address_hash[:10] in page
    assert address_hash("bob@example.com")[:10] not in page
    assert ADDRESS not in page.lower().replace('value="ann@example.com"', "")
    remove = reverse("marketing_suppressions:remove", args=[row.pk])
    assert "gives no consent" in admin_client.get(remove).content.decode()
    assert Suppression.objects.filter(pk=row.pk).exists()
    admin_client.post(remove)
    assert not Suppression.objects.filter(pk=row.pk).exists()
    actions = set(ModelLogEntry.objects.values_list("action", flat=True))
    assert {"wagtail_marketing.suppress", "wagtail_marketing.lift_suppression"} <= actions
    assert not ModelLogEntry.objects.filter(label__icontains="ann@").exists()


@pytest.mark.parametrize(
    "values",
    [
        {"channel": "email", "address": "nobody", "reason": "manual"},
        {"channel": "sms", "address": "12", "reason": "manual"},
        {"channel": "email", "address": ADDRESS, "reason": "erased"},
        {"channel": "pigeon", "address": ADDRESS, "reason": "manual"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(admin_client, values):
    answer = admin_client.post(reverse("marketing_suppressions:add_address"), values)
    assert (answer.status_code, Suppression.objects.count()) == (422, 0)
    assert values["address"] in answer.content.decode()


class TestRest:
    @pytest.fixture
    def call(self, client):
        def call(method, path, data=None, *, scopes):
            key = create_token(name="T", scopes=scopes)[1]
            return client.generic(
                method,
                f"/marketing/api/v1{path}",
                b"" if data is None else __import__("json").dumps(data),
                content_type="application/json",
                headers={"Authorization": f"Bearer {key}"},
            )

        return call

    def test_topics(self, call):
        Topic.objects.create(name="Weekly", slug="weekly")
        Topic.objects.create(name="Inner", slug="inner", is_public=False)
        every = call("GET", "/topics/", scopes=["topics:read"]).json()["results"]
        public = call("GET", "/topics/?public=true", scopes=["topics:read"]).json()["results"]
        assert ([row["slug"] for row in every], [row["slug"] for row in public]) == (["weekly", "inner"], ["weekly"])

    def test_everybody_gets_the_same_answer_and_only_the_question(self, call):
        Topic.objects.create(name="Weekly", slug="weekly")
        gone = services.create_contact(source="api", email=ADDRESS)
        services.unsubscribe(contact=gone, channel="email")
        answers = [
            call(
                "POST",
                "/sign-ups/",
                {"address": address, "topics": ["weekly"], "text": "Yes", "ip": "192.0.2.9"},
                scopes=["sign-ups:write"],
            )
            for address in (ADDRESS, "new@example.com")
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {
            (202, b'{"detail":"If a confirmation is needed, it is on its way."}')
        }
        assert list(SignUp.objects.values_list("source", "ip")) == [("api", "192.0.2.9")] * 2
        assert Contact.objects.count() == 1
        assert ConsentState.objects.get().state == "unsubscribed"

    @pytest.mark.parametrize(
        ("change", "field", "status"),
        [({"address": "x"}, "email", 422), ({"topics": ["nope"]}, "topics", 422), ({"text": ""}, "text", 400)],
    )
    def test_what_is_wrong_is_said(self, call, change, field, status):
        answer = call("POST", "/sign-ups/", {"address": ADDRESS, "text": "Yes"} | change, scopes=["sign-ups:write"])
        assert (answer.status_code, field in answer.content.decode()) == (status, True)
        assert not SignUp.objects.exists()

    def test_suppressions(self, call):
        scopes = ["suppressions:read", "suppressions:write"]
        answer = call("POST", "/suppressions/", {"channel": "email", "address": ADDRESS}, scopes=scopes)
        assert (answer.status_code, answer.json()["reason"]) == (201, "manual")
        assert ADDRESS not in answer.content.decode()
        found = call("GET", f"/suppressions/?address={ADDRESS}", scopes=scopes).json()["results"]
        assert [row["address_hash"] for row in found] == [address_hash(ADDRESS)]
        assert call("GET", "/suppressions/?address=b@x.example", scopes=scopes).json()["results"] == []
        assert call("POST", "/suppressions/", {"channel": "email", "address": "x"}, scopes=scopes).status_code == 422
        assert call("DELETE", "/suppressions/1/", scopes=scopes).status_code == 404
