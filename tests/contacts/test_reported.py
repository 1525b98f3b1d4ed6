"""Weak evidence and suppressions in bulk: a fixed number of statements, and the same verdicts as one by one."""

from datetime import UTC, datetime, timedelta

import pytest

from wagtail_marketing.contacts import selectors, services
from wagtail_marketing.contacts.models import (
    ConsentEvent,
    ConsentEvidence,
    ConsentState,
    Contact,
    Strength,
    Suppression,
    Topic,
)
from wagtail_marketing.contacts.services import Report
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.core.identity import address_hash

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=700)


def person(email="ann@example.com", **fields) -> Contact:
    return services.create_contact(source="import", email=email, **fields)


def test_a_file_of_reports_is_judged_line_by_line_and_keeps_its_dates():
    weekly = Topic.objects.create(name="Weekly", slug="weekly")
    fresh, left, own, gone = person("a@x.example"), person("b@x.example"), person("c@x.example"), person("d@x.example")
    services.unsubscribe(contact=left, channel="email")
    services.record_consent(
        contact=own, channel="email", state="subscribed", strength=Strength.STRONG, source="form", occurred_at=NOW
    )
    outcome = services.record_consents(
        channel="email",
        source="import",
        now=NOW,
        reports=[
            Report(fresh.pk, "subscribed", LONG_AGO, text="Yes, news"),
            Report(fresh.pk, "subscribed", LONG_AGO, topic_id=weekly.pk),
            Report(fresh.pk, "subscribed", LONG_AGO),
            Report(left.pk, "subscribed", NOW),
            Report(left.pk, "subscribed", NOW, topic_id=weekly.pk),
            Report(own.pk, "subscribed", NOW),
            Report(own.pk, "unsubscribed", LONG_AGO),
            Report(gone.pk, "unsubscribed", LONG_AGO),
            Report(gone.pk, "subscribed", NOW),
            Report(0, "subscribed", NOW),
        ],
    )
    assert outcome == services.ReportOutcome(applied=3, left=3, known=2, older=1, gone=1)
    assert list(selectors.deliverable("email").order_by("pk")) == [fresh, own]
    row = ConsentState.objects.get(contact=fresh, topic=None)
    assert (row.changed_at, row.strength, row.source) == (LONG_AGO, Strength.WEAK, "import")
    assert ConsentEvidence.objects.get().text == "Yes, news"
    assert ConsentEvent.objects.filter(source="import").count() == 3


def test_the_number_of_statements_does_not_grow_with_the_file(django_assert_max_num_queries):
    people = [person(f"p{number}@x.example") for number in range(60)]
    with django_assert_max_num_queries(10):
        outcome = services.record_consents(
            channel="email", source="import", reports=[Report(one.pk, "subscribed", NOW) for one in people]
        )
    assert outcome.applied == 60


def test_of_two_contacts_with_one_address_a_report_of_leaving_counts_for_the_next_lines():
    first, second = person(), person()
    outcome = services.record_consents(
        channel="email",
        source="import",
        reports=[Report(first.pk, "unsubscribed", LONG_AGO), Report(second.pk, "subscribed", NOW)],
    )
    assert (outcome.applied, outcome.left) == (1, 1)
    assert not selectors.deliverable("email").exists()


def test_nonsense_is_refused_and_nothing_is_written():
    with pytest.raises(InvalidInput):
        services.record_consents(channel="email", source="import", reports=[Report(person().pk, "maybe", NOW)])
    with pytest.raises(InvalidInput):
        services.record_consents(channel="pigeon", source="import", reports=[])
    assert not ConsentEvent.objects.exists()


def test_many_addresses_are_suppressed_by_a_few_statements(django_assert_max_num_queries):
    services.suppress(channel="email", address="p0@x.example", reason="complaint")
    with django_assert_max_num_queries(6):
        new = services.suppress_many(
            channel="email",
            addresses=[*(f" P{number}@X.example" for number in range(50)), "p1@x.example", "no address", ""],
            reason="bounce",
            created_at=LONG_AGO,
        )
    assert new == 49
    assert Suppression.objects.filter(reason="bounce", created_at=LONG_AGO).count() == 49
    assert Suppression.objects.get(reason="complaint").address_hash == address_hash("p0@x.example")


def test_suppressions_come_by_hash_and_with_dates_of_their_own(monkeypatch):
    monkeypatch.setattr("wagtail_marketing.contacts.services.suppression.BATCH", 2)
    since = {address_hash(f"p{number}@x.example"): LONG_AGO + timedelta(days=number) for number in range(5)}
    assert services.suppress_many(channel="email", hashes=since, reason="manual") == 5
    assert services.suppress_many(channel="email", hashes=since, reason="bounce") == 0
    assert dict(Suppression.objects.values_list("address_hash", "created_at")) == since
    assert selectors.is_suppressed(channel="email", address="p3@x.example")
    with pytest.raises(InvalidInput):
        services.suppress_many(channel="email", hashes=since, reason="mood")


def test_a_lifted_suppression_gives_no_consent():
    ann = person()
    row = services.suppress(channel="email", address=ann.email, reason="manual")
    services.lift_suppression(suppression=row)
    assert not selectors.is_suppressed(channel="email", address=ann.email)
    assert not selectors.deliverable("email").exists()
