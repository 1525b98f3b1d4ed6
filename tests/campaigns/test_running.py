"""The campaign's life: each named transition from each state, again and again, and what its sends do."""

from datetime import UTC, datetime, timedelta

import pytest
from wagtail.log_actions import registry as log_registry
from wagtail.models import ModelLogEntry

from wagtail_marketing.campaigns import selectors, services
from wagtail_marketing.campaigns.errors import NotEditable, NotReady
from wagtail_marketing.campaigns.models import TRANSITIONS, Campaign, CampaignState, Status
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput, WrongState
from wagtail_marketing.messaging.models import Message, MessageState, Send, SendState

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)


def status(campaign) -> str:
    return CampaignState.objects.get(campaign=campaign).status


def put(campaign, to: str) -> None:
    CampaignState.objects.filter(campaign=campaign).update(status=to)


def sends(campaign) -> list[str]:
    return list(Send.objects.filter(source_ref=campaign.ref).values_list("state", flat=True))


def test_launching_freezes_the_audience_and_the_content_and_starts_the_send(ready, django_user_model):
    boss = django_user_model.objects.create_user("boss")
    services.launch_campaign(campaign=ready, user=boss, now=NOW)
    send = ready.messages.get().send
    assert (status(ready), send.state, send.audience_count) == (Status.ACTIVE, SendState.RUNNING, 3)
    assert send.source_ref == ready.ref == f"campaign:{ready.pk}"
    assert send.content["utm"] == {"utm_source": "shop", "utm_medium": "email", "utm_campaign": "spring-specials"}
    state = ready.state
    assert (state.launched_at, state.launched_by, state.scheduled_at) == (NOW, boss, None)


def test_launching_again_sends_nothing_twice(ready):
    services.launch_campaign(campaign=ready, now=NOW)
    services.launch_campaign(campaign=Campaign.objects.get(pk=ready.pk), now=NOW)
    assert len(sends(ready)) == 1
    assert Message.objects.count() == 3


def test_a_time_in_the_future_schedules_it(ready):
    services.launch_campaign(campaign=ready, at=TOMORROW, now=NOW)
    send = ready.messages.get().send
    assert (status(ready), send.state, send.scheduled_at) == (Status.SCHEDULED, SendState.SCHEDULED, TOMORROW)
    assert ready.state.launched_at == TOMORROW


def test_a_moment_ago_is_now_and_longer_ago_is_refused(ready):
    with pytest.raises(InvalidInput):
        services.launch_campaign(campaign=ready, at=NOW - timedelta(hours=1), now=NOW)
    assert (status(ready), sends(ready)) == (Status.DRAFT, [])
    services.launch_campaign(campaign=ready, at=NOW - timedelta(minutes=1), now=NOW)
    assert (status(ready), ready.state.scheduled_at) == (Status.ACTIVE, None)


def test_what_the_review_blocks_is_not_launched_and_nothing_is_made(ready):
    services.set_messages(campaign=ready, templates=[])
    with pytest.raises(NotReady) as caught:
        services.launch_campaign(campaign=ready, now=NOW)
    assert [row.key for row in caught.value.rows] == ["no_template"]
    assert (status(ready), sends(ready)) == (Status.DRAFT, [])


def test_a_send_that_messaging_refuses_takes_the_launch_back(ready, monkeypatch):
    from wagtail_marketing.messaging.errors import SendBlocked

    def refuse(send, **kwargs):
        raise SendBlocked(["no"])

    monkeypatch.setattr("wagtail_marketing.messaging.services.launch", refuse)
    with pytest.raises(SendBlocked):
        services.launch_campaign(campaign=ready, now=NOW)
    assert (status(ready), sends(ready)) == (Status.DRAFT, [])


def test_pausing_and_resuming_any_number_of_times(ready):
    services.launch_campaign(campaign=ready, now=NOW)
    for _time in range(2):
        services.pause_campaign(campaign=ready, reason="wrong price", now=NOW)
        assert (status(ready), sends(ready)) == (Status.PAUSED, [SendState.PAUSED])
    assert ready.state.pause_reason == "wrong price"
    for _time in range(2):
        services.resume_campaign(campaign=ready, now=NOW)
        assert (status(ready), sends(ready)) == (Status.ACTIVE, [SendState.RUNNING])
    assert (ready.state.pause_reason, ready.state.paused_at) == ("", None)


def test_a_scheduled_one_that_was_held_waits_for_its_time_again(ready):
    services.launch_campaign(campaign=ready, at=TOMORROW, now=NOW)
    services.pause_campaign(campaign=ready, now=NOW)
    services.resume_campaign(campaign=ready, now=NOW)
    assert (status(ready), sends(ready)) == (Status.SCHEDULED, [SendState.SCHEDULED])


def test_resumed_after_its_time_it_goes_at_once(ready):
    services.launch_campaign(campaign=ready, at=TOMORROW, now=NOW)
    services.pause_campaign(campaign=ready, now=NOW)
    services.resume_campaign(campaign=ready, now=TOMORROW + timedelta(minutes=1))
    assert (status(ready), sends(ready)) == (Status.ACTIVE, [SendState.RUNNING])


def test_cancelling_ends_every_message_that_has_not_begun(ready):
    services.launch_campaign(campaign=ready, now=NOW)
    for _time in range(2):
        services.cancel_campaign(campaign=ready, now=NOW)
        assert (status(ready), sends(ready)) == (Status.CANCELLED, [SendState.CANCELLED])
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.CANCELLED}


CALLS = {
    "launch": lambda campaign: services.launch_campaign(campaign=campaign, now=NOW),
    "pause": lambda campaign: services.pause_campaign(campaign=campaign, now=NOW),
    "resume": lambda campaign: services.resume_campaign(campaign=campaign, now=NOW),
    "cancel": lambda campaign: services.cancel_campaign(campaign=campaign, now=NOW),
}
#: (call, state) -> the state afterwards, or None where it is refused
TABLE = {
    ("launch", "draft"): "active",
    ("launch", "scheduled"): "scheduled",
    ("launch", "active"): "active",
    ("launch", "paused"): None,
    ("launch", "completed"): None,
    ("launch", "cancelled"): None,
    ("pause", "draft"): None,
    ("pause", "scheduled"): "paused",
    ("pause", "active"): "paused",
    ("pause", "paused"): "paused",
    ("pause", "completed"): None,
    ("pause", "cancelled"): None,
    ("resume", "draft"): None,
    ("resume", "scheduled"): "scheduled",
    ("resume", "active"): "active",
    ("resume", "paused"): "active",
    ("resume", "completed"): None,
    ("resume", "cancelled"): None,
    ("cancel", "draft"): "cancelled",
    ("cancel", "scheduled"): "cancelled",
    ("cancel", "active"): "cancelled",
    ("cancel", "paused"): "cancelled",
    ("cancel", "completed"): None,
    ("cancel", "cancelled"): "cancelled",
}


@pytest.mark.parametrize(("call", "before"), TABLE)
def test_every_step_from_every_state(ready, call, before):
    put(ready, before)
    after = TABLE[call, before]
    if after is None:
        with pytest.raises(WrongState):
            CALLS[call](ready)
        assert status(ready) == before
    else:
        CALLS[call](ready)
        assert status(ready) == after


def test_no_transition_leaves_an_ended_state():
    ended = {Status.COMPLETED, Status.CANCELLED}
    assert all(not ended & sources for sources, _target in TRANSITIONS.values())


def test_the_campaign_follows_its_sends(ready):
    services.launch_campaign(campaign=ready, at=TOMORROW, now=NOW)
    assert services.update_statuses(now=NOW) == 0
    Send.objects.update(state=SendState.RUNNING)
    assert (services.update_statuses(now=TOMORROW), status(ready)) == (1, Status.ACTIVE)
    Send.objects.update(state=SendState.DONE)
    assert (services.update_statuses(now=TOMORROW), status(ready)) == (1, Status.COMPLETED)
    assert CampaignState.objects.get(campaign=ready).ended_at == TOMORROW
    assert services.update_statuses(now=TOMORROW) == 0


def test_a_campaign_with_a_last_day_stays_active_until_it_is_over(ready):
    last = NOW.astimezone(clock.shop_zone()).date()
    services.update_campaign(campaign=ready, ends_on=last)
    services.launch_campaign(campaign=ready, now=NOW)
    Send.objects.update(state=SendState.DONE)
    assert (services.update_statuses(now=NOW), status(ready)) == (0, Status.ACTIVE)
    assert (services.update_statuses(now=TOMORROW), status(ready)) == (1, Status.COMPLETED)


def test_a_send_that_stopped_itself_pauses_the_campaign_with_its_reason(ready):
    services.launch_campaign(campaign=ready, now=NOW)
    Send.objects.update(state=SendState.PAUSED, reason="too many bounces")
    assert (services.update_statuses(now=NOW), status(ready)) == (1, Status.PAUSED)
    assert CampaignState.objects.get(campaign=ready).pause_reason == "too many bounces"
    services.resume_campaign(campaign=ready, now=NOW)
    assert (status(ready), sends(ready)) == (Status.ACTIVE, [SendState.RUNNING])


def test_what_is_done_to_the_send_itself_is_done_to_the_campaign(ready):
    from wagtail_marketing.messaging import services as messaging

    services.launch_campaign(campaign=ready, now=NOW)
    send = Send.objects.get()
    messaging.pause(send, reason="held by hand")
    assert (services.update_statuses(now=NOW), status(ready)) == (1, Status.PAUSED)
    messaging.resume(send, now=NOW)
    assert (services.update_statuses(now=NOW), status(ready)) == (1, Status.ACTIVE)
    messaging.cancel(send, now=NOW)
    assert (services.update_statuses(now=NOW), status(ready)) == (1, Status.CANCELLED)


def test_a_scheduled_send_that_was_missed_ends_the_campaign(ready):
    services.launch_campaign(campaign=ready, at=TOMORROW, now=NOW)
    Send.objects.update(state=SendState.CANCELLED, reason="missed")
    assert (services.update_statuses(now=TOMORROW), status(ready)) == (1, Status.CANCELLED)


def test_submitting_asks_for_approval_and_sends_nothing(ready, django_user_model):
    editor = django_user_model.objects.create_user("editor")
    services.submit_campaign(campaign=ready, user=editor, now=NOW)
    assert (ready.state.submitted_at, ready.state.submitted_by, status(ready)) == (NOW, editor, Status.DRAFT)
    assert sends(ready) == []
    services.withdraw_campaign(campaign=ready)
    assert ready.state.submitted_at is None


def test_what_is_not_ready_cannot_be_submitted(ready):
    services.set_audience(campaign=ready, include=[])
    with pytest.raises(NotReady):
        services.submit_campaign(campaign=ready, now=NOW)
    assert CampaignState.objects.get(campaign=ready).submitted_at is None


def test_each_step_stands_in_the_history_with_who_took_it(ready, django_user_model):
    boss = django_user_model.objects.create_user("boss")
    services.launch_campaign(campaign=ready, user=boss, now=NOW)
    services.pause_campaign(campaign=ready, user=boss, now=NOW)
    services.pause_campaign(campaign=ready, user=boss, now=NOW)
    services.resume_campaign(campaign=ready, user=boss, now=NOW)
    services.cancel_campaign(campaign=ready, user=boss, now=NOW)
    entries = ModelLogEntry.objects.for_instance(ready).order_by("pk")
    assert [(entry.action, entry.user) for entry in entries] == [
        ("wagtail_marketing.launch_campaign", boss),
        ("wagtail_marketing.pause_campaign", boss),
        ("wagtail_marketing.resume_campaign", boss),
        ("wagtail_marketing.cancel_campaign", boss),
    ]
    assert all(log_registry.action_exists(entry.action) for entry in entries)


def test_a_launched_campaign_keeps_what_people_received(ready, segment, template):
    services.launch_campaign(campaign=ready, now=NOW)
    for change in (
        lambda: services.set_audience(campaign=ready, include=[segment("other")]),
        lambda: services.set_messages(campaign=ready, templates=[template()]),
        lambda: services.update_campaign(campaign=ready, utm_source="other"),
        lambda: services.delete_campaign(campaign=ready),
    ):
        with pytest.raises(NotEditable):
            change()
    services.update_campaign(campaign=ready, name="Renamed", notes="late", budget="100")
    services.add_cost(campaign=ready, amount="3.50")
    fresh = Campaign.objects.get(pk=ready.pk)
    assert (fresh.name, fresh.utm_source, fresh.budget_minor) == ("Renamed", "shop", 10000)
    assert sum(cost.amount_minor for cost in fresh.costs.all()) == 2850


def test_a_copy_is_a_draft_with_the_same_audience_and_content(ready):
    services.launch_campaign(campaign=ready, now=NOW)
    copy = services.clone_campaign(campaign=ready)
    assert (copy.name, status(copy), copy.costs.count()) == ("Copy of Spring specials", Status.DRAFT, 0)
    assert selectors.sides(copy) == selectors.sides(ready)
    assert [m.template_id for m in copy.messages.all()] == [m.template_id for m in ready.messages.all()]
    assert [m.send_id for m in copy.messages.all()] == [None]
