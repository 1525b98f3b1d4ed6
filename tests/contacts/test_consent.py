"""Consent: the ledger, its fold, and who may be written to."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from wagtail_marketing.contacts import selectors, services
from wagtail_marketing.contacts.models import (
    Channel,
    ConsentChoice,
    ConsentEvent,
    ConsentEvidence,
    ConsentState,
    Contact,
    Strength,
    Suppression,
    Topic,
)
from wagtail_marketing.core.errors import InvalidInput

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def person(email="ann@example.com", **fields) -> Contact:
    return services.create_contact(source="api", email=email, **fields)


def agree(contact, channel="email", strength=Strength.WEAK, **options):
    options = {"state": ConsentChoice.SUBSCRIBED, "source": "form", "occurred_at": NOW} | options
    return services.record_consent(contact=contact, channel=channel, strength=strength, **options)


def test_the_first_evidence_is_written_with_its_proof_beside_it():
    ann = person()
    outcome = agree(ann, strength=Strength.STRONG, evidence=services.Evidence(text="Yes, write to me", ip="192.0.2.1"))
    assert (outcome.applied, outcome.state, outcome.reason) == (True, "subscribed", "given")
    event = ConsentEvent.objects.get()
    assert (event.contact_uuid, event.state, event.source) == (ann.uuid, "subscribed", "form")
    assert event.address_hash == ann.email_hash
    proof = ConsentEvidence.objects.get(event=event)
    assert (proof.text, proof.ip, proof.address) == ("Yes, write to me", "192.0.2.1", "ann@example.com")
    assert list(selectors.deliverable("email")) == [ann]


def test_unsubscribing_twice_writes_once_and_an_import_does_not_undo_it():
    ann = person()
    agree(ann)
    assert services.unsubscribe(contact=ann, channel="email").applied
    assert services.unsubscribe(contact=ann, channel="email").reason == "known"
    back = agree(ann, source="import", occurred_at=NOW + timedelta(days=900))
    assert (back.applied, back.state, back.reason) == (False, "unsubscribed", "left")
    assert ConsentEvent.objects.count() == 2
    assert ConsentState.objects.get().state == "unsubscribed"
    assert not selectors.deliverable("email").exists()


def test_leaving_counts_for_everybody_with_the_same_address():
    ann, twin = person(), person("ANN@example.com ")
    agree(ann), agree(twin)
    services.unsubscribe(contact=twin, channel="email")
    assert not selectors.deliverable("email").exists()
    late = person()
    assert agree(late).reason == "left"
    assert not selectors.deliverable("email").exists()


def test_a_topic_left_keeps_the_channel_and_a_channel_left_beats_topics():
    weekly, other = (Topic.objects.create(name=name, slug=name) for name in ("weekly", "other"))
    ann = person()
    agree(ann)
    services.unsubscribe(contact=ann, channel="email", topic=weekly)
    assert not selectors.deliverable("email", weekly).exists()
    assert list(selectors.deliverable("email", other)) == [ann]
    agree(ann, topic=other, strength=Strength.STRONG)
    services.unsubscribe(contact=ann, channel="email")
    assert not selectors.deliverable("email", other).exists()
    assert agree(ann, topic=weekly).reason == "left"


def test_consent_holds_for_the_address_it_was_given_for():
    ann = person()
    agree(ann)
    services.update_contact(contact=ann, email="new@example.com")
    assert not selectors.deliverable("email").exists()
    assert agree(ann).reason == "filled"
    assert [row.email for row in selectors.deliverable("email")] == ["new@example.com"]


def test_a_suppressed_address_is_not_written_to_whoever_has_it():
    ann = person()
    agree(ann)
    assert services.suppress(channel="email", address=" ANN@Example.com", reason="bounce").reason == "bounce"
    assert services.suppress(channel="email", address="ann@example.com", reason="complaint").reason == "bounce"
    assert services.suppress(channel="email", address="nobody", reason="bounce") is None
    assert Suppression.objects.count() == 1
    assert selectors.is_suppressed(channel="email", address="ann@example.com")
    assert not selectors.deliverable("email").exists()


@pytest.mark.parametrize("values", [{"state": "maybe"}, {"channel": "pigeon"}])
def test_nonsense_is_refused_and_nothing_is_written(values):
    ann = person()
    with pytest.raises(InvalidInput):
        agree(ann, **values)
    assert not ConsentEvent.objects.exists()


def test_reach_tells_why_and_adds_up(django_assert_num_queries):
    weekly = Topic.objects.create(name="weekly", slug="weekly")
    people = [person(f"p{number}@example.com") for number in range(8)]
    services.create_contact(source="api", phone="+4930123456")
    people.append(person("p0@example.com"))
    for contact in people[:6]:
        agree(contact)
    agree(people[8])
    services.unsubscribe(contact=people[1], channel="email")
    services.unsubscribe(contact=people[2], channel="email", topic=weekly)
    services.suppress(channel="email", address="p3@example.com", reason="manual")
    services.record_consent(contact=people[6], channel="email", state="pending", strength=Strength.WEAK, source="api")
    with django_assert_num_queries(1):
        found = selectors.reach(Contact.objects.all(), "email", weekly)
    assert found == selectors.Reach(
        total=10, reachable=3, no_address=1, never=1, pending=1, unsubscribed=2, suppressed=1, duplicates=1
    )
    firsts = selectors.first_of_address(selectors.deliverable("email", weekly), "email")
    assert list(firsts.order_by("pk")) == [people[0], people[4], people[5]]


def test_standing_of_one_contact(django_assert_num_queries):
    ann = person(phone="+4930123456")
    agree(ann)
    with django_assert_num_queries(2):
        email, sms = selectors.standing(ann)
    assert (email.channel, email.state, email.deliverable, email.address) == (
        Channel.EMAIL,
        "subscribed",
        True,
        "ann@example.com",
    )
    assert (sms.channel, sms.state, sms.deliverable, sms.address) == (Channel.SMS, "never", False, "+4930123456")


def test_the_condition_serves_other_tables_too():
    ann = person()
    agree(ann)
    states = ConsentState.objects.filter(selectors.deliverable_q("email", contact="contact"))
    assert states.count() == 1


def test_find_contact_by_key_then_address_then_phone():
    ann = person(external_key="c-1", phone="+4930123456")
    twin = person()
    assert selectors.find_contact_for(key="c-1") == ann
    assert selectors.find_contact_for(key="c-2", email="Ann@Example.com") == ann
    assert selectors.find_contact_for(phone="+49 30 123456") == ann
    assert selectors.find_contact_for(email="nobody@example.com") is None
    assert twin.pk > ann.pk


class TestLedger:
    def refused(self, statement: str) -> None:
        from django.db import DatabaseError, transaction

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    @pytest.fixture
    def table(self):
        agree(person())
        return ConsentEvent._meta.db_table

    def test_no_entry_is_changed(self, table):
        self.refused(f"UPDATE {table} SET state = 'unsubscribed'")  # noqa: S608
        assert ConsentEvent.objects.get().state == "subscribed"

    def test_no_entry_is_deleted(self, table):
        self.refused(f"DELETE FROM {table}")  # noqa: S608
        if connection.vendor == "postgresql":
            self.refused(f"TRUNCATE {table} CASCADE")
        assert ConsentEvent.objects.count() == 1

    def test_without_the_triggers_it_would_be(self, table):
        from wagtail_marketing.contacts import ledger

        with ledger.lifted():
            assert ConsentEvent.objects.all().update(state="unsubscribed") == 1
        self.refused(f"DELETE FROM {table}")  # noqa: S608
