"""What a send must have before it starts, what erasure leaves, and the counter-proofs of the guards."""

import json
import threading

import pytest
from django.core.checks import run_checks
from django.db import connection, transaction

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.contacts.services import erase_person, export_person, unsubscribe
from wagtail_marketing.core import tasks
from wagtail_marketing.messaging.errors import ContentError, SendBlocked
from wagtail_marketing.messaging.models import Message, Send
from wagtail_marketing.messaging.selectors import send_counts
from wagtail_marketing.messaging.services import create_send, delivery, intents, launch
from wagtail_marketing.models import MarketingSettings, Sender

pytestmark = pytest.mark.django_db


def make(template, **values):
    return create_send(template=template, audience=Contact.objects.all(), source_ref="campaign:1", **values)


def test_a_marketing_send_needs_a_postal_address_and_a_sender(sink, brand, person, template, settings):
    settings.DEFAULT_FROM_EMAIL = "webmaster@localhost"
    person("ada@example.com")
    MarketingSettings.objects.update(postal_address="")
    Sender.objects.all().delete()
    send = make(template())
    with pytest.raises(SendBlocked) as caught:
        launch(send)
    assert [reason.split(":")[0] for reason in caught.value.reasons] == ["No sender address", "No postal address"]
    tasks.drain_until_idle()
    assert sink.messages == []
    assert Send.objects.get().state == "draft"


def test_a_transactional_send_needs_no_postal_address_and_has_no_unsubscribe_header(sink, brand, person, template):
    MarketingSettings.objects.update(postal_address="")
    person("ada@example.com", consent=False)
    launch(make(template(message_class="transactional")))
    tasks.drain_until_idle()
    (received,) = sink.messages
    assert b"List-Unsubscribe" not in received.data
    assert b"Auto-Submitted: auto-generated" in received.data


def test_editing_the_template_after_the_freeze_changes_nothing(sink, brand, person, template):
    person("ada@example.com", first_name="Ada")
    made = template()
    send = make(made)
    made.subject = "Another subject"
    made.save()
    launch(send)
    tasks.drain_until_idle()
    assert b"Subject: News for Ada" in sink.messages[0].data


def test_a_template_with_a_mistake_is_not_frozen(brand, person, template):
    person("ada@example.com")
    with pytest.raises(ContentError):
        make(template(subject="{{ nope }}"))
    assert Send.objects.count() == Message.objects.count() == 0


def test_one_poisoned_recipient_fails_alone(sink, brand, person, template):
    good = person("ada@example.com", first_name="Ada")
    person("eve@example.com", first_name="Eve\r\nBcc: all@example.com")
    person("bad name@example.com", first_name="Bad")
    launch(make(template()))
    tasks.drain_until_idle()
    assert [received.recipients[0] for received in sink.messages] == [good.email]
    assert sorted(Message.objects.values_list("address", "state", "reason")) == [
        ("ada@example.com", "sent", ""),
        ("bad name@example.com", "failed", "content"),
        ("eve@example.com", "failed", "content"),
    ]


def test_tokens_inside_data_come_out_as_they_are(sink, brand, person, template):
    person("eve@example.com", first_name="{{ contact.email }}{% if %}")
    launch(make(template()))
    tasks.drain_until_idle()
    assert b"{{ contact.email }}{% if %}" in sink.messages[0].data.replace(b"=\r\n", b"")


def test_erasure_takes_address_and_links_and_leaves_the_sums(sink, brand, person, template):
    canary = person("canary@example.com", first_name="Canary", external_key="k")
    body = [("button", {"label": "Mine", "url": "https://shop.example/{{ contact.email }}"})]
    sent = make(template(body=body))
    launch(sent)
    tasks.drain_until_idle()
    waiting = make(template(body=body))
    exported = export_person(contact=canary)["messages"]
    assert [row["state"] for row in exported] == ["sent", "pending"]
    assert exported[0]["links"] == {"1": "https://shop.example/canary%40example.com"}
    json.dumps(exported)

    erase_person(contact=canary)
    rows = json.dumps(list(Message.objects.values("address", "urls", "detail", "reason")))
    assert "canary" not in rows
    assert send_counts(sent).sent == 1
    assert (send_counts(waiting).suppressed, send_counts(waiting).pending) == (1, 0)
    launch(waiting)
    tasks.drain_until_idle()
    assert len(sink.messages) == 1


@pytest.mark.parametrize(
    ("values", "number"),
    [
        ({"SEND_LEASE_SECONDS": 10, "SMTP_TIMEOUT_SECONDS": 10}, "wagtail_marketing_messaging.E001"),
        ({"SEND_LEASE_SECONDS": 100_000}, "wagtail_marketing_messaging.W002"),
        ({"SEND_IN_FLIGHT": 0}, "wagtail_marketing_messaging.E003"),
    ],
)
def test_the_system_check_compares_the_times(settings, values, number):
    def ids():
        return {found.id for found in run_checks()}

    assert number not in ids()
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, **values}
    assert number in ids()


def test_twin_without_the_last_look_who_left_would_be_written_to(sink, brand, person, template, monkeypatch):
    ada = person("ada@example.com", first_name="Ada")
    send = make(template())
    unsubscribe(contact=ada, channel="email")
    monkeypatch.setattr(intents, "_verdicts", lambda send, ids: dict.fromkeys(ids, ""))
    launch(send)
    tasks.drain_until_idle()
    assert len(sink.messages) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_an_unsubscribe_waits_for_the_intent_that_was_there_first(sink, brand, person, template, monkeypatch, locked):
    """While an intent is open no unsubscribe commits: none is ever older than an intent that did not see it.

    The twin, without the lock, lets it through in between.
    """
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: nothing can come in between.")
    ada = person("ada@example.com", first_name="Ada")
    send = make(template())
    launch(send)
    batch = delivery.claim("w")
    if not locked:
        monkeypatch.setattr(
            intents,
            "_locked_shared",
            lambda model, ids, **conditions: list(
                model.objects.filter(pk__in=ids, **conditions).values_list("pk", flat=True)
            ),
        )
    left = threading.Event()

    def leave():
        try:
            unsubscribe(contact=ada, channel="email")
            left.set()
        finally:
            connection.close()

    with transaction.atomic():
        assert len(delivery.intend(batch, "w", 10)) == 1
        thread = threading.Thread(target=leave)
        thread.start()
        thread.join(1)
        assert left.is_set() is not locked
    thread.join(10)
    assert left.is_set()
