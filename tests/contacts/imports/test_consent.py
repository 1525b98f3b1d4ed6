"""An import adds weak, dated evidence at most, and brings nobody back: not by any column, option or order of files."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.contacts.imports.kit import LONG_AGO, bring, counts, faults
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

AGREED = {"status": "subscribed", "agreed_by": "Form on the old site", "agreed_at": LONG_AGO}


def deliverable(channel: str = "email") -> set[str]:
    return set(selectors.deliverable(channel).values_list("email", flat=True))


@pytest.mark.django_db
def test_consent_is_added_weak_dated_and_with_its_words():
    weekly = Topic.objects.create(name="Weekly", slug="weekly")
    done = bring("email\nann@x.example\n", topic=weekly.pk, **AGREED)
    assert counts(done, "agreed") == {"agreed": 1}
    assert deliverable() == {"ann@x.example"}
    events = list(ConsentEvent.objects.values_list("topic", "state", "strength", "source", "occurred_at"))
    assert events == [(t, "subscribed", Strength.WEAK, "import", LONG_AGO) for t in (None, weekly.pk)]
    assert set(ConsentEvidence.objects.values_list("text", flat=True)) == {"Form on the old site"}


@pytest.mark.django_db
def test_without_being_told_nothing_is_said_of_consent():
    done = bring("email,newsletter date\nann@x.example,2024-01-01\n")
    assert (counts(done), ConsentEvent.objects.count(), deliverable()) == ({"rows": 1, "new": 1}, 0, set())


@pytest.mark.django_db
def test_who_left_or_is_suppressed_is_imported_and_stays_so():
    for name in ("left", "bounced", "fresh", "topic"):
        services.create_contact(source="api", email=f"{name}@x.example")
    by = {c.email.split("@")[0]: c for c in Contact.objects.all()}
    weekly = Topic.objects.create(name="Weekly", slug="weekly")
    services.unsubscribe(contact=by["left"], channel="email")
    services.unsubscribe(contact=by["topic"], channel="email", topic=weekly)
    services.suppress(channel="email", address="bounced@x.example", reason="bounce")
    file = "email,first name\n" + "".join(f"{n}@x.example,New\n" for n in by)
    done = bring(file, topic=weekly.pk, **AGREED)
    assert counts(done) == {
        "rows": 4, "updated": 4, "agreed": 2, "stayed_unsubscribed": 2, "stayed_suppressed": 1
    }  # fmt: skip
    assert deliverable() == {"fresh@x.example"}
    assert set(Contact.objects.values_list("first_name", flat=True)) == {"New"}


@pytest.mark.django_db
def test_a_new_address_does_not_get_round_a_complaint():
    ann = services.create_contact(source="api", external_key="K-1", email="ann@x.example")
    services.suppress(channel="email", address="ann@x.example", reason="complaint")
    done = bring("customer key,email\nK-1,ann+new@x.example\n", **AGREED)
    assert counts(done, "address_kept", "stayed_suppressed") == {"address_kept": 1, "stayed_suppressed": 1}
    ann.refresh_from_db()
    assert (ann.email, deliverable()) == ("ann@x.example", set())
    # A dead address may be corrected.
    bob = services.create_contact(source="api", external_key="K-2", email="bob@gmial.example")
    services.suppress(channel="email", address="bob@gmial.example", reason="bounce")
    bring("customer key,email\nK-2,bob@x.example\n", **AGREED)
    bob.refresh_from_db()
    assert (bob.email, deliverable()) == ("bob@x.example", {"bob@x.example"})


@pytest.mark.django_db
def test_columns_say_it_of_each_and_beat_the_word_for_everybody():
    done = bring(
        "email,newsletter,optin date,email suppressions\n"
        "a@x.example,yes,2021-02-03,\n"
        "b@x.example,unsubscribed,2022-02-03 10:00,\n"
        "c@x.example,never,,\n"
        'd@x.example,SUBSCRIBED,2021-02-03,"[""HARD_BOUNCE""]"\n'
        "e@x.example,yes,,USER_SUPPRESSED\n"
        "f@x.example,yes,,\n"
        "g@x.example,perhaps,,\n"
        "h@x.example,,2030-01-01,\n"
        "i@x.example,,2021-02-03,[]\n",
        status="subscribed",
        agreed_by="form",
    )
    assert counts(done) == {
        "rows": 9, "new": 7, "invalid": 2, "agreed": 2, "unsubscribed": 1, "suppressed": 2, "no_date": 1
    }  # fmt: skip
    assert faults(done) == [(8, {"1": "state"}), (9, {"2": "future"})]
    assert deliverable() == {"a@x.example", "i@x.example"}
    assert ConsentState.objects.get(state="unsubscribed").changed_at == datetime(2022, 2, 3, 15, tzinfo=UTC)
    assert dict(Suppression.objects.values_list("reason", "channel")) == {"bounce": "email", "manual": "email"}


@pytest.mark.django_db
def test_skipped_people_still_leave_but_never_agree():
    for name in ("a", "b"):
        services.create_contact(source="api", email=f"{name}@x.example")
    done = bring("email,newsletter,optin date\na@x.example,yes,2021-01-01\nb@x.example,unsubscribed,2021-01-01\n",
                 known="skip", agreed_by="form", tag="t")  # fmt: skip
    assert counts(done) == {"rows": 2, "skipped": 2, "unsubscribed": 1}
    assert Contact.tags.through.objects.count() == 0


@pytest.mark.django_db
def test_an_old_leaving_does_not_undo_a_later_own_yes():
    ann = services.create_contact(source="api", email="ann@x.example")
    services.record_consent(contact=ann, channel="email", state="subscribed", strength=Strength.STRONG, source="form")
    bring("email,newsletter,optin date\nann@x.example,unsubscribed,2021-01-01\n", agreed_by="x")
    assert deliverable() == {"ann@x.example"}


ADDRESSES = ("ann@x.example", "bob@x.example", "cat@x.example")
WRITTEN = st.sampled_from([*ADDRESSES, "ANN@X.example", "Bob@x.EXAMPLE", " ann@x.example ", ""])
ROW = st.tuples(
    st.sampled_from(["K-1", "K-2", "K-3", ""]),
    WRITTEN,
    st.sampled_from(["yes", "subscribed", "unsubscribed", "never", "", "bounce", "?"]),
    st.sampled_from(["2019-01-01", "2025-06-01", "", "soon"]),
    st.sampled_from(["", "spam complaint", "no"]),
)
OPTIONS = st.fixed_dictionaries(
    {
        "known": st.sampled_from(["update", "fill", "skip"]),
        "status": st.sampled_from(["", "subscribed", "unsubscribed", "bounce"]),
        "channel": st.sampled_from(["email", "sms"]),
        "agreed_at": st.sampled_from([None, LONG_AGO, datetime(2026, 1, 1, tzinfo=UTC)]),
        "with_topic": st.booleans(),
    }
)


class NobodyComesBack(TestCase):
    """Files in any order and with any option: whoever left or is suppressed cannot be written to afterwards."""

    @given(
        st.lists(st.tuples(st.lists(ROW, min_size=1, max_size=5), OPTIONS), min_size=1, max_size=3),
        st.lists(st.sampled_from(["left", "complaint", "left topic", "weak yes", ""]), min_size=3, max_size=3),
    )
    @settings(max_examples=60, deadline=None)
    def test_no_file_brings_anybody_back(self, files, fates):
        topic = Topic.objects.create(name="Weekly", slug="weekly")
        gone, gone_topic = set(), set()
        for number, (address, fate) in enumerate(zip(ADDRESSES, fates, strict=True), start=1):
            contact = services.create_contact(source="sync", external_key=f"K-{number}", email=address)
            if fate == "left":
                services.unsubscribe(contact=contact, channel="email")
                gone.add(contact.email_hash)
            elif fate == "complaint":
                services.suppress(channel="email", address=address, reason="complaint")
                gone.add(contact.email_hash)
            elif fate == "left topic":
                services.unsubscribe(contact=contact, channel="email", topic=topic)
                gone_topic.add(contact.pk)
            elif fate == "weak yes":
                services.record_consent(
                    contact=contact,
                    channel="email",
                    state="subscribed",
                    strength=1,
                    source="shop",
                    occurred_at=LONG_AGO,
                )
        left = set(ConsentState.objects.filter(state="unsubscribed", topic=None).values_list("contact", flat=True))
        for rows, options in files:
            options = dict(options)
            chosen = topic.pk if options.pop("with_topic") else None
            text = "key,email,newsletter,since,reason\n" + "".join(",".join(row) + "\n" for row in rows)
            columns = ["external_key", "email", "consent.email", "consent.email.at", "suppressed.email"]
            bring(text, columns, topic=chosen, agreed_by="somewhere", **options)
        reached = selectors.deliverable("email")
        self.assertFalse(set(reached.values_list("email_hash", flat=True)) & gone)
        self.assertFalse(set(reached.values_list("pk", flat=True)) & left)
        self.assertFalse(set(selectors.deliverable("email", topic).values_list("pk", flat=True)) & gone_topic)
        self.assertFalse(ConsentEvent.objects.filter(source="import", strength=Strength.STRONG).exists())
