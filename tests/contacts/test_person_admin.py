"""What staff do with one person: duplicates, merge, export, erase, suppress, pause."""

import json
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_marketing.api.services import create_token
from wagtail_marketing.contacts import selectors, services
from wagtail_marketing.contacts.duplicates import find_duplicates
from wagtail_marketing.contacts.models import Contact, ContactMerge, ContactPreference, Suppression

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def enter(client, *codenames: str) -> User:
    user = User.objects.create_user("staff", password="x")
    names = ["access_admin", "view_contact", *codenames]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return user


def ann(**fields) -> Contact:
    return services.create_contact(source="api", **{"email": "ann@example.com", "first_name": "Ann", **fields})


def to(name: str, *args) -> str:
    return reverse(f"marketing_contacts:{name}", args=args)


def test_groups_of_one_address_are_found_a_page_at_a_time(django_assert_num_queries):
    for number in range(6):
        for _one in range(2):
            services.create_contact(source="api", email=f"P{number}@Example.com")
    services.create_contact(source="api", email="single@example.com")
    with django_assert_num_queries(2):
        page = find_duplicates(size=4)
    assert [group.count for group in page.groups] == [2, 2, 2, 2] and page.next
    rest = find_duplicates(size=4, after=page.next)
    assert rest.next == ""
    found = sorted(group.address for group in (*page.groups, *rest.groups))
    assert found == [f"p{number}@example.com" for number in range(6)]
    assert find_duplicates(by="phone").groups == ()


def test_from_the_group_to_one_contact_and_back(client):
    user = enter(client, "view_personal_data", "merge_contact")
    first, second = ann(), ann(email="ANN@example.com", first_name="Anna", city="Bonn")
    assert to("compare", first.pk, second.pk) in client.get(to("duplicates")).content.decode()
    page = client.get(to("compare", first.pk, second.pk)).content.decode()
    assert "Anna" in page and "Bonn" in page
    asked = {"keep": second.pk, "first_name": first.pk, "city": second.pk}
    result = client.get(to("merge", first.pk, second.pk), asked).content.decode()
    assert "Bonn" in result
    client.post(to("merge", first.pk, second.pk), asked)
    second.refresh_from_db()
    assert (Contact.objects.count(), second.first_name, second.city) == (1, "Ann", "Bonn")
    merge = ContactMerge.objects.get()
    assert merge.user == user
    client.post(to("undo_merge", merge.pk))
    second.refresh_from_db()
    assert (Contact.objects.count(), second.first_name) == (2, "Anna")


def test_two_customers_are_told_why_not(client):
    enter(client, "view_personal_data", "merge_contact")
    first, second = ann(external_key="c-1"), ann(external_key="c-2")
    assert "Both are customers of the shop" in client.get(to("compare", first.pk, second.pk)).content.decode()
    assert client.post(to("merge", first.pk, second.pk)).status_code == 422
    assert Contact.objects.count() == 2


@pytest.mark.parametrize("missing", ["view_personal_data", "merge_contact"])
def test_merging_needs_both_permissions(client, missing):
    enter(client, *({"view_personal_data", "merge_contact"} - {missing}))
    first, second = ann(), ann()
    for url in (to("duplicates"), to("compare", first.pk, second.pk), to("merge", first.pk, second.pk)):
        assert client.get(url).status_code in (302, 403)
        client.post(url)
    assert Contact.objects.count() == 2


def test_a_file_of_one_person(client):
    enter(client, "view_personal_data", "export_contact")
    response = client.get(to("export_person", ann().pk))
    assert json.loads(response.content)["contacts"]["email"] == "ann@example.com"
    assert "no-store" in response["Cache-Control"]


def test_erasing_wants_the_number_typed(client):
    enter(client, "erase_contact")
    person = ann()
    assert client.post(to("erase_person", person.pk), {"typed": "x"}).status_code == 422
    person.refresh_from_db()
    assert person.email == "ann@example.com"
    client.post(to("erase_person", person.pk), {"typed": str(person.pk)})
    person.refresh_from_db()
    assert (person.email, person.source) == ("", "erased")


def test_without_the_permission_nobody_is_erased_or_exported(client):
    enter(client, "view_personal_data")
    person = ann()
    for name in ("erase_person", "export_person", "suppress_person", "pause_person"):
        response = client.post(to(name, person.pk), {"typed": str(person.pk)})
        assert response.status_code in (302, 403, 405)
    person.refresh_from_db()
    assert person.email == "ann@example.com" and not Suppression.objects.exists()
    assert not ContactPreference.objects.exists()


def test_suppress_and_pause(client):
    enter(client, "suppress_contact", "change_contact")
    person = ann(phone="+4930123456")
    client.post(to("suppress_person", person.pk))
    assert selectors.is_suppressed(channel="sms", address="+4930123456")
    client.post(to("pause_person", person.pk))
    assert ContactPreference.objects.get().paused_until is not None
    client.post(to("pause_person", person.pk), {"resume": "1"})
    assert ContactPreference.objects.get().paused_until is None


def call(client, method: str, path: str, *scopes: str, **headers):
    _token, key = create_token(name="t", scopes=list(scopes))
    return getattr(client, method)(
        f"/marketing/api/v1{path}",
        headers={"Authorization": f"Bearer {key}", **headers},
        content_type="application/json",
    )


def test_export_and_erase_over_rest(client):
    person = ann()
    path = f"/contacts/{person.uuid}"
    assert call(client, "get", f"{path}/export/", "contacts:read").status_code == 403
    known = call(client, "get", f"{path}/export/", "contacts:export").json()
    assert known["contacts"]["first_name"] == "Ann"
    assert call(client, "post", f"{path}/erase/", "contacts:write", **{"Idempotency-Key": "1"}).status_code == 403
    assert call(client, "post", f"{path}/erase/", "contacts:erase").status_code == 422
    assert Contact.objects.get().email
    response = call(client, "post", f"{path}/erase/", "contacts:erase", **{"Idempotency-Key": "1"})
    assert (response.status_code, response.json()) == (200, {"erased": True})
    assert Contact.objects.get().source == "erased"


def test_export_and_erase_by_command(tmp_path, capsys):
    person = ann(external_key="c-1")
    call_command("marketing_export_person", "--email", "ANN@example.com")
    assert json.loads(capsys.readouterr().out)["contacts"]["uuid"] == str(person.uuid)
    file = tmp_path / "ann.json"
    call_command("marketing_export_person", "--key", "c-1", "--output", str(file))
    assert json.loads(file.read_text())["contacts"]["customer_key"] == "c-1"
    ann()
    with pytest.raises(CommandError, match="Several"):
        call_command("marketing_erase_person", "--email", "ann@example.com", "--yes")
    with pytest.raises(CommandError, match="exactly one"):
        call_command("marketing_erase_person", "--yes")
    call_command("marketing_erase_person", "--uuid", str(person.uuid), "--yes")
    person.refresh_from_db()
    assert person.source == "erased" and Contact.objects.filter(email="ann@example.com").count() == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="plans are PostgreSQL's")
@pytest.mark.parametrize("by", ["email", "phone"])
def test_groups_come_in_the_order_of_an_index(by):
    """Nothing is sorted, so that a page of a million contacts stops where it is full."""
    with connection.cursor() as cursor:
        # Little tables are read whole; the question is which index fits.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    with CaptureQueriesContext(connection) as asked:
        find_duplicates(by=by)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {asked.captured_queries[0]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert f"wm_contact_{by}_hash" in plan and "Sort" not in plan and "HashAggregate" not in plan, plan
