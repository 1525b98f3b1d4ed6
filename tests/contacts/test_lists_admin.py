"""Static lists in the admin: forms, members, adding by hand, paste and file, duplicates, file, deletion."""

import csv
import io

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import Contact, ContactList, ListMembership
from wagtail_marketing.contacts.registry import list_users

pytestmark = pytest.mark.django_db
LIST = "/admin/marketing/lists/"


def enter(client, role: str = "Marketing managers") -> User:
    user = User.objects.create_user(role, password="x")
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return user


@pytest.fixture
def people():
    return [
        services.create_contact(source="api", external_key=key, email=email, first_name=name)
        for key, email, name in (
            ("c-1", "ann@example.com", "Ann"),
            ("c-2", "bob@example.com", "=2+2"),
            ("c-3", "ANN@example.com", "Anna"),
        )
    ]


@pytest.fixture
def vips(people):
    vips = services.create_list(name="VIPs")
    services.add_to_list(contact_list=vips, contacts=[contact.pk for contact in people])
    return vips


def at(vips: ContactList, name: str = "inspect") -> str:
    return reverse(f"marketing_lists:{name}", args=[vips.pk])


def on(vips: ContactList) -> list[str]:
    return sorted(vips.memberships.values_list("contact__external_key", flat=True))


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_make_edit_and_refuse_a_second_of_the_name(client):
    enter(client, "Marketing editors")
    made = client.post(reverse("marketing_lists:add"), {"name": "VIPs", "description": "Best", "site": ""})
    vips = ContactList.objects.get()
    assert (made.status_code, made.url) == (302, at(vips))
    again = client.post(reverse("marketing_lists:add"), {"name": "vips", "description": "", "site": ""})
    assert (again.status_code, "There is a list “vips” already. Choose another name." in text(again)) == (200, True)
    changed = client.post(at(vips, "edit"), {"name": "Best", "description": "", "site": ""})
    assert (changed.status_code, ContactList.objects.get().name) == (302, "Best")
    history = text(client.get(at(vips, "history")))
    assert history.count("Created") >= 1
    assert history.count("Edited") >= 1


def test_lists_and_members_cost_the_same_however_many(client, vips, django_assert_num_queries):
    enter(client)
    client.get(LIST)
    with django_assert_num_queries(10):
        html = text(client.get(LIST))
    assert "VIPs" in html
    for number in range(30):
        services.create_list(name=f"List {number}")
    with django_assert_num_queries(10):
        client.get(LIST)
    with django_assert_num_queries(10):
        client.get(at(vips))
    more = [services.create_contact(source="api", email=f"p{n}@example.com").pk for n in range(60)]
    services.add_to_list(contact_list=vips, contacts=more)
    with django_assert_num_queries(10):
        page = client.get(at(vips))
    older = page.context["older"]
    assert len(page.context["members"]) == 50
    rest = client.get(at(vips), {"after": older})
    assert (len(rest.context["members"]), rest.context["older"]) == (13, None)
    shown = {row["contact"] for response in (page, rest) for row in response.context["members"]}
    assert len(shown) == 63


def test_search_among_the_members(client, vips):
    enter(client)
    services.create_contact(source="api", email="annette@example.com", first_name="Annette")
    found = client.get(at(vips), {"q": "ann"})
    assert [row["name"] for row in found.context["members"]] == ["Anna", "Ann"]
    assert "Nobody on this list matches." in text(client.get(at(vips), {"q": "zoe"}))
    assert client.get(at(vips), {"after": "x", "q": "ann"}).status_code == 200


def test_an_analyst_sees_rows_without_people(client, vips, people):
    enter(client, "Marketing analysts")
    html = text(client.get(at(vips)))
    assert f"Contact {people[0].pk}" in html
    for hidden in ("Anna", "ann@example.com", "checkbox", "Add people", "Download CSV"):
        assert hidden not in html
    # Neither does a search tell who has an address.
    assert client.get(at(vips), {"q": "ann@example.com"}).context["members"] == []


def test_lines_are_found_told_and_made(client, people):
    enter(client)
    vips = services.create_list(name="VIPs")
    lines = "Ann <ann@example.com>\nc-2\nANN@example.com\nnew@example.com\nnonsense line\n"
    answer = client.post(at(vips, "add_people"), {"lines": lines})
    html = text(answer)
    assert answer.status_code == 200
    for said in (
        "2 people added. 1 line said the same again.",
        "1 address belongs to nobody yet.",
        "1 line is neither an e-mail address nor a customer key.",
    ):
        assert said in html, said
    assert (on(vips), answer.context["lines"]) == (["c-1", "c-2"], "new@example.com\nnonsense line")
    assert "Make contacts of them" not in html
    corrected = client.post(at(vips, "add_people"), {"lines": "new@example.com"})
    assert "Make contacts of them and add them" in text(corrected)
    made = client.post(at(vips, "add_people"), {"lines": "new@example.com\nann@example.com", "make": "1"})
    assert (made.status_code, made.url) == (302, at(vips))
    new = Contact.objects.get(email="new@example.com")
    assert (new.source, new.consent_states.count(), ContactList.objects.get().size) == ("list", 0, 3)


def test_an_editor_makes_no_contacts(client, people):
    enter(client, "Marketing editors")
    vips = services.create_list(name="VIPs")
    answer = client.post(at(vips, "add_people"), {"lines": "new@example.com", "make": "1"})
    assert "Make contacts of them" not in text(answer)
    assert (Contact.objects.count(), ListMembership.objects.count()) == (3, 0)


def test_what_is_refused_stays_on_the_page(client, people, monkeypatch):
    enter(client)
    vips = services.create_list(name="VIPs")
    for body, said in (
        ({"lines": "  \n"}, "There are no addresses in it."),
        ({"lines": "ann@example.com\n" * 50_001}, "50001 lines are too many"),
        ({"lines": "nonsense", "make": "1"}, "“nonsense” is not an e-mail address."),
        ({"file": SimpleUploadedFile("a.csv", b"x" * (5 * 1024 * 1024 + 1))}, "The file is too large."),
    ):
        answer = client.post(at(vips, "add_people"), body)
        assert (answer.status_code, said in text(answer)) == (422, True), said
    monkeypatch.setattr("wagtail_marketing.contacts.services.lists.NEW_AT_ONCE", 1)
    many = client.post(at(vips, "add_people"), {"lines": "a@example.com\nb@example.com", "make": "1"})
    assert "2 new contacts are too many for one go. Import them as a file." in text(many)
    assert (Contact.objects.count(), ListMembership.objects.count()) == (3, 0)


def test_a_file_and_a_search(client, people):
    enter(client)
    vips = services.create_list(name="VIPs")
    upload = SimpleUploadedFile("people.csv", b"name;email\nBob;bob@example.com\n")
    assert client.post(at(vips, "add_people"), {"file": upload}).url == at(vips)
    assert (on(vips), vips.memberships.get().source) == (["c-2"], "file")
    found = client.get(at(vips, "add_people"), {"q": "bob@example.com"})
    assert [(contact.external_key, contact.wm_there) for contact in found.context["found"]] == [("c-2", True)]
    assert client.post(at(vips, "add_people"), {"contact": [people[0].pk, "x", "9" * 30]}).url == at(vips)
    assert on(vips) == ["c-1", "c-2"]


def test_who_is_ticked_goes(client, vips, people):
    enter(client, "Marketing editors")
    answer = client.post(at(vips, "remove"), {"contact": [people[0].pk, people[1].pk]}, follow=True)
    assert "2 people taken off the list." in text(answer)
    assert on(vips) == ["c-3"]


def test_one_contact_per_address(client, vips, people, django_assert_max_num_queries):
    enter(client)
    with django_assert_max_num_queries(12):
        shown = client.get(at(vips, "duplicates"))
    html = text(shown)
    assert "1 contact on this list shares its address with another one." in html
    assert "ann@example.com" in html
    assert on(vips) == ["c-1", "c-2", "c-3"]
    assert "1 duplicate taken off." in text(client.post(at(vips, "duplicates"), follow=True))
    assert (on(vips), ContactList.objects.get().size, Contact.objects.count()) == (["c-1", "c-2"], 2, 3)
    assert "has an address of its own" in text(client.get(at(vips, "duplicates")))


def test_the_file_holds_everybody_and_no_formula(client, vips):
    user = enter(client)
    answer = client.get(at(vips, "export"))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row["external_key"], row["email"], row["first_name"]) for row in rows] == [
        ("c-3", "ANN@example.com", "Anna"),
        ("c-2", "bob@example.com", "'=2+2"),
        ("c-1", "ann@example.com", "Ann"),
    ]
    assert answer["Content-Disposition"] == 'attachment; filename="vips.csv"'
    history = text(client.get(at(vips, "history")))
    assert "Downloaded 3 members (csv)" in history
    assert "Put 3 contacts on the list (chosen by hand)" in history
    user.groups.clear()
    codenames = ["access_admin", "view_contactlist", "change_contactlist", "export_contact"]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    refused = client.get(at(vips, "export"))
    assert (refused.status_code, refused.url) == (302, reverse("wagtailadmin_home"))


def test_deleting_says_what_uses_the_list(client, vips, monkeypatch):
    enter(client)
    assert "Delete the list “VIPs” with its 3 members? The people stay contacts." in text(
        client.get(at(vips, "delete"))
    )
    monkeypatch.setitem(list_users._items, "test", lambda one: ["segment “Best”"])
    asked = text(client.get(at(vips, "delete")))
    assert "segment “Best”" in asked
    assert "Yes, delete" not in asked
    kept = client.post(at(vips, "delete"), follow=True)
    assert "is used by: segment “Best”" in text(kept)
    assert ContactList.objects.count() == 1
    monkeypatch.delitem(list_users._items, "test")
    assert client.post(at(vips, "delete")).url == LIST
    assert (ContactList.objects.count(), Contact.objects.count()) == (0, 3)


def test_a_persons_page_shows_their_lists(client, vips, people):
    enter(client, "Marketing editors")
    other = services.create_list(name="Others")
    person = reverse("marketing_contacts:inspect", args=[people[0].pk])
    html = text(client.get(person))
    assert f'<a href="{at(vips)}">VIPs</a>' in html
    assert f'<option value="{other.pk}">Others</option>' in html
    put = reverse("marketing_lists:put", args=[people[0].pk])
    assert client.post(put, {"list": "x"}).status_code == 404
    assert client.post(put, {"list": other.pk}).url == person
    assert on(other) == ["c-1"]
    client.logout()
    enter(client, "Marketing analysts")
    html = text(client.get(person))
    assert ("Others" in html, "wm-put-list" in html) == (True, False)
    assert reverse("wagtailadmin_home") in client.post(put, {"list": vips.pk}).url
