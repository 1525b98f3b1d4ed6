"""The protocol of the outbox, over a channel that is not e-mail."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from wagtail_marketing.contacts.models import ConsentChoice, Contact, Strength, Suppression
from wagtail_marketing.contacts.services import create_contact, record_consent, suppress, unsubscribe
from wagtail_marketing.core import tasks
from wagtail_marketing.messaging import registry
from wagtail_marketing.messaging.backends.base import Outcome, Result
from wagtail_marketing.messaging.errors import InvalidTransition, SendBlocked, UnknownChannel
from wagtail_marketing.messaging.models import Message, Send, SendBatch
from wagtail_marketing.messaging.selectors import reasons, recipients, send_counts
from wagtail_marketing.messaging.services import (
    cancel,
    create_send,
    delivery,
    launch,
    lifecycle,
    outcomes,
    pause,
    resume,
)
from wagtail_marketing.testing.memory_channel import MemoryChannel, MemoryTransport

pytestmark = pytest.mark.django_db

TEMPLATE = SimpleNamespace(
    text="Hello {name}", site=None, message_class="marketing", topic_id=None, pk=None, __str__=lambda self: "x"
)


@pytest.fixture
def channel(settings):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SEND_BATCH_SIZE": 4, "SEND_IN_FLIGHT": 2}
    found = MemoryChannel()
    registry.channels.register("sms", found)
    yield found
    registry.channels.unregister("sms")


@pytest.fixture
def people(db):
    def make(count, *, consent=True):
        found = []
        for index in range(count):
            contact = create_contact(source="test", phone=f"+4930123{index:04d}", first_name=f"P{index}")
            if consent:
                record_consent(
                    contact=contact,
                    channel="sms",
                    state=ConsentChoice.SUBSCRIBED,
                    strength=Strength.STRONG,
                    source="form",
                )
            found.append(contact)
        return found

    return make


def make_send(**values):
    template = SimpleNamespace(**{**vars(TEMPLATE), **values.pop("template", {})})
    return create_send(
        template=template, audience=Contact.objects.all(), channel="sms", source_ref="test:1", name="Texts", **values
    )


def sums(send):
    counts = send_counts(send).as_dict()
    audience = counts.pop("audience")
    assert audience == sum(counts.values())
    return {state: count for state, count in counts.items() if count}


def test_the_outbox_sends_what_is_not_e_mail(channel, people):
    people(10)
    send = make_send()
    assert [(batch.size, batch.state) for batch in send.batches.order_by("id")] == [
        (4, "open"),
        (4, "open"),
        (2, "open"),
    ]
    assert sums(send) == {"pending": 10}
    launch(send)
    tasks.drain_until_idle()
    send.refresh_from_db()
    assert send.state == "done"
    assert sums(send) == {"sent": 10}
    assert [text for _address, text in channel.delivered] == [f"Hello P{index}" for index in range(10)]
    assert set(send.batches.values_list("state", flat=True)) == {"done"}


def test_consent_and_suppression_are_judged_at_the_second_of_sending(channel, people):
    stays, leaves, suppressed, erased, moved, never = people(6)
    record_consent(contact=never, channel="sms", state="unsubscribed", strength=Strength.STRONG, source="form")
    send = make_send()
    unsubscribe(contact=leaves, channel="sms")
    suppress(channel="sms", address=suppressed.phone, reason="complaint")
    Contact.objects.filter(pk=moved.pk).update(phone_e164="+49301239999")
    Message.objects.filter(contact=erased).update(contact=None)
    launch(send)
    tasks.drain_until_idle()
    assert sums(send) == {"sent": 1, "suppressed": 5}
    assert reasons(send, "suppressed") == [
        ("unsubscribed", 2),
        ("address_changed", 1),
        ("erased", 1),
        ("suppressed", 1),
    ]
    assert [address for address, _text in channel.delivered] == [stays.phone_e164]


def test_transactional_messages_need_no_consent_but_respect_suppression(channel, people):
    fine, complained = people(2, consent=False)
    suppress(channel="sms", address=complained.phone, reason="complaint")
    send = make_send(template={"message_class": "transactional"})
    launch(send)
    tasks.drain_until_idle()
    assert sums(send) == {"sent": 1, "suppressed": 1}
    assert [address for address, _text in channel.delivered] == [fine.phone_e164]


def test_a_draft_sends_nothing_and_launching_twice_starts_once(channel, people):
    people(2)
    send = make_send()
    tasks.drain_until_idle()
    assert channel.delivered == []
    launch(send)
    launch(send)
    tasks.drain_until_idle()
    assert len(channel.delivered) == 2
    with pytest.raises(InvalidTransition):
        launch(send)


def test_an_empty_audience_cannot_start(channel):
    send = make_send()
    with pytest.raises(SendBlocked) as caught:
        launch(send)
    assert caught.value.reasons == ["Nobody in the audience has an address for this channel."]
    send.refresh_from_db()
    assert send.state == "draft"


def test_an_unknown_channel_is_refused(db):
    with pytest.raises(UnknownChannel):
        create_send(template=TEMPLATE, audience=Contact.objects.all(), channel="pigeon", source_ref="test:1")
    assert Send.objects.count() == 0


def test_pause_resume_and_cancel_at_any_moment(channel, people, settings):
    people(6)
    send = make_send()
    launch(send)
    batch = delivery.claim("w")
    group = delivery.intend(batch, "w", 2)
    assert sums(send) == {"sending": 2, "claimed": 2, "pending": 2}
    pause(send, reason="Wrong price")
    pause(send)
    # What is on its way arrives; nothing more begins.
    delivery.settle(send, [(message, Outcome(Result.SENT)) for message, _contact in group])
    assert delivery.intend(batch, "w", 2) == []
    delivery.release(batch, "w")
    assert tasks.drain_until_idle()["messaging"] == 0
    assert sums(send) == {"sent": 2, "pending": 4}
    send.refresh_from_db()
    assert (send.state, send.reason) == ("paused", "Wrong price")
    resume(send)
    batch = delivery.claim("w")
    assert len(delivery.intend(batch, "w", 1)) == 1
    cancel(send, reason="No")
    cancel(send)
    assert sums(send) == {"sent": 2, "sending": 1, "cancelled": 3}
    with pytest.raises(InvalidTransition):
        resume(send)


def test_a_retry_that_comes_back_to_a_cancelled_send_is_cancelled(channel, people):
    people(1)
    send = make_send()
    launch(send)
    batch = delivery.claim("w")
    group = delivery.intend(batch, "w", 2)
    cancel(send)
    delivery.settle(send, [(message, Outcome(Result.RETRY)) for message, _contact in group])
    assert sums(send) == {"cancelled": 1}


def test_a_batch_has_one_holder(channel, people):
    people(4)
    launch(make_send())
    first = delivery.claim("one")
    assert delivery.claim("two") is None
    assert delivery.intend(first, "two", 2) == []
    assert len(delivery.intend(first, "one", 2)) == 2


def test_the_reaper_frees_what_a_dead_worker_held_and_calls_what_was_on_its_way_unknown(channel, people):
    people(4)
    send = make_send()
    launch(send)
    batch = delivery.claim("dead")
    group = delivery.intend(batch, "dead", 2)
    assert delivery.reap() == 0
    SendBatch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert delivery.reap() == 1
    assert sums(send) == {"unknown": 2, "pending": 2}
    # The worker was only slow: it may do nothing more, and what it knows is still worth having.
    assert delivery.intend(batch, "dead", 2) == []
    delivery.settle(send, [(group[0][0], Outcome(Result.SENT)), (group[1][0], Outcome(Result.FAILED))])
    assert sums(send) == {"sent": 1, "unknown": 1, "pending": 2}
    tasks.drain_until_idle()
    assert sums(send) == {"sent": 3, "unknown": 1}
    assert len(channel.delivered) == 2


def test_transactional_messages_of_a_dead_worker_go_again_three_times_at_most(channel, people):
    people(1)
    send = make_send(template={"message_class": "transactional"})
    launch(send)
    for attempt in (1, 2, 3):
        batch = delivery.claim("dead")
        ((message, _contact),) = delivery.intend(batch, "dead", 2)
        assert message.attempt == attempt
        SendBatch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        delivery.reap()
    assert sums(send) == {"unknown": 1}


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Outcome(Result.FAILED, "refused", "550 no\x00 such\nuser"), "failed", "refused"),
        (Outcome(Result.UNKNOWN, "reply-lost"), "unknown", "reply-lost"),
        (Outcome(Result.RETRY, "deferred"), "pending", "deferred"),
    ],
)
def test_one_bad_recipient_fails_alone(channel, people, outcome, state, reason):
    bad, *_others = people(3)
    channel.script[bad.phone_e164] = outcome
    send = make_send()
    launch(send)
    tasks.drain_until_idle()
    message = Message.objects.get(contact=bad)
    assert (message.state, message.reason, message.attempt) == (state, reason, 1)
    assert message.detail.isprintable()
    assert sums(send) == {"sent": 2, state: 1}
    send.refresh_from_db()
    assert send.state == ("running" if state == "pending" else "done")


def test_a_deferred_message_waits_is_tried_again_and_gives_up_at_last(channel, people):
    (contact,) = people(1)
    channel.script[contact.phone_e164] = Outcome(Result.RETRY, "deferred", "451 later")
    send = make_send()
    launch(send)
    for attempt in range(1, outcomes.MAX_ATTEMPTS + 1):
        assert tasks.drain_until_idle()["messaging"] > 0
        message = Message.objects.get()
        assert message.attempt == attempt
        if attempt < outcomes.MAX_ATTEMPTS:
            wait = (message.available_at - message.settled_at).total_seconds()
            expected = min(60 * 2 ** (attempt - 1), 4 * 3600)
            assert 0.75 * expected <= wait <= 1.25 * expected
            assert tasks.drain_until_idle()["messaging"] == 0
            Message.objects.update(available_at=timezone.now() - timedelta(seconds=1))
            SendBatch.objects.update(available_at=timezone.now() - timedelta(seconds=1))
    assert (message.state, message.reason) == ("failed", "gave_up")
    send.refresh_from_db()
    assert send.state == "done"


def test_a_fault_of_ours_pauses_the_send_and_blames_nobody(channel, people):
    first, *_others = people(3)
    channel.script[first.phone_e164] = Outcome(Result.MISCONFIGURED, "misconfigured", "535 who are you?")
    send = make_send()
    launch(send)
    tasks.drain_until_idle()
    send.refresh_from_db()
    assert (send.state, send.reason) == ("paused", "535 who are you?")
    assert sums(send) == {"pending": 3}
    assert set(Message.objects.values_list("attempt", flat=True)) == {0}
    channel.script.clear()
    SendBatch.objects.update(available_at=None)
    resume(send)
    tasks.drain_until_idle()
    assert sums(send) == {"sent": 3}


def test_a_channel_that_breaks_pauses_the_send(channel, people, monkeypatch, caplog):
    people(3)
    monkeypatch.setattr(channel, "prepare", lambda send, pairs: 1 / 0)
    send = make_send()
    launch(send)
    tasks.drain_until_idle()
    send.refresh_from_db()
    assert (send.state, send.reason) == ("paused", "The program failed; see the log.")
    assert sums(send) == {"pending": 3}
    assert "ZeroDivisionError" in caplog.text


def test_a_transport_that_breaks_leaves_one_unknown_and_the_rest_waiting(channel, people, settings, caplog):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SEND_IN_FLIGHT": 4}
    people(4)
    send = make_send()

    class Breaking(MemoryTransport):
        def deliver(self, prepared):
            yield prepared[0], Outcome(Result.SENT)
            raise RuntimeError("broken")

    channel.open = lambda send: Breaking(channel)
    launch(send)
    tasks.drain_until_idle()
    assert sums(send) == {"sent": 1, "unknown": 1, "pending": 2}
    send.refresh_from_db()
    assert send.state == "paused"
    assert "broken" in caplog.text


def test_a_channel_that_cannot_be_opened_pauses_the_send(channel, people, caplog):
    people(1)
    channel.open = lambda send: 1 / 0
    send = make_send()
    launch(send)
    tasks.drain_until_idle()
    send.refresh_from_db()
    assert (send.state, send.reason) == ("paused", "The program failed; see the log.")
    assert sums(send) == {"pending": 1}


def test_a_scheduled_send_starts_at_its_time_and_a_late_one_is_missed(channel, people):
    people(1)
    now = timezone.now()
    soon = make_send(scheduled_at=now + timedelta(hours=1))
    launch(soon)
    assert soon.state == "scheduled"
    tasks.drain_until_idle()
    assert channel.delivered == []
    assert lifecycle.start_due(now + timedelta(hours=1)) == 1
    assert lifecycle.start_due(now + timedelta(hours=1)) == 0
    soon.refresh_from_db()
    assert soon.state == "running"

    late = make_send(scheduled_at=now + timedelta(hours=1), expires_after=timedelta(hours=2))
    launch(late)
    assert lifecycle.start_due(now + timedelta(hours=4)) == 1
    late.refresh_from_db()
    assert (late.state, late.reason) == ("cancelled", "missed")
    assert sums(late) == {"cancelled": 1}


def test_numbers_open_the_list_behind_them(channel, people):
    people(3)
    send = make_send()
    assert list(recipients(send, state="pending")) == list(send.messages.all())
    assert list(recipients(send, state="sent")) == []
    assert list(recipients(send, event="click")) == []


def test_freezing_takes_a_fixed_number_of_statements(channel, people, django_assert_num_queries):
    people(2)
    audience = Contact.objects.all()
    template = SimpleNamespace(**vars(TEMPLATE))
    with django_assert_num_queries(8):
        create_send(template=template, audience=audience, channel="sms", source_ref="test:1", name="a")
    people(0)
    for index in range(20):
        create_contact(source="test", phone=f"+493099{index:04d}")
    with django_assert_num_queries(8):
        send = create_send(template=template, audience=audience, channel="sms", source_ref="test:1", name="b")
    assert send.audience_count == 22
    assert connection.vendor in ("sqlite", "postgresql")
    assert Suppression.objects.count() == 0
