"""Adding and editing one contact by hand."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_marketing.commerce import services as commerce
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import Contact, ContactAttribute
from wagtail_marketing.host.types import AttributeSpec, HostCustomer
from wagtail_marketing.testing.memory_host import MemoryHost

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADD = "/admin/marketing/contacts/add/"
SPECS = (
    AttributeSpec("size", "number", "Size"),
    AttributeSpec("since", "date", "Since"),
    AttributeSpec("vip", "boolean", "VIP"),
    AttributeSpec("age", "text", "Age", (("19-24", "19 to 24"), ("25-34", "25 to 34"))),
)


class Host(MemoryHost):
    """A shop that has no cities."""

    def customer_fields(self):
        return super().customer_fields() - {"city"}


@pytest.fixture
def host():
    shop = Host(HostCustomer("c-1", "ann@example.com", first_name="Ann", attributes={"size": 4}), attributes=SPECS)
    with shop.active():
        commerce.sync(adapter=shop)
        yield shop


def enter(client, *codenames: str) -> User:
    user = User.objects.create_user("staff", password="x")
    user.user_permissions.set(Permission.objects.filter(codename__in=["access_admin", "view_contact", *codenames]))
    client.force_login(user)
    return user


MAY = ("add_contact", "change_contact", "view_personal_data", "add_tag")


def edit_url(contact: Contact) -> str:
    return reverse("marketing_contacts:edit", args=[contact.pk])


def test_add_with_everything(client, host):
    user = enter(client, *MAY)
    response = client.post(
        ADD,
        {
            "email": "Bo@Example.com",
            "phone": "+49 30 123456",
            "first_name": "Bo",
            "birthday": "1980-02-29",
            "language": "de",
            "time_zone": "Europe/Berlin",
            "country": "de",
            "tags": "VIP, wine lover",
            "attributes.size": "4.5",
            "attributes.since": "2020-01-02",
            "attributes.vip": "true",
            "attributes.age": "19-24",
        },
    )
    bo = Contact.objects.get(email_normalised="bo@example.com")
    assert response.url == reverse("marketing_contacts:inspect", args=[bo.pk])
    assert (bo.country, bo.birthday, bo.source, bo.phone_e164) == ("DE", date(1980, 2, 29), "staff", "+4930123456")
    assert bo.attributes == {"size": 4.5, "since": "2020-01-02", "vip": True, "age": "19-24"}
    row = ContactAttribute.objects.get(contact=bo, name="size")
    assert (float(row.number), ContactAttribute.objects.get(contact=bo, name="since").date) == (4.5, date(2020, 1, 2))
    assert sorted(bo.tags.values_list("slug", flat=True)) == ["vip", "wine-lover"]
    entry = ModelLogEntry.objects.get(action="wagtail_marketing.contact.create")
    assert (entry.user, entry.label) == (user, f"Contact {bo.pk}")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "email"),
        ({"email": "nonsense"}, "email"),
        ({"email": "a@example.com", "phone": "12"}, "phone"),
        ({"email": "a@example.com", "birthday": "2999-01-01"}, "birthday"),
        ({"email": "a@example.com", "country": "D1"}, "country"),
        ({"email": "a@example.com", "time_zone": "Mars/North"}, "time_zone"),
        ({"email": "a@example.com", "attributes.size": "big"}, "attributes.size"),
        ({"email": "a@example.com", "attributes.age": "99"}, "attributes.age"),
        ({"email": "a@example.com", "tags": "!!!"}, "tags"),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_is_saved(client, host, given, field):
    enter(client, *MAY)
    response = client.post(ADD, given)
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert Contact.objects.count() == 1


def test_what_the_shop_has_is_shown_and_not_changed(client, host):
    enter(client, *MAY)
    ann = Contact.objects.get(external_key="c-1")
    html = client.get(edit_url(ann)).content.decode()
    assert "Comes from the shop" in html and "customer of your shop" in html
    client.post(
        edit_url(ann),
        {"email": "other@example.com", "first_name": "Eve", "city": "Berlin", "attributes.size": "9", "tags": "a"},
    )
    ann.refresh_from_db()
    assert (ann.email, ann.first_name, ann.city, ann.attributes) == ("ann@example.com", "Ann", "Berlin", {"size": 4})
    host.add(HostCustomer("c-1", "ann@example.com", first_name="Anna", attributes={"size": 4}))
    commerce.sync(adapter=host)
    ann.refresh_from_db()
    assert (ann.first_name, ann.city) == ("Anna", "Berlin")


def test_who_the_shop_has_deleted_is_ours_to_edit(client, host):
    enter(client, *MAY)
    ann = Contact.objects.get(external_key="c-1")
    services.mark_deleted(keys=["c-1"])
    client.post(edit_url(ann), {"email": "ann@example.com", "first_name": "Eve"})
    ann.refresh_from_db()
    assert ann.first_name == "Eve"


def test_the_history_says_who_and_which_fields_and_nothing_of_the_person(client, host):
    user = enter(client, *MAY)
    bo = services.create_contact(source="api", email="bo@example.com", first_name="Bo")
    client.post(edit_url(bo), {"email": "bo@example.com", "first_name": "Robert", "city": "Bonn"})
    client.post(edit_url(bo), {"email": "bo@example.com", "first_name": "Robert", "city": "Bonn"})
    entry = ModelLogEntry.objects.get(action="wagtail_marketing.contact.edit")
    assert (entry.user, entry.data, entry.label) == (user, {"fields": ["first_name", "city"]}, f"Contact {bo.pk}")
    html = client.get(reverse("marketing_contacts:history", args=[bo.pk])).content.decode()
    assert "Changed: First name, City" in html


@pytest.mark.parametrize("missing", ["add_contact", "change_contact", "view_personal_data"])
def test_who_may_not_changes_nothing(client, host, missing):
    enter(client, *(set(MAY) - {missing}))
    bo = services.create_contact(source="api", email="bo@example.com")
    urls = {"add_contact": [ADD], "change_contact": [edit_url(bo)]}.get(missing, [ADD, edit_url(bo)])
    before = list(Contact.objects.order_by("pk").values())
    for url in urls:
        for response in (client.get(url), client.post(url, {"email": "new@example.com"})):
            assert response.status_code in (302, 403)
    assert list(Contact.objects.order_by("pk").values()) == before


def test_without_the_right_to_tag_tags_stay(client, host):
    enter(client, *(set(MAY) - {"add_tag"}))
    bo = services.create_contact(source="api", email="bo@example.com")
    services.add_tag(contact=bo, name="VIP")
    client.post(edit_url(bo), {"email": "bo@example.com", "tags": ""})
    assert bo.tags.count() == 1


def test_an_erased_person_has_no_form(client, host):
    enter(client, *MAY)
    bo = services.create_contact(source="api", email="bo@example.com")
    services.erase_person(contact=bo)
    assert client.get(edit_url(bo)).status_code == 404
