"""The screens: who sees what, what the builder is told, and what a save does."""

import json

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from tests.segments.shop import count_totals, order, person, product
from wagtail_marketing.commerce.models import Order
from wagtail_marketing.contacts.models import Tag
from wagtail_marketing.segments import services
from wagtail_marketing.segments.models import Segment, SegmentVersion

pytestmark = pytest.mark.django_db

BUYERS = {"match": "all", "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}]}


@pytest.fixture
def shop():
    ann = person("ann", first_name="Ann", last_name="<b>Smith</b>")
    product("P1", "PASTRY")
    order(ann, "1", ("P1", 100))
    count_totals()
    return ann


def role(client, name):
    user = User.objects.create_user(name, password="x")
    user.groups.add(Group.objects.get(name=f"Marketing {name}s"))
    client.force_login(user)
    return client


def ask(client, rules, **more):
    return client.post(
        reverse("marketing_segments:preview"), json.dumps({"rules": rules, **more}), content_type="application/json"
    )


def test_the_preview_tells_count_reach_words_and_people(client, shop):
    answer = ask(role(client, "editor"), BUYERS)
    assert answer.status_code == 200
    assert answer.json() == {
        "count": 1,
        "reachable": {"email": 0, "sms": 0},
        "text": "≈ 1 person, 0 reachable by e-mail, 0 reachable by SMS",
        "sample": ["Ann <b>Smith</b>"],
        "sentence": "Has placed at least 1 order",
        "words": {"rules.0": "has placed at least 1 order"},
        "errors": [],
        "notice": "",
    }


def test_without_the_right_to_see_people_the_sample_is_masked(client, shop):
    group = Group.objects.get(name="Marketing editors")
    group.permissions.remove(*group.permissions.filter(codename="view_personal_data"))
    assert ask(role(client, "editor"), BUYERS).json()["sample"] == [f"Contact {shop.pk}"]


def test_wrong_rules_come_back_with_their_path(client):
    refused = ask(role(client, "editor"), {"match": "all", "rules": [{"kind": "orders", "params": {}}]}).json()
    assert (refused["count"], refused["text"]) == (None, "No condition is finished yet.")
    assert [error["path"] for error in refused["errors"]] == ["rules.0.params.measure"]
    url = reverse("marketing_segments:preview")
    assert client.post(url, "{", content_type="application/json").status_code == 400
    assert client.post(url, "[]", content_type="application/json").status_code == 400


def test_what_is_not_finished_does_not_stop_the_count(client, shop):
    region = {"kind": "contact", "params": {"field": "region", "op": "is", "value": ""}}
    rules = {"match": "all", "rules": [region, {"match": "any", "rules": [region, *BUYERS["rules"]]}]}
    answer = ask(role(client, "editor"), rules).json()
    assert answer["count"] == 1
    assert answer["words"] == {"rules.1.rules.1": "has placed at least 1 order"}
    assert [error["path"] for error in answer["errors"]] == ["rules.0.params.value", "rules.1.rules.0.params.value"]
    assert answer["notice"] == "2 conditions are not finished and do not count."


def test_the_preview_sees_a_circle_at_its_place(client, shop):
    inner = services.create_segment(name="Inner", rules=BUYERS)
    outer = services.create_segment(
        name="Outer", rules={"match": "all", "rules": [{"kind": "segment", "params": {"id": inner.pk}}]}
    )
    rules = {"match": "all", "rules": [*BUYERS["rules"], {"kind": "segment", "params": {"id": outer.pk}}]}
    client = role(client, "editor")
    assert ask(client, rules).json()["count"] == 1
    refused = ask(client, rules, segment=inner.pk).json()
    assert refused["count"] is None
    assert [error["path"] for error in refused["errors"]] == ["rules.1.params.id"]
    assert "Inner → Outer → Inner" in refused["errors"][0]["message"]


def test_suggestions(client, shop):
    Tag.objects.create(name="VIP", slug="vip")
    client = role(client, "editor")

    def suggest(kind, q=""):
        return client.get(reverse("marketing_segments:suggest"), {"kind": kind, "q": q}).json()["results"]

    assert suggest("categories", "past") == [{"value": "PASTRY", "label": "PASTRY"}]
    assert suggest("categories", "x") == []
    assert suggest("skus", "p") == [{"value": "P1", "label": "P1 · P1"}]
    assert suggest("tags") == [{"value": "vip", "label": "VIP"}]
    Order.objects.update(channel="Web shop")
    assert suggest("channels", "web") == [{"value": "Web shop", "label": "Web shop"}]
    assert client.get(reverse("marketing_segments:suggest"), {"kind": "users"}).status_code == 404


def save(client, rules, **data):
    return client.post(
        reverse("marketing_segments:add"),
        {"name": "Buyers", "description": "", "site": "", "rules": json.dumps(rules), **data},
    )


def test_saving_makes_a_draft_and_publishing_a_version(admin_client, shop):
    save(admin_client, BUYERS)
    segment = Segment.objects.get()
    assert (segment.live, SegmentVersion.objects.count()) == (False, 0)
    url = reverse("marketing_segments:edit", args=(segment.pk,))
    data = {"name": "Buyers", "description": "", "site": "", "rules": json.dumps(BUYERS), "action-publish": "1"}
    admin_client.post(url, data)
    assert SegmentVersion.objects.get().rules == BUYERS


@pytest.mark.parametrize("rules", [{"match": "all", "rules": []}, {"match": "all"}, [], "x"])
def test_a_form_with_wrong_rules_keeps_nothing(admin_client, rules):
    answer = save(admin_client, rules)
    assert answer.status_code == 200
    assert Segment.objects.count() == 0


def test_a_circle_is_refused_when_it_is_published(admin_client):
    segment = services.create_segment(name="S", rules=BUYERS)
    inside = {"match": "all", "rules": [{"kind": "segment", "params": {"id": segment.pk}}]}
    answer = admin_client.post(
        reverse("marketing_segments:edit", args=(segment.pk,)),
        {"name": "S", "description": "", "site": "", "rules": json.dumps(inside), "action-publish": "1"},
    )
    assert answer.status_code == 200
    assert SegmentVersion.objects.get().rules == BUYERS


def test_the_list_costs_the_same_for_one_and_for_many(admin_client, django_assert_num_queries):
    url = reverse("marketing_segments:list")
    services.create_segment(name="S0", rules=BUYERS)
    admin_client.get(url)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        admin_client.get(url)
    for number in range(5):
        services.create_segment(name=f"T{number}", rules=BUYERS)
    with django_assert_num_queries(len(one)):
        assert admin_client.get(url).content.count(b"Has placed at least 1 order") == 6


def test_names_are_escaped_and_masked_for_analysts(client, shop):
    segment = services.create_segment(name="Buyers", rules=BUYERS)
    services.refresh_segment(segment=segment)
    url = reverse("marketing_segments:members", args=(segment.pk,))
    seen = role(client, "manager").get(url).content.decode()
    assert "Ann &lt;b&gt;Smith&lt;/b&gt;" in seen
    assert "<b>Smith" not in seen
    masked = role(client, "analyst").get(url).content.decode()
    assert "Smith" not in masked
    assert f"Contact {shop.pk}" in masked


def test_why_by_key_and_by_address(client, shop):
    segment = services.create_segment(name="Buyers", rules=BUYERS)
    url = reverse("marketing_segments:why", args=(segment.pk,))
    client = role(client, "manager")
    for wanted in ("ann", "ANN@example.com"):
        seen = client.get(url, {"q": wanted}).content.decode()
        assert "is in this segment" in seen
        assert "1 order" in seen
    assert "Nobody has this address" in client.get(url, {"q": "zoe"}).content.decode()


def test_the_history_shows_rules_in_words(admin_client):
    segment = services.create_segment(name="S", rules=BUYERS)
    before = segment.latest_revision_id
    rules = {"match": "all", "rules": [{"kind": "contact", "params": {"field": "city", "op": "is", "value": "Ohio"}}]}
    segment = services.update_segment(segment=segment, rules=rules)
    url = reverse("marketing_segments:revisions_compare", args=(segment.pk, before, segment.latest_revision_id))
    seen = admin_client.get(url).content.decode()
    assert "City is Ohio" in seen
    assert "&quot;kind&quot;" not in seen
