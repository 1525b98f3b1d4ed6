"""Campaigns and their figures over REST."""

import json
from datetime import timedelta

import pytest

from wagtail_marketing.api.services import create_token
from wagtail_marketing.campaigns import services
from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.core import clock
from wagtail_marketing.messaging.models import Send

pytestmark = pytest.mark.django_db

V1 = "/marketing/api/v1/"
ALL = ("campaigns:read", "campaigns:write", "campaigns:send", "reports:read")


@pytest.fixture
def ask(client, db):
    tokens = {}

    def call(method, path, data=None, scopes=ALL, **headers):
        if scopes not in tokens:
            tokens[scopes] = create_token(name="Program", scopes=list(scopes))[1]
        return client.generic(
            method,
            V1 + path,
            json.dumps(data or {}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {tokens[scopes]}", **headers},
        )

    return call


def test_a_campaign_from_nothing_to_sent(ask, brand, person, segment, template):
    person("ann@example.com")
    asked = {
        "name": "Spring",
        "goal": "sales",
        "budget": "100.5",
        "include": [segment().pk],
        "templates": [template().pk],
        "costs": [{"kind": "sending", "amount": "12.30", "incurred_on": "2026-04-01"}],
    }
    answer = ask("POST", "campaigns/", asked)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["status"], made["budget"], made["currency"]) == ("draft", "100.50", "USD")
    assert made["costs"] == [{"kind": "sending", "note": "", "amount": "12.30", "incurred_on": "2026-04-01"}]
    path = f"campaigns/{made['id']}/"
    review = ask("GET", f"{path}review/").json()
    assert (review["ready"], review["sentence"]) == (True, "Will reach 1 of 1 person.")
    launched = ask("POST", f"{path}launch/").json()
    assert (launched["status"], Send.objects.get().audience_count) == ("active", 1)
    assert ask("POST", f"{path}pause/", {"reason": "price"}).json()["pause_reason"] == "price"
    assert ask("POST", f"{path}resume/").json()["status"] == "active"
    assert ask("POST", f"{path}cancel/").json()["status"] == "cancelled"
    report = ask("GET", f"{path}report/").json()
    assert (report["audience"], report["messages"], report["cancelled"]) == (1, 1, 1)
    assert (report["revenue"], report["cost"], report["roi"]) == ("0.00", "12.30", "-1.0000")


def test_changes_are_all_or_nothing(ask, ready, segment):
    other = segment("other.invalid")
    both = {"name": "New name", "include": [other.pk], "exclude": [other.pk]}
    answer = ask("PATCH", f"campaigns/{ready.pk}/", both)
    assert (answer.status_code, answer.json()["field"]) == (422, "exclude")
    ready.refresh_from_db()
    assert (ready.name, ready.segment_links.get().segment.name) == ("Spring specials", "example.com")
    assert ask("PATCH", f"campaigns/{ready.pk}/", {"exclude": [other.pk]}).json()["exclude"] == [other.pk]
    assert ready.segment_links.count() == 2


def test_what_blocks_is_said(ask, ready):
    services.set_messages(campaign=ready, templates=[])
    answer = ask("POST", f"campaigns/{ready.pk}/launch/")
    assert (answer.status_code, answer.json()["code"]) == (422, "not_ready")
    assert Send.objects.count() == 0


def test_a_wrong_step_is_a_conflict(ask, ready):
    answer = ask("POST", f"campaigns/{ready.pk}/resume/")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    services.launch_campaign(campaign=ready)
    assert ask("PATCH", f"campaigns/{ready.pk}/", {"templates": []}).status_code == 409
    assert ask("DELETE", f"campaigns/{ready.pk}/").status_code == 409
    assert Campaign.objects.filter(pk=ready.pk).exists()


def test_writing_is_not_sending(ask, ready):
    scopes = ("campaigns:read", "campaigns:write", "reports:read")
    for step in ("launch", "pause", "resume", "cancel"):
        assert ask("POST", f"campaigns/{ready.pk}/{step}/", scopes=scopes).status_code == 403
    assert (Send.objects.count(), Campaign.objects.get().state.status) == (0, "draft")
    assert ask("PATCH", f"campaigns/{ready.pk}/", {"name": "X"}, scopes=("campaigns:send",)).status_code == 403
    assert Campaign.objects.get().name == "Spring specials"


def test_a_repeat_with_the_same_key_creates_once(ask):
    for _time in range(2):
        answer = ask("POST", "campaigns/", {"name": "Once"}, **{"Idempotency-Key": "k1"})
        assert answer.status_code == 201
    assert Campaign.objects.count() == 1


def test_a_time_without_a_zone_is_read_as_the_sites_and_the_past_is_refused(ask, ready):
    at = (clock.now() - timedelta(days=1)).isoformat()
    answer = ask("POST", f"campaigns/{ready.pk}/launch/", {"at": at})
    assert (answer.status_code, answer.json()["field"]) == (422, "at")
    later = clock.now() + timedelta(days=1)
    assert ask("POST", f"campaigns/{ready.pk}/launch/", {"at": later.isoformat()}).json()["status"] == "scheduled"
    assert Send.objects.get().scheduled_at == later


def test_the_list_by_status_takes_the_same_queries(ask, ready, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask("GET", "campaigns/")
    with CaptureQueriesContext(connection) as few:
        assert ask("GET", "campaigns/").json()["count"] == 1
    for number in range(5):
        services.clone_campaign(campaign=ready, name=f"Copy {number}")
    with django_assert_num_queries(len(few)):
        assert ask("GET", "campaigns/").json()["count"] == 6
    assert ask("GET", "campaigns/?status=active").json()["count"] == 0
    assert ask("GET", "campaigns/?status=odd").status_code == 422


def test_the_dashboard_and_the_return_of_campaigns(ask, ready):
    services.launch_campaign(campaign=ready)
    board = ask("GET", "analytics/dashboard/?from=2026-03-01&to=2026-03-02").json()
    assert (board["first"], len(board["days"]), board["now"]["revenue"]) == ("2026-03-01", 2, "0.00")
    for wrong in ("?from=x", "?from=2026-03-02&to=2026-03-01", "?from=0001-01-01"):
        assert ask("GET", f"analytics/dashboard/{wrong}").status_code == 422
    (line,) = ask("GET", "analytics/roi/").json()
    assert (line["campaign"], line["cost"], line["roi"]) == (ready.pk, "25.00", "-1.0000")
    assert ask("GET", "analytics/roi/", scopes=("campaigns:read",)).status_code == 403
