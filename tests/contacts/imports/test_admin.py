"""The screens of an import: who may, what they say, and that they say it to nobody else."""

import io

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.contacts.imports.kit import LONG_AGO, bring, check, upload, work
from wagtail_marketing.contacts.models import Contact, ContactImport, ImportState
from wagtail_marketing.contacts.services.lists import create_list

pytestmark = pytest.mark.django_db
HOME = "/admin/marketing/imports/"
ALL = ("access_admin", "view_contact", "view_contactimport", "import_contact", "view_personal_data")


def enter(client, *codenames: str) -> User:
    user = User.objects.create_user("staff", password="x")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames or ALL))
    client.force_login(user)
    return user


def post_file(client, content: bytes, name: str = "people.csv", **options):
    data = {"file": SimpleUploadedFile(name, content), "known": "update", **options}
    return client.post(f"{HOME}add/", data)


def columns(source: ContactImport, **options) -> dict:
    data = {f"column_{place}": key for place, key in enumerate(source.columns)}
    return {**data, "status": "", "channel": "email", "date_order": "", **options}


def test_from_a_file_with_faults_to_the_result(client, django_assert_max_num_queries):
    friends = create_list(name="Friends")
    user = enter(client)
    file = "E-Mail;Vorname\nann@x.example;=Änn\nbroken;B\n".encode("cp1252")
    answer = post_file(client, file, known="fill", tag="spring", list=friends.pk)
    source = ContactImport.objects.get()
    assert (answer.status_code, answer.url) == (302, f"{HOME}{source.pk}/columns/")
    assert (source.created_by, source.options["known"], source.options["list"]) == (user, "fill", friends.pk)
    html = client.get(answer.url).content.decode()
    for text in ("Windows-1252 is our guess", "=Änn", "ann@x.example", "First name", "For example"):
        assert text in html, text
    answer = client.post(f"{HOME}{source.pk}/columns/", columns(source))
    assert answer.url == f"{HOME}{source.pk}/"
    html = client.get(answer.url).content.decode()
    assert "waiting for a worker" in html
    assert "wm-poll" in html
    work(source)
    with django_assert_max_num_queries(16):
        html = client.get(answer.url).content.decode()
    for text in ("What would happen", "1 row to correct", "broken", "Write it as name@example.com.", "Import 1 person"):
        assert text in html, text
    assert Contact.objects.count() == 0
    assert client.get(f"{HOME}{source.pk}/run/").status_code == 200
    assert client.post(f"{HOME}{source.pk}/run/").status_code == 302
    work(source)
    html = client.get(answer.url).content.decode()
    for text in ("What happened", "1 row to correct", "1 person was put on the list", "Take back"):
        assert text in html, text
    assert (Contact.objects.get().first_name, friends.memberships.count()) == ("=Änn", 1)
    faulty = client.get(f"{HOME}{source.pk}/to-correct.csv")
    text = b"".join(faulty.streaming_content).decode()
    assert text.startswith("\ufeffE-Mail,Vorname,import_row,import_error\r\nbroken,B,3,E-Mail: This is not")
    assert "attachment" in faulty["Content-Disposition"]
    html = client.get(HOME).content.decode()
    assert "people.csv" in html
    assert client.post(f"{HOME}{source.pk}/undo/").status_code == 302
    assert (friends.memberships.count(), Contact.objects.get().tags.count()) == (0, 0)
    assert client.post(f"{HOME}{source.pk}/undo/").status_code == 422


def test_a_wrong_guess_is_corrected_and_keeps_the_options(client):
    enter(client)
    post_file(client, "email,name\na@x.example,Łucja\n".encode("cp1250"), tag="t")
    source = ContactImport.objects.get()
    assert source.layout["encoding"] == "cp1252"
    answer = client.post(
        f"{HOME}{source.pk}/columns/", {"read_again": "1", "encoding": "cp1250", "separator": ",", "heading": "on"}
    )
    assert answer.status_code == 302
    assert "Łucja" in client.get(answer.url).content.decode()
    source.refresh_from_db()
    assert source.options["tag"] == "t"


def test_consent_asks_for_how_and_when(client):
    enter(client)
    post_file(client, b"email\na@x.example\n")
    source = ContactImport.objects.get()
    for options, words in (
        ({"status": "subscribed"}, "say how and where they did"),
        ({"status": "subscribed", "agreed_by": "form"}, "say when they did"),
        ({"status": "subscribed", "agreed_by": "form", "agreed_at": "2999-01-01"}, "lies in the future"),
    ):
        answer = client.post(f"{HOME}{source.pk}/columns/", columns(source, **options))
        assert (answer.status_code, words in answer.content.decode()) == (422, True)
    source.refresh_from_db()
    assert (source.state, source.job) == (ImportState.UPLOADED, None)


def test_what_stayed_unsubscribed_is_said(client):
    from wagtail_marketing.contacts import services

    ann = services.create_contact(source="api", email="ann@x.example")
    services.unsubscribe(contact=ann, channel="email")
    enter(client)
    done = bring("email\nann@x.example\n", status="subscribed", agreed_by="form", agreed_at=LONG_AGO)
    assert "1 stayed unsubscribed." in client.get(f"{HOME}{done.pk}/").content.decode()


def test_a_file_that_is_none_is_said_at_its_field(client):
    enter(client)
    answer = post_file(client, b"%PDF-1.7")
    assert (answer.status_code, ContactImport.objects.count()) == (422, 0)
    assert "Upload a CSV or XLSX file." in answer.content.decode()
    assert post_file(client, b"").status_code == 422


def test_faults_have_pages(client):
    enter(client)
    source = check(upload("email\n" + "".join(f"bad{n}\n" for n in range(30))))
    first = client.get(f"{HOME}{source.pk}/").content.decode()
    assert ("Page 1 of 2" in first, "bad29" in first) == (True, False)
    assert "bad29" in client.get(f"{HOME}{source.pk}/?p=2").content.decode()
    assert "Nothing in this file would change anything" in first


def test_stop_and_go_on(client):
    enter(client)
    source = check(upload("email\na@x.example\n"))
    assert client.post(f"{HOME}{source.pk}/stop/").status_code == 302
    source.refresh_from_db()
    assert source.state == ImportState.CANCELLED
    assert client.post(f"{HOME}{source.pk}/resume/").status_code == 422
    assert client.post(f"{HOME}{source.pk}/stop/").status_code == 422


@pytest.mark.parametrize("missing", ["import_contact", "view_personal_data"])
def test_without_either_permission_there_is_no_import(client, missing):
    enter(client, *(name for name in ALL if name != missing))
    source = check(upload("email\nann@x.example\nsecret\n"))
    state = ContactImport.objects.values().get()
    for path in ("", "columns/", "progress/", "run/", "stop/", "resume/", "undo/", "to-correct.csv"):
        answer = client.get(f"{HOME}{source.pk}/{path}")
        assert answer.status_code == 302, path
    for path in ("columns/", "run/", "stop/", "resume/", "undo/"):
        assert client.post(f"{HOME}{source.pk}/{path}", columns(source)).status_code == 302, path
    assert post_file(client, b"email\nx@x.example\n").status_code == 302
    assert "Import" not in client.get("/admin/marketing/contacts/").content.decode().partition("<main")[2]
    assert (ContactImport.objects.values().get(), Contact.objects.count()) == (state, 0)


def test_the_list_of_contacts_leads_to_it(client):
    enter(client)
    assert f"{HOME}add/" in client.get("/admin/marketing/contacts/").content.decode()


def test_the_history_costs_the_same_whatever_its_length(client, django_assert_num_queries):
    enter(client)
    bring("email\na@x.example\n")
    client.get(HOME)
    with django_assert_num_queries(10):
        client.get(HOME)
    for number in range(4):
        upload(f"email\na{number}@x.example\n")
    with django_assert_num_queries(10):
        client.get(HOME)


class AnyBytes(TestCase):
    """Whatever is uploaded, the answer is a page, never a fault of ours; what can be checked ends checked or failed."""

    @given(st.binary(min_size=1, max_size=300) | st.text(min_size=1, max_size=200).map(str.encode))
    @settings(max_examples=40, deadline=None)
    def test_upload_and_check(self, content):
        enter(self.client)
        answer = self.client.post(f"{HOME}add/", {"file": io.BytesIO(content), "known": "update"})
        assert answer.status_code in (302, 422)
        if answer.status_code == 302:
            source = ContactImport.objects.get()
            assert self.client.get(answer.url).status_code == 200
            chosen = ["email", *[""] * (len(source.columns) - 1)]
            data = columns(source) | {f"column_{place}": key for place, key in enumerate(chosen)}
            assert self.client.post(answer.url, data).status_code == 302
            source = work(source)
            assert source.state == ImportState.CHECKED
            page = self.client.get(f"{HOME}{source.pk}/")
            assert page.status_code == 200
            shown = source.checked_counts["invalid"]
            assert (b"What to do" in page.content) == bool(shown)
