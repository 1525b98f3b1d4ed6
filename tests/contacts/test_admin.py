"""The contact list and a person's page."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from wagtail_marketing.activity.models import Activity
from wagtail_marketing.activity.services import fill, record_note
from wagtail_marketing.commerce import services as commerce
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.host.types import HostCustomer, HostOrder, HostOrderLine
from wagtail_marketing.testing.memory_host import MemoryHost

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIST = "/admin/marketing/contacts/"


@pytest.fixture
def people():
    lines = (HostOrderLine("1", "milk", 2, Decimal("2.40"), name="Milk"),)
    host = MemoryHost(
        HostCustomer("c-1", "ann@example.com", "+4930123456", "Ann", "Ash", country="de", consent={"email": NOW}),
        HostCustomer("c-2", "bob@example.org", first_name="=2+2", last_name="Birch", attributes={"age": "19-24"}),
        *(
            HostOrder(f"o-{n}", NOW - timedelta(days=n), "USD", Decimal("2.40"), "c-1", lines=lines, number=f"N{n}")
            for n in range(1, 13)
        ),
    )
    with host.active():
        commerce.sync(adapter=host)
        fill()
        yield {row.external_key: row for row in Contact.objects.all()}


def enter(client, *codenames: str) -> User:
    user = User.objects.create_user("staff", password="x")
    user.user_permissions.set(Permission.objects.filter(codename__in=["access_admin", "view_contact", *codenames]))
    client.force_login(user)
    return user


def test_the_list_shows_people_in_a_fixed_number_of_statements(client, people, django_assert_num_queries):
    enter(client, "view_personal_data")
    client.get(LIST)
    with django_assert_num_queries(13):
        response = client.get(LIST)
    html = response.content.decode()
    for text in ("Ann Ash", "ann@example.com", "subscribed", "$28.80", "02/28/2026", "never asked"):
        assert text in html, text
    for number in range(40):
        services.create_contact(source="api", email=f"p{number}@example.com")
    with django_assert_num_queries(13):
        client.get(LIST)


def test_people_are_masked_and_cannot_be_searched_for(client, people):
    enter(client)
    html = client.get(LIST).content.decode()
    ann = people["c-1"]
    assert "Ann" not in html and "ann@example.com" not in html
    assert f"Contact {ann.pk}" in html and "a…@example.com" in html
    assert "No contacts match your query" in client.get(LIST, {"q": "ann@example.com"}).content.decode()
    assert f"Contact {ann.pk}" in client.get(LIST, {"q": "c-1"}).content.decode()
    page = client.get(reverse("marketing_contacts:inspect", args=[ann.pk])).content.decode()
    for text in ("Ann", "ann@example.com", "30123456", "c-1"):
        assert text not in page, text
    consent = client.get(reverse("marketing_contacts:inspect", args=[ann.pk]), {"tab": "consent"}).content.decode()
    assert "…456" in consent and "30123456" not in consent


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ann@exam", ["c-1"]),
        ("BIRCH", ["c-2"]),
        ("ash ann", ["c-1"]),
        ("+49 30 123456", ["c-1"]),
        ("123456", ["c-1"]),
        ("0049 (0)30-123", []),
        ("0049 30/123", ["c-1"]),
        ("030 123456", ["c-1"]),
        ("+49 30 123456 ", ["c-1"]),
        ("3012345", []),
        ("@example.or", ["c-2"]),
        ("@EXAMPLE", ["c-2", "c-1"]),
        ("bob", ["c-2"]),
        ("c-2", ["c-2"]),
        ("nobody", []),
    ],
)
def test_search(client, people, query, found):
    enter(client, "view_personal_data")
    response = client.get(LIST, {"q": query})
    assert [row.external_key for row in response.context["object_list"]] == found


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"consent_email": "deliverable"}, ["c-1"]),
        ({"consent_email": "never"}, ["c-2"]),
        ({"consent_email": "unsubscribed"}, []),
        ({"consent_sms": "never"}, ["c-2", "c-1"]),
        ({"consent_email": "deliverable", "consent_sms": "subscribed"}, []),
        ({"ordered": "yes"}, ["c-1"]),
        ({"ordered": "no"}, ["c-2"]),
        ({"last_order_from": "2026-02-28", "last_order_to": "2026-02-28"}, ["c-1"]),
        ({"last_order_to": "2026-02-27"}, []),
        ({"gone": "yes"}, []),
        ({"gone": "no"}, ["c-2", "c-1"]),
        ({"consent_email": "nonsense"}, []),
        ({"created_from": "yesterday"}, []),
        ({"country": "DE"}, ["c-1"]),
        ({"country": "DE", "q": "bob"}, []),
        ({"source": "sync"}, ["c-2", "c-1"]),
    ],
)
def test_filters(client, people, filters, found):
    enter(client)
    response = client.get(LIST, filters)
    assert [row.external_key for row in response.context["object_list"]] == found


def test_filter_by_tag(client, people):
    tag = services.add_tag(contact=people["c-2"], name="VIP")
    enter(client)
    response = client.get(LIST, {"tag": tag.slug})
    assert [row.external_key for row in response.context["object_list"]] == ["c-2"]


def test_a_persons_page(client, people, django_assert_max_num_queries):
    enter(client, "view_personal_data", "add_tag", "add_note")
    url = reverse("marketing_contacts:inspect", args=[people["c-1"].pk])
    client.get(url)
    with django_assert_max_num_queries(22):
        html = client.get(url).content.decode()
    for text in (
        "Ann Ash",
        "$28.80",
        "+4930123456",
        "agreed on 03/01/2026",
        "Ordered",
        "N1 · $2.40",
        "Agreed to be written to",
        "Add a note",
        "Add a tag",
    ):
        assert text in html, text
    orders = client.get(url, {"tab": "orders"}).content.decode()
    assert "2 × Milk" in orders and "The latest 10." in orders and "N12" not in orders
    assert "N12" in client.get(url, {"tab": "orders", "orders": "all"}).content.decode()
    assert "Ordered" not in client.get(url, {"what": "consent"}).content.decode()


def test_tags_and_notes_go_through_the_services(client, people):
    user = enter(client, "view_personal_data", "add_tag", "add_note")
    ann = people["c-1"]
    client.post(reverse("marketing_contacts:add_tag", args=[ann.pk]), {"name": " Wine  lover "})
    assert [tag.name for tag in ann.tags.all()] == ["Wine lover"]
    client.post(reverse("marketing_contacts:remove_tag", args=[ann.pk, ann.tags.get().pk]))
    assert ann.tags.count() == 0
    client.post(reverse("marketing_notes:add", args=[ann.pk]), {"text": "Rang back"})
    note = Activity.objects.get(type="note.added")
    assert (note.data, note.user_id) == ({"text": "Rang back"}, str(user.pk))
    page = client.get(reverse("marketing_contacts:inspect", args=[ann.pk])).content.decode()
    assert "Rang back — staff" in page
    client.post(reverse("marketing_notes:add", args=[ann.pk]), {"text": " "})
    assert Activity.objects.filter(type="note.added").count() == 1


def test_a_note_is_not_shown_to_who_may_not_see_people(client, people):
    record_note(contact=people["c-1"], text="Divorced", user_id="1")
    enter(client)
    page = client.get(reverse("marketing_contacts:inspect", args=[people["c-1"].pk])).content.decode()
    assert "Divorced" not in page and "(not shown)" in page


@pytest.mark.parametrize("missing", ["export_contact", "view_personal_data"])
def test_a_file_of_people_needs_both_permissions(client, people, missing):
    enter(client, *({"export_contact", "view_personal_data"} - {missing}))
    response = client.get(LIST, {"export": "csv"})
    assert response.status_code in (302, 403)


def test_the_file_is_safe_to_open(client, people):
    enter(client, "export_contact", "view_personal_data")
    response = client.get(LIST, {"export": "csv"})
    text = b"".join(response.streaming_content).decode()
    ann, bob = list(csv.DictReader(io.StringIO(text)))
    assert bob["first_name"] == "'=2+2"
    assert (ann["email"], ann["phone"], ann["orders"], ann["lifetime_value"]) == (
        "ann@example.com",
        "'+4930123456",
        "12",
        "28.80",
    )


def test_a_page_of_a_stranger_is_refused(client, people):
    user = User.objects.create_user("bystander")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    for url in (LIST, reverse("marketing_contacts:inspect", args=[people["c-1"].pk])):
        assert client.get(url).status_code in (302, 403)
