"""Signing up: what the request does, what the worker does, what the link does."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_marketing.contacts import selectors, services
from wagtail_marketing.contacts.models import (
    ConfirmationSent,
    ConsentEvidence,
    ConsentState,
    Contact,
    SignUp,
    Strength,
    Topic,
)
from wagtail_marketing.contacts.registry import confirmation_senders
from wagtail_marketing.contacts.services import opt_in
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import DomainError, InvalidInput, NotConfigured

pytestmark = pytest.mark.django_db
TEXT = "Yes, send me news."


@pytest.fixture
def weekly():
    return Topic.objects.create(name="Weekly", slug="weekly")


def ask(address="ann@example.com", **options) -> SignUp | None:
    return services.sign_up(address=address, **{"text": TEXT} | options)


def work() -> int:
    return opt_in.drain(clock.now() + timedelta(seconds=30))


def states(contact) -> dict[str | None, str]:
    found = ConsentState.objects.filter(contact=contact).select_related("topic")
    return {row.topic.slug if row.topic else None: row.state for row in found}


def test_asking_alone_gives_no_consent_and_the_link_does(asked, weekly):
    ask("Ann@Example.com", topics=[weekly], first_name="Ann", ip="192.0.2.1", language="de")
    assert not Contact.objects.exists()
    work()
    ann = Contact.objects.get()
    assert (ann.email, ann.first_name, ann.language, ann.source) == ("ann@example.com", "Ann", "de", "sign-up")
    assert states(ann) == {None: "pending", "weekly": "pending"}
    assert [row.contact for row in asked] == [ann]
    assert not selectors.deliverable("email").exists()

    assert services.confirm(sign_up=asked[0], ip="192.0.2.2")
    assert states(ann) == {None: "subscribed", "weekly": "subscribed"}
    assert list(selectors.deliverable("email", weekly)) == [ann]
    row = ConsentState.objects.get(contact=ann, topic=None)
    assert (row.strength, row.source) == (Strength.STRONG, "form")
    proof = ConsentEvidence.objects.filter(event__state="subscribed", event__topic=None).get()
    assert (proof.text, proof.ip, proof.address) == (TEXT, "192.0.2.2", "ann@example.com")
    assert proof.detail["sign_up"] == str(asked[0].uuid)
    assert proof.detail["asked_ip"] == "192.0.2.1"


def test_the_request_does_the_same_for_everybody(asked, weekly):
    """Known, unknown, subscribed, gone and suppressed: the same statements, and no look at a contact."""
    for number, state in enumerate(("subscribed", "unsubscribed")):
        one = services.create_contact(source="api", email=f"p{number}@example.com")
        services.record_consent(contact=one, channel="email", state=state, strength=Strength.STRONG, source="form")
    services.suppress(channel="email", address="p2@example.com", reason="complaint")
    seen = set()
    for address in ("p0@example.com", "p1@example.com", "p2@example.com", "new@example.com"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert ask(address, topics=[weekly]) is not None
        seen.add(tuple(query["sql"].split("WHERE")[0].split("VALUES")[0] for query in queries))
    assert len(seen) == 1
    assert not any("contacts_contact" in sql or "suppression" in sql for statements in seen for sql in statements)
    work()
    assert sorted(row.address for row in asked) == sorted(
        ["p0@example.com", "p1@example.com", "p2@example.com", "new@example.com"]
    )


def test_an_address_is_asked_once_a_day_however_often_it_is_entered(asked):
    for _time in range(3):
        ask()
        work()
    ask(" ANN@example.com")
    work()
    assert len(asked) == 1
    ConfirmationSent.objects.update(sent_at=clock.now() - timedelta(hours=25))
    ask()
    work()
    assert len(asked) == 2


def test_without_the_day_each_asking_would_be_a_mail(asked, monkeypatch):
    monkeypatch.setattr(opt_in, "claim_question", lambda *args: True)
    for _time in range(3):
        ask()
        work()
    assert len(asked) == 3


def test_the_first_question_confirms_what_was_asked_for_since(asked, weekly):
    ask()
    work()
    ask(topics=[weekly], text="And the weekly one.")
    work()
    assert len(asked) == 1
    services.confirm(sign_up=asked[0])
    assert states(Contact.objects.get()) == {None: "subscribed", "weekly": "subscribed"}
    assert set(ConsentEvidence.objects.filter(event__state="subscribed").values_list("text", flat=True)) == {
        TEXT,
        "And the weekly one.",
    }
    assert not SignUp.objects.filter(confirmed_at=None).exists()


def test_who_asks_for_more_after_confirming_is_asked_the_next_day(asked, weekly):
    ask()
    work()
    services.confirm(sign_up=asked[0])
    ask(topics=[weekly])
    work()
    row = SignUp.objects.get(confirmed_at=None)
    assert (len(asked), row.asked_at) == (1, None)
    assert row.available_at > clock.now() + timedelta(hours=23)


def test_more_than_ten_a_day_of_one_address_are_not_kept(asked):
    rows = [ask() for _time in range(12)]
    assert [row is None for row in rows] == [False] * 10 + [True] * 2
    assert SignUp.objects.count() == 10


def test_who_left_gets_the_question_only_and_comes_back_by_the_link_alone(asked):
    ann = services.create_contact(source="api", email="ann@example.com")
    services.unsubscribe(contact=ann, channel="email")
    ask(source="api")
    work()
    assert states(ann) == {None: "unsubscribed"}
    assert len(asked) == 1
    assert services.confirm(sign_up=asked[0])
    assert states(ann) == {None: "subscribed"}


def test_a_link_that_was_used_brings_nobody_back(asked):
    ask()
    work()
    assert services.confirm(sign_up=asked[0])
    ann = Contact.objects.get()
    services.unsubscribe(contact=ann, channel="email")
    assert not services.confirm(sign_up=asked[0])
    assert states(ann) == {None: "unsubscribed"}


def test_the_link_runs_out_and_the_sign_up_with_it(asked):
    ask()
    work()
    late = clock.now() + timedelta(days=31)
    assert not services.confirm(sign_up=asked[0], now=late)
    assert states(Contact.objects.get()) == {None: "pending"}
    assert opt_in.forget_old(now=late) == 1
    assert not SignUp.objects.exists()


def test_the_link_is_worth_nothing_after_the_address_changed(asked):
    ask()
    work()
    ann = Contact.objects.get()
    services.update_contact(contact=ann, email="new@example.com")
    assert not services.confirm(sign_up=asked[0])
    assert not selectors.deliverable("email").exists()


def test_topics_that_were_offered_and_not_chosen_are_not_sent(asked, weekly):
    other = Topic.objects.create(name="Recipes", slug="recipes")
    ask(topics=[weekly], offered=[weekly, other])
    work()
    services.confirm(sign_up=asked[0])
    ann = Contact.objects.get()
    assert states(ann) == {None: "subscribed", "weekly": "subscribed", "recipes": "unsubscribed"}


def test_a_form_takes_nothing_away_from_who_is_subscribed(asked, weekly):
    other = Topic.objects.create(name="Recipes", slug="recipes")
    ann = services.create_contact(source="api", email="ann@example.com")
    services.record_consent(contact=ann, channel="email", state="subscribed", strength=Strength.STRONG, source="form")
    ask(topics=[weekly], offered=[weekly, other])
    work()
    services.confirm(sign_up=asked[0])
    assert states(ann) == {None: "subscribed", "weekly": "subscribed"}


def test_a_topic_without_confirmation_counts_at_once_but_weakly_and_brings_nobody_back(asked, weekly):
    Topic.objects.filter(pk=weekly.pk).update(double_opt_in=False)
    weekly.refresh_from_db()
    gone = services.create_contact(source="api", email="gone@example.com")
    services.unsubscribe(contact=gone, channel="email")
    ask(topics=[weekly])
    ask("gone@example.com", topics=[weekly])
    work()
    ann = Contact.objects.get(email="ann@example.com")
    assert states(ann) == {None: "subscribed", "weekly": "subscribed"}
    assert ConsentState.objects.get(contact=ann, topic=None).strength == Strength.WEAK
    assert states(gone) == {None: "unsubscribed"}
    assert [row.address for row in asked] == ["gone@example.com"]


def test_a_sender_that_is_not_ready_is_asked_again_and_nothing_is_lost(asked):
    ready = []

    def send(rows):
        if not ready:
            raise DomainError("No sender address.")
        asked.extend(rows)

    confirmation_senders.unregister("email")
    confirmation_senders.register("email", type(confirmation_senders["sms"])("email", send))
    ask()
    work()
    assert (asked, ConfirmationSent.objects.count()) == ([], 0)
    SignUp.objects.update(available_at=None)
    ready.append(True)
    work()
    assert [row.address for row in asked] == ["ann@example.com"]


def test_one_that_cannot_be_worked_on_stops_no_other(asked, monkeypatch):
    take = opt_in._take

    def poisoned(row):
        if row.address.startswith("bad"):
            raise ValueError("x")
        return take(row)

    monkeypatch.setattr(opt_in, "_take", poisoned)
    ask("bad@example.com")
    ask()
    work()
    assert [row.address for row in asked] == ["ann@example.com"]
    assert not SignUp.objects.filter(taken_at=None).exists()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"address": "ann"}, "email"),
        ({"address": "ann@x\n.example"}, "email"),
        ({"address": "a" * 250 + "@x.example"}, "email"),
        ({"address": "020 7946 0000", "channel": "sms"}, "phone"),
        ({"text": "  "}, "text"),
        ({"channel": "pigeon"}, "channel"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(asked, options, field):
    with pytest.raises(InvalidInput) as error:
        ask(**options)
    assert error.value.field == field
    assert not SignUp.objects.exists()


def test_a_topic_that_is_out_of_use_or_not_public_cannot_be_signed_up_for(asked, weekly):
    for change in ({"is_active": False}, {"is_public": False}):
        Topic.objects.filter(pk=weekly.pk).update(**{"is_active": True, "is_public": True} | change)
        weekly.refresh_from_db()
        with pytest.raises(InvalidInput):
            ask(topics=[weekly])
    assert not SignUp.objects.exists()


def test_without_a_sender_nobody_can_sign_up(asked):
    confirmation_senders.unregister("sms")
    with pytest.raises(NotConfigured):
        ask("+442079460000", channel="sms")


def test_a_phone_number_is_read_in_its_country(asked):
    ask("020 7946 0000", channel="sms", region="GB")
    work()
    contact = Contact.objects.get()
    assert (contact.phone_e164, contact.email) == ("+442079460000", "")
    services.confirm(sign_up=asked[0])
    assert list(selectors.deliverable("sms")) == [contact]


def test_a_person_is_exported_and_erased_with_their_sign_ups(asked):
    ask(first_name="Canary", origin="/canary/")
    work()
    ask(first_name="Canary")
    ann = Contact.objects.get()
    services.save_preferences(contact=ann, time_zone="Europe/Berlin")
    told = services.export_person(contact=ann)["preferences"]
    assert [found["first_name"] for found in told["sign_ups"]] == ["Canary", "Canary"]
    assert told["time_zone"] == "Europe/Berlin"
    services.erase_person(contact=ann)
    assert not SignUp.objects.exists()
    assert not hasattr(Contact.objects.get(), "preference")
