"""``discount`` and ``campaign``: refusals, words, what they read, when time moves them; lists and segments."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from tests.segments.shop import NOW, order, person
from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.contacts import services as contacts
from wagtail_marketing.contacts.models import Contact, ContactChange, ContactList
from wagtail_marketing.discounts.models import Code, Discount, DiscountVersion, Redemption
from wagtail_marketing.discounts.services import create_code, deactivate_code
from wagtail_marketing.jobs.models import Job
from wagtail_marketing.messaging.models import Message, Send
from wagtail_marketing.segments import selectors, services
from wagtail_marketing.segments.engine.tree import moment_at, parse
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.registry import conditions
from wagtail_marketing.segments.tasks import to_list_job

pytestmark = pytest.mark.django_db


def rules(kind, **params):
    return {"match": "all", "rules": [{"kind": kind, "params": params}]}


@pytest.fixture
def spring():
    return Discount.objects.create(name="Spring", currency="USD", needs_code=True, created_at=NOW, updated_at=NOW)


@pytest.fixture
def news():
    return Campaign.objects.create(name="News", created_at=NOW, updated_at=NOW)


@pytest.mark.parametrize(
    ("kind", "params", "path", "said"),
    [
        ("discount", {}, "what", "Use one of: used, has_unused_code."),
        ("discount", {"what": "lost"}, "what", "not possible"),
        ("discount", {"what": "used", "discount": 10**6}, "discount", "Choose one that exists."),
        ("discount", {"what": "used", "discount": "x"}, "discount", "number"),
        ("discount", {"what": "has_unused_code", "within": {"last_days": 3}}, "within", "Known:"),
        ("discount", {"what": "used", "within": {"last_days": "x"}}, "within.last_days", "number"),
        ("campaign", {}, "did", "received, opened, clicked, bought"),
        ("campaign", {"did": "opened", "id": 10**6}, "id", "Choose one that exists."),
        ("campaign", {"did": "opened", "days": 3}, "days", "Known:"),
        ("campaign", {"did": "bought", "days": 401}, "days", ""),
        ("campaign", {"did": "bought", "days": 0}, "days", ""),
    ],
)
def test_what_they_refuse(kind, params, path, said):
    with pytest.raises(InvalidRules) as refused:
        parse(rules(kind, **params))
    assert refused.value.as_dict()["path"] == f"rules.0.params.{path}"
    assert said in refused.value.as_dict()["message"]


def test_in_words(spring, news):
    for kind, params, words in (
        ("discount", {"what": "used"}, "Used any discount"),
        ("discount", {"what": "used", "discount": spring.pk}, "Used the discount “Spring”"),
        ("discount", {"what": "used", "code": "ten"}, "Used the code TEN"),
        (
            "discount",
            {"what": "used", "code": "ten", "discount": spring.pk, "within": {"last_days": 30}},
            "Used the code TEN of “Spring” in the last 30 days",
        ),
        ("discount", {"what": "has_unused_code"}, "Has an unused code"),
        ("discount", {"what": "has_unused_code", "discount": spring.pk}, "Has an unused code of “Spring”"),
        ("campaign", {"did": "received"}, "Received any campaign"),
        ("campaign", {"did": "opened", "id": news.pk}, "Opened the campaign “News”"),
        (
            "campaign",
            {"did": "bought", "id": news.pk, "days": 1, "within": {"last_days": 1}},
            "Bought after the campaign “News” within 1 day of it, in the last day",
        ),
    ):
        assert selectors.summary(rules(kind, **params)) == words


def test_what_they_read_and_offer(spring, news):
    reads = {
        (kind, params.get("what") or params["did"]): parse(rules(kind, **params)).reads()
        for kind, params in (
            ("discount", {"what": "used"}),
            ("discount", {"what": "has_unused_code"}),
            ("campaign", {"did": "clicked"}),
            ("campaign", {"did": "bought"}),
        )
    }
    assert reads == {
        ("discount", "used"): {"orders"},
        ("discount", "has_unused_code"): {"orders", "codes"},
        ("campaign", "clicked"): {"activity"},
        ("campaign", "bought"): {"activity", "orders"},
    }
    assert [spring.pk, "Spring"] in conditions["discount"].descriptor().extras[0]["choices"]
    assert [news.pk, "News"] in conditions["campaign"].descriptor().extras[0]["choices"]


def test_time_moves_codes_and_periods(spring):
    ann, bob = person("ann"), person("bob")
    create_code(discount=spring, code="OWN-1", contact=ann, expires_at=NOW + timedelta(hours=1), now=NOW)
    version = DiscountVersion.objects.create(discount=spring, number=1, rules={}, created_at=NOW)
    Redemption.objects.create(
        order_ref="1", discount=spring, version=version, contact=bob, amount_minor=1, currency="USD",
        redeemed_at=NOW - timedelta(days=7) + timedelta(hours=1),
    )  # fmt: skip
    waits, used = rules("discount", what="has_unused_code"), rules("discount", what="used", within={"last_days": 7})
    for tree, who in ((waits, ann), (used, bob)):
        leaf = parse(tree).rules[0]
        for hours, due in ((0.5, []), (1.5, [who.pk])):
            found = leaf.condition.due(leaf.params, moment_at(NOW), moment_at(NOW + timedelta(hours=hours)))
            assert list(found) == due
    everybody = parse(rules("discount", what="used")).rules[0]
    assert everybody.condition.due(everybody.params, moment_at(NOW), moment_at(NOW + timedelta(days=1))) is None


def test_the_kept_statement_follows_the_moment(spring, news):
    ann, bob = person("ann"), person("bob")
    create_code(discount=spring, code="OWN-1", contact=ann, expires_at=NOW + timedelta(hours=1), now=NOW)
    send = Send.objects.create(
        name="News", channel="email", content={}, message_class="marketing", source_ref=news.ref, created_at=NOW
    )
    Message.objects.create(send=send, contact=bob, address=bob.email, state="sent", settled_at=NOW)
    order(bob, "1", placed_at=NOW + timedelta(days=2))
    for tree, who, other, moments in (
        (rules("discount", what="has_unused_code"), ann, bob, {0: True, 59: True, 61: False}),
        (rules("campaign", did="received", within={"last_days": 1}), bob, ann, {0: True, 1440: True, 1441: False}),
        (rules("campaign", did="bought", days=2, id=news.pk), bob, ann, {0: True}),
        (rules("campaign", did="bought", days=1, id=news.pk), ann, bob, {0: False}),
    ):
        segment = services.create_segment(name="Asked", rules=tree)
        for _again in range(2):
            for minutes, inside in moments.items():
                now = NOW + timedelta(minutes=minutes)
                assert (minutes, selectors.is_in(segment, who, now=now)) == (minutes, inside)
                assert not selectors.is_in(segment, other, now=now)


def test_a_code_of_ones_own_is_news(spring):
    ann = person("ann")
    create_code(discount=spring, code="FOR-ALL")
    assert not ContactChange.objects.filter(fact="codes").exists()
    create_code(discount=spring, code="OWN-1", contact=ann)
    assert deactivate_code(code=Code.objects.get(normalised="OWN-1"))
    assert not deactivate_code(code=Code.objects.get(normalised="OWN-1"))
    changes = ContactChange.objects.filter(fact="codes").values_list("contact_id", flat=True)
    assert list(changes) == [ann.pk, ann.pk]


# Lists and segments --------------------------------------------------------------------------------


def enter(client, role="Marketing managers"):
    user = User.objects.create_user(role, password="x")
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return user


def test_a_list_becomes_one_audience(client):
    enter(client)
    vips = contacts.create_list(name="VIPs")
    url = reverse("marketing_segments:of_list", args=[vips.pk])
    assert url in client.get(reverse("marketing_lists:inspect", args=[vips.pk])).content.decode()
    assert client.get(url).status_code == 200
    assert Segment.objects.count() == 0
    made = client.post(url)
    segment = Segment.objects.get()
    assert (made.status_code, made.url) == (302, reverse("marketing_segments:inspect", args=[segment.pk]))
    assert (segment.name, segment.live, selectors.summary(segment.rules)) == (
        "List: VIPs",
        True,
        "Is on the list “VIPs”",
    )
    assert client.get(url).url == made.url
    client.post(url)
    assert Segment.objects.count() == 1


def test_everybody_of_a_segment_comes_on_a_list(client, monkeypatch):
    user = enter(client, "Marketing editors")
    for key in ("ann", "bob"):
        person(key, country="DE")
    person("cyd")
    segment = services.create_segment(name="Germans", rules=rules("contact", field="country", op="is", value="DE"))
    vips = contacts.create_list(name="VIPs")
    contacts.add_to_list(contact_list=vips, contacts=Contact.objects.filter(external_key="ann"))
    url = reverse("marketing_segments:to_list", args=[segment.pk])
    assert url in client.get(reverse("marketing_segments:inspect", args=[segment.pk])).content.decode()
    assert "2 people are in the segment now." in client.get(url).content.decode()
    refused = client.post(url, {"list": "x"})
    assert (refused.status_code, "Choose a list." in refused.content.decode()) == (422, True)
    done = client.post(url, {"list": vips.pk}, follow=True)
    assert "1 person added." in done.content.decode()
    assert dict(vips.memberships.values_list("contact__external_key", "source")) == {"ann": "staff", "bob": "segment"}
    # A big segment is a job's work.
    monkeypatch.setattr("wagtail_marketing.segments.admin.lists.AT_ONCE", 1)
    other = contacts.create_list(name="Other")
    client.post(url, {"list": other.pk})
    job = Job.objects.get()
    assert (job.kind, job.params, job.created_by) == (
        "segments.to_list",
        {"segment": segment.pk, "list": other.pk},
        user,
    )
    assert [to_list_job(job, None), to_list_job(job, None)] == [{"added": 2}, {"added": 0}]
    assert ContactList.objects.get(pk=other.pk).size == 2
