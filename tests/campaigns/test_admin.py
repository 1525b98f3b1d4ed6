"""The screens of campaigns: each step, who may, what is asked, and how many queries a list takes."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from wagtail_marketing.campaigns import selectors, services
from wagtail_marketing.campaigns.models import Campaign, CampaignState, Status
from wagtail_marketing.core import clock
from wagtail_marketing.messaging.models import Message, Send

pytestmark = pytest.mark.django_db


def page(name: str, campaign: Campaign | None = None) -> str:
    return reverse(f"marketing_campaigns:{name}", args=[campaign.pk] if campaign else [])


def status(campaign: Campaign) -> str:
    return CampaignState.objects.get(campaign=campaign).status


@pytest.fixture
def enter(client, django_user_model):
    """A client logged in as somebody of this role."""

    def make(role: str):
        user = django_user_model.objects.create_user(role, email=f"{role}@shop.example")
        user.groups.add(Group.objects.get(name=f"Marketing {role}s"))
        client.force_login(user)
        return client

    return make


def test_a_campaign_is_made_in_steps(enter, brand, person, segment, template):
    client = enter("manager")
    person("ann@example.com")
    everybody, mail = segment(), template(name="Specials")
    answer = client.post(page("add"), {"name": "Spring", "goal": "sales", "budget": "100.50"})
    campaign = Campaign.objects.get()
    assert answer.headers["Location"] == page("audience", campaign)
    assert (campaign.name, campaign.goal, campaign.budget_minor, status(campaign)) == (
        "Spring",
        "sales",
        10050,
        "draft",
    )
    answer = client.post(page("audience", campaign), {f"segment-{everybody.pk}": "include", "next": "1"})
    assert answer.headers["Location"] == page("content", campaign)
    answer = client.post(page("content", campaign), {"template-0": mail.pk, "utm_source": "shop", "next": "1"})
    assert answer.headers["Location"] == page("costs", campaign)
    costs = {
        "costs-TOTAL_FORMS": "2",
        "costs-INITIAL_FORMS": "0",
        "costs-0-kind": "content",
        "costs-0-amount": "12.34",
        "costs-1-kind": "other",
    }
    answer = client.post(page("costs", campaign), {**costs, "next": "1"})
    assert answer.headers["Location"] == page("review", campaign)
    assert [cost.amount_minor for cost in campaign.costs.all()] == [1234]
    assert selectors.sides(campaign) == ([everybody], [])
    assert [m.template for m in campaign.messages.all()] == [mail]
    html = client.get(page("review", campaign)).content.decode()
    assert "Will reach 1 of 1 person." in html
    assert "Send now…" in html


def test_costs_are_changed_and_removed(enter, ready):
    client = enter("manager")
    costs = {
        "costs-TOTAL_FORMS": "2",
        "costs-INITIAL_FORMS": "1",
        "costs-0-kind": "other",
        "costs-0-amount": "25.00",
        "costs-0-DELETE": "on",
        "costs-1-kind": "print",
        "costs-1-amount": "7",
    }
    client.post(page("costs", ready), costs)
    assert [(cost.kind, cost.amount_minor) for cost in ready.costs.all()] == [("print", 700)]
    answer = client.post(page("costs", ready), {**costs, "costs-1-amount": "-7"})
    assert answer.status_code == 422
    assert [cost.amount_minor for cost in ready.costs.all()] == [700]


def test_what_a_service_refuses_is_shown_at_its_field(enter, ready):
    client = enter("manager")
    answer = client.post(page("edit", ready), {"name": "X", "starts_on": "2026-05-02", "ends_on": "2026-05-01"})
    assert answer.status_code == 422
    assert "The campaign ends before it starts." in answer.content.decode()
    assert Campaign.objects.get().name == "Spring specials"


def test_sending_now_asks_with_the_number_and_sends_once(enter, ready):
    client = enter("manager")
    html = client.get(page("launch", ready)).content.decode()
    assert "Send “Spring specials” to 2 people now?" in html
    assert "Will reach 2 of 3 people: 1 never agreed to e-mail." in html
    assert Send.objects.count() == 0
    assert client.post(page("launch", ready)).headers["Location"] == page("review", ready)
    client.post(page("launch", ready))
    assert (Send.objects.count(), Message.objects.count(), status(ready)) == (1, 3, Status.ACTIVE)


def test_a_time_is_read_in_the_sites_zone(enter, ready, brand):
    brand.time_zone = "Europe/Berlin"
    brand.save()
    there = (clock.now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    client = enter("manager")
    from zoneinfo import ZoneInfo

    wall = there.astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%dT%H:%M")
    url = f"{page('launch', ready)}?at={wall}"
    html = client.get(url).content.decode()
    assert "Schedule for 2 people" in html
    client.post(url)
    assert (status(ready), Send.objects.get().scheduled_at) == (Status.SCHEDULED, there)


@pytest.mark.parametrize("at", ["nonsense", "2026-13-45T99:99", "<script>"])
def test_a_time_that_is_none_sends_nothing(enter, ready, at):
    client = enter("manager")
    url = f"{page('launch', ready)}?at={at}"
    client.get(url)
    client.post(url)
    assert (status(ready), Send.objects.count()) == (Status.DRAFT, 0)


def test_many_people_need_the_number_typed(enter, ready, monkeypatch):
    monkeypatch.setattr("wagtail_marketing.campaigns.admin.actions.TYPED_FROM", 2)
    client = enter("manager")
    assert client.post(page("launch", ready), {"typed": "3"}).status_code == 422
    assert (status(ready), Send.objects.count()) == (Status.DRAFT, 0)
    client.post(page("launch", ready), {"typed": "2"})
    assert status(ready) == Status.ACTIVE


def test_what_blocks_is_linked_to_where_it_is_corrected(enter, ready):
    services.set_messages(campaign=ready, templates=[])
    client = enter("manager")
    html = client.get(page("review", ready)).content.decode()
    assert "No e-mail is chosen." in html
    assert f"{page('content', ready)}#id_templates" in html
    assert "Send now…" not in html
    assert client.get(page("launch", ready)).headers["Location"] == page("review", ready)
    client.post(page("launch", ready))
    assert (status(ready), Send.objects.count()) == (Status.DRAFT, 0)


def test_taking_it_back_and_ending_it(enter, ready):
    client = enter("manager")
    services.launch_campaign(campaign=ready)
    for name, after in (("pause", "paused"), ("pause", "paused"), ("resume", "active"), ("cancel", "cancelled")):
        assert client.get(page(name, ready)).status_code == 200
        assert client.post(page(name, ready)).status_code == 302
        assert status(ready) == after
    assert client.post(page("resume", ready)).status_code == 422
    assert status(ready) == "cancelled"


@pytest.mark.parametrize("role", ["editor", "analyst"])
@pytest.mark.parametrize("action", ["launch", "pause", "resume", "cancel", "delete"])
def test_who_may_not_send_changes_nothing(enter, ready, role, action):
    if action in ("pause", "cancel"):
        services.launch_campaign(campaign=ready)
    before = (status(ready), list(Send.objects.values_list("state")), Campaign.objects.count())
    client = enter(role)
    assert client.post(page(action, ready)).status_code == 302
    assert (status(ready), list(Send.objects.values_list("state")), Campaign.objects.count()) == before


@pytest.mark.parametrize("name", ["edit", "audience", "content", "costs", "submit", "copy", "test"])
def test_an_analyst_changes_nothing(enter, ready, name, sink):
    client = enter("analyst")
    data = {"name": "Changed", "addresses": "me@shop.example", "costs-TOTAL_FORMS": "0", "costs-INITIAL_FORMS": "0"}
    assert client.post(page(name, ready), data).status_code == 302
    ready.refresh_from_db()
    assert (ready.name, Campaign.objects.count(), ready.costs.count()) == ("Spring specials", 1, 1)
    assert (ready.messages.count(), ready.segment_links.count(), len(sink.messages)) == (1, 1, 0)
    assert CampaignState.objects.get(campaign=ready).submitted_at is None


def test_an_editor_tests_and_hands_in_and_a_manager_sees_it(enter, ready, sink):
    client = enter("editor")
    html = client.get(page("review", ready)).content.decode()
    assert "Hand it in…" in html
    assert "Send now…" not in html
    client.post(page("test", ready), {"addresses": "me@shop.example, you@shop.example"})
    assert sorted(message.recipients[0] for message in sink.messages) == ["me@shop.example", "you@shop.example"]
    assert Send.objects.count() == 0
    client.post(page("submit", ready))
    assert CampaignState.objects.get(campaign=ready).submitted_by.username == "editor"
    html = enter("manager").get(page("index"), {"submitted": "true"}).content.decode()
    assert "Spring specials" in html
    assert "waits for approval" in html


def test_the_preview_runs_no_script_and_frames_only_here(enter, ready):
    answer = enter("analyst").get(page("preview", ready))
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none';")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "<h1" in answer.content.decode()


def test_a_person_is_shown_only_to_who_may_see_people(enter, ready):
    ann = selectors.audience(ready).get(email="ann@example.com")
    url = f"{page('preview', ready)}?contact={ann.pk}"
    assert "Hello Ann" in enter("manager").get(url).content.decode()
    masked = enter("analyst")
    assert "Ann" not in masked.get(url).content.decode()
    assert "ann@example.com" not in masked.get(page("review", ready)).content.decode()


def test_the_count_follows_the_ticks(enter, ready, segment):
    ann = segment("ann")
    everybody = selectors.sides(ready)[0][0]
    client = enter("editor")
    answer = client.post(page("reach", ready), {f"segment-{everybody.pk}": "include", f"segment-{ann.pk}": "exclude"})
    assert answer.json() == {
        "sentence": "Will reach 1 of 2 people: 1 never agreed to e-mail.",
        "total": 2,
        "reachable": 1,
    }
    assert selectors.sides(ready) == ([everybody], [])


def test_the_list_is_filtered_and_searched(enter, ready):
    other = services.create_campaign(name="Autumn")
    services.launch_campaign(campaign=ready)
    client = enter("analyst")

    def names(**query) -> list[str]:
        html = client.get(page("index_results"), query).content.decode()
        return [name for name in ("Spring specials", "Autumn") if name in html]

    assert names() == ["Spring specials", "Autumn"]
    assert names(status="active") == ["Spring specials"]
    assert names(status="draft") == ["Autumn"]
    assert names(q="autu") == ["Autumn"]
    tomorrow = (clock.now() + timedelta(days=2)).date().isoformat()
    assert names(launched_from=tomorrow) == []
    assert names(launched_to=tomorrow) == ["Spring specials"]
    assert other.name == "Autumn"


def test_the_list_takes_the_same_queries_however_long(enter, ready, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = enter("manager")
    client.get(page("index"))
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(page("index"))
    for number in range(8):
        services.clone_campaign(campaign=ready, name=f"Copy {number}")
    with django_assert_num_queries(len(few)):
        client.get(page("index"))


def test_the_export_is_for_who_sees_reports_and_runs_no_formula(enter, ready):
    services.update_campaign(campaign=ready, name="=HYPERLINK(1)")
    answer = enter("analyst").get(page("index"), {"export": "csv"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[1].startswith("'=HYPERLINK(1),draft,")


def test_a_copy_leads_to_the_copy(enter, ready):
    answer = enter("editor").post(page("copy", ready))
    copy = Campaign.objects.get(name="Copy of Spring specials")
    assert answer.headers["Location"] == page("review", copy)


def test_a_launched_campaign_is_not_deleted_and_a_draft_is(enter, ready):
    client = enter("manager")
    draft = services.create_campaign(name="Draft")
    services.launch_campaign(campaign=ready)
    assert client.post(page("delete", ready)).status_code == 422
    assert client.post(page("delete", draft)).headers["Location"] == page("index")
    assert list(Campaign.objects.all()) == [ready]


def test_the_review_says_in_words_who_is_meant(enter, ready):
    from wagtail_marketing.segments.selectors import summary

    link = ready.segment_links.select_related("segment").first()
    seen = enter("editor").get(page("review", ready)).content.decode()
    assert f'In: <a href="/admin/marketing/segments/inspect/{link.segment_id}/">{link.segment}</a>' in seen
    assert f"– {summary(link.segment.rules)}</li>" in seen
