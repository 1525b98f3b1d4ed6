"""A person's page: tabs, timeline by kind and period, notes, the ledger, segments with why."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from wagtail_marketing.activity.models import Activity
from wagtail_marketing.activity.services import record, record_note
from wagtail_marketing.contacts import services
from wagtail_marketing.core import clock
from wagtail_marketing.segments.services import create_segment, refresh_segment

pytestmark = pytest.mark.django_db
RULES = {"match": "all", "rules": [{"kind": "contact", "params": {"field": "first_name", "op": "is", "value": "Ann"}}]}


@pytest.fixture
def ann():
    return services.create_contact(source="api", email="ann@example.com", first_name="Ann", last_name="Ash")


def enter(client, *codenames: str, name: str = "staff") -> User:
    user = User.objects.create_user(name, password="x")
    names = ["access_admin", "view_contact", *codenames]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return user


def page(client, contact, **query) -> str:
    return client.get(reverse("marketing_contacts:inspect", args=[contact.pk]), query).content.decode()


@pytest.mark.parametrize("tab", ["overview", "orders", "messages", "consent", "segments"])
def test_every_tab_takes_a_fixed_number_of_statements(client, ann, tab, django_assert_max_num_queries):
    enter(client, "view_personal_data", "add_tag", "add_note", "view_segment", "view_send")
    url = reverse("marketing_contacts:inspect", args=[ann.pk])
    client.get(url, {"tab": tab})
    with django_assert_max_num_queries(32) as asked:
        client.get(url, {"tab": tab})
    before = len(asked)
    for number in range(12):
        services.add_tag(contact=ann, name=f"Tag {number}")
        services.add_to_list(contact_list=services.create_list(name=f"List {number}"), contacts=[ann.pk])
        record_note(contact=ann, text=f"Note {number}", user_id="1")
        state = "unsubscribed" if number % 2 else "subscribed"
        services.record_consent(
            contact=ann,
            channel="email",
            state=state,
            strength=2,
            source="form",
            occurred_at=clock.now() + timedelta(minutes=number),
            evidence=services.Evidence(text=f"Words {number}"),
        )
        refresh_segment(segment=create_segment(name=f"Segment {number}", rules=RULES))
    # Names of who wrote notes are one statement more; none grows with what there is.
    with django_assert_max_num_queries(before + 3):
        client.get(url, {"tab": tab})


def test_the_timeline_by_period(client, ann):
    enter(client, "view_personal_data")
    now = clock.now()
    record(contact=ann, type="email.sent", subject="Lately", occurred_at=now - timedelta(days=3))
    record(contact=ann, type="email.sent", subject="Long ago", occurred_at=now - timedelta(days=60))
    assert "Long ago" in page(client, ann) and "Long ago" in page(client, ann, days="90")
    lately = page(client, ann, days="30")
    assert "Lately" in lately and "Long ago" not in lately
    assert "Lately" not in page(client, ann, days="30", what="note")


def test_one_changes_and_deletes_ones_own_notes_only(client, ann):
    enter(client, "view_personal_data", "add_note")
    other = User.objects.create_user("other")
    client.post(reverse("marketing_notes:add", args=[ann.pk]), {"text": "Mine"})
    record_note(contact=ann, text="Theirs", user_id=str(other.pk))
    mine, theirs = (Activity.objects.get(subject=subject) for subject in ("Mine", "Theirs"))
    html = page(client, ann)
    assert reverse("marketing_notes:edit", args=[mine.pk]) in html
    assert reverse("marketing_notes:edit", args=[theirs.pk]) not in html
    client.post(reverse("marketing_notes:edit", args=[mine.pk]), {"text": "Better"})
    client.post(reverse("marketing_notes:edit", args=[theirs.pk]), {"text": "Worse"})
    client.post(reverse("marketing_notes:edit", args=[theirs.pk]), {"delete": "1"})
    assert sorted(row.data["text"] for row in Activity.objects.all()) == ["Better", "Theirs"]
    client.post(reverse("marketing_notes:edit", args=[mine.pk]), {"delete": "1"})
    assert Activity.objects.get() == theirs
    enter(client, "view_personal_data", "add_note", "delete_note", name="manager")
    client.post(reverse("marketing_notes:edit", args=[theirs.pk]), {"delete": "1"})
    assert not Activity.objects.exists()


def test_what_is_no_note_cannot_be_edited(client, ann):
    enter(client, "view_personal_data", "add_note", "delete_note")
    record(contact=ann, type="email.sent", subject="Sent")
    sent = Activity.objects.get()
    assert client.post(reverse("marketing_notes:edit", args=[sent.pk]), {"delete": "1"}).status_code == 404
    assert Activity.objects.exists()


def test_the_persons_words_are_for_who_may_see_people(client, ann):
    services.record_consent(
        contact=ann,
        channel="email",
        state="subscribed",
        strength=2,
        source="form",
        evidence=services.Evidence(text="Yes, write to me", ip="192.0.2.7"),
    )
    enter(client)
    html = page(client, ann, tab="consent")
    assert "the person&#x27;s own act" in html and "Yes, write to me" not in html and "192.0.2.7" not in html
    enter(client, "view_personal_data", name="manager")
    html = page(client, ann, tab="consent")
    assert "Yes, write to me" in html and "192.0.2.7" in html


def test_segments_with_why_and_why_not(client, ann):
    inside = create_segment(name="All Anns", rules=RULES)
    refresh_segment(segment=inside)
    bob = {"field": "first_name", "op": "is", "value": "Bob"}
    bobs = {"match": "all", "rules": [{"kind": "contact", "params": bob}]}
    outside = create_segment(name="All Bobs", rules=bobs)
    enter(client, "view_personal_data", "view_segment")
    html = page(client, ann, tab="segments")
    assert "All Anns" in html and "All Bobs" not in html
    assert "All Bobs" in page(client, ann, tab="segments", others="1")
    assert "This person is in this segment." in page(client, ann, tab="segments", why=inside.pk)
    html = page(client, ann, tab="segments", why=outside.pk)
    assert "This person is not in this segment." in html and "Ann" in html
    enter(client, name="nobody")
    assert "All Anns" not in page(client, ann, tab="segments")


def test_an_erased_person_offers_nothing_more_to_do(client, ann):
    enter(client, "view_personal_data", "erase_contact", "export_contact", "merge_contact", "suppress_contact")
    assert reverse("marketing_contacts:erase_person", args=[ann.pk]) in page(client, ann)
    services.erase_person(contact=ann)
    html = page(client, ann)
    assert "This person was erased." in html
    assert reverse("marketing_contacts:erase_person", args=[ann.pk]) not in html
