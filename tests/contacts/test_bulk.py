"""Many contacts at once: who is asked, who is meant, what is done when a worker dies."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.urls import reverse

from wagtail_marketing.api.services import create_token
from wagtail_marketing.contacts import files, services
from wagtail_marketing.contacts.criteria import Criteria
from wagtail_marketing.contacts.models import Contact, ContactChange, ContactList, Suppression, Tag
from wagtail_marketing.contacts.registry import bulk_actions
from wagtail_marketing.contacts.services import bulk
from wagtail_marketing.contacts.services.bulk import ask_bulk
from wagtail_marketing.core import clock
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.host.types import AttributeSpec
from wagtail_marketing.jobs.models import Job, private_storage
from wagtail_marketing.jobs.progress import Progress
from wagtail_marketing.jobs.services import cancel_job, reclaim_jobs, run_job
from wagtail_marketing.testing.memory_host import MemoryHost

pytestmark = pytest.mark.django_db
BULK = "/admin/marketing/contacts/bulk/"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PERMISSIONS = {
    "tag": ("add_tag",),
    "untag": ("add_tag",),
    "list-add": ("change_contactlist",),
    "list-remove": ("change_contactlist",),
    "export": ("export_contact", "view_personal_data"),
    "suppress": ("suppress_contact",),
}


@pytest.fixture
def people():
    return [
        services.create_contact(
            source="api",
            email=f"person{n}@example.{'org' if n % 2 else 'com'}",
            first_name=f"Nr {n}",
            last_name="=1+1" if n == 3 else "Ash",
            country="DE" if n < 6 else "FR",
            attributes={"size": n, "vip": n == 1},
        )
        for n in range(10)
    ]


@pytest.fixture
def options(people):
    """Options of every action, as its form posts them."""
    tag = services.tags.get_tag("Old")
    some = services.create_list(name="Some")
    services.tag_contacts(contacts=Contact.objects.all(), tag=tag)
    services.add_to_list(contact_list=some, contacts=Contact.objects.filter(country="DE"))
    return {
        "tag": {"name": "New"},
        "untag": {"tag": tag.pk},
        "list-add": {"list": some.pk},
        "list-remove": {"list": some.pk},
        "export": {"format": "csv"},
        "suppress": {"channels": ["email"], "reason": "manual", "understood": "on"},
    }


def enter(client, *codenames: str) -> User:
    user = User.objects.create_user("staff", password="x")
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["access_admin", "view_contact", "view_job", *codenames])
    )
    client.force_login(user)
    return user


def everything() -> tuple:
    return (
        list(Contact.tags.through.objects.order_by("pk").values_list("contact_id", "tag_id")),
        list(Tag.objects.values_list("slug", flat=True)),
        list(ContactList.objects.values_list("name", "size")),
        Suppression.objects.count(),
        Job.objects.count(),
    )


def asked(criteria: dict, **options) -> Job:
    return ask_bulk(criteria=Criteria.read(criteria, plain=True), **options)[0]


def test_every_action_has_its_permission_here():
    assert set(PERMISSIONS) == set(bulk_actions.keys())


@pytest.mark.parametrize("action", PERMISSIONS)
def test_who_may_not_changes_nothing(client, options, action):
    for missing in PERMISSIONS[action]:
        User.objects.all().delete()
        given = {name for names in PERMISSIONS.values() for name in names} - {missing}
        enter(client, *given)
        before = everything()
        url = f"{BULK}?action={action}&scope=all"
        for response in (client.get(url), client.post(url, options[action])):
            assert response.status_code in (302, 403)
        assert everything() == before
        assert f'value="{action}"' not in client.get("/admin/marketing/contacts/").content.decode()


@pytest.mark.parametrize("action", PERMISSIONS)
def test_who_may_asks_and_a_job_does_it(client, options, action):
    enter(client, *PERMISSIONS[action])
    url = f"{BULK}?action={action}&scope=all&country=DE"
    page = client.get(url)
    assert page.status_code == 200
    html = page.content.decode()
    assert "6 contacts" in html and "Country" in html and "and 1 more" in html
    assert Job.objects.count() == 0
    response = client.post(url, options[action])
    job = Job.objects.get()
    assert response.url == reverse("marketing_jobs:job", args=[job.pk])
    assert (job.params["count"], job.params["criteria"]["values"]) == (6, {"country": ["DE"]})
    job = run_job(job=job)
    assert (job.state, job.done) == ("done", 6), job.errors
    assert client.get(response.url).status_code == 200


def test_what_each_action_does(options, people):
    def do(action: str, **given) -> dict:
        return run_job(job=asked({"country": "DE"}, action=action, options=options[action] | given)).result

    assert do("tag") == {"matched": 6, "changed": 6, "as they were": 0}
    assert do("tag", name="new ") == {"matched": 6, "changed": 0, "as they were": 6}
    assert sorted(Contact.objects.filter(tags__slug="new").values_list("pk", flat=True)) == [p.pk for p in people[:6]]
    assert do("untag")["changed"] == 6
    assert Contact.objects.filter(tags__slug="old").count() == 4
    assert do("list-add")["changed"] == 0
    assert do("list-remove")["changed"] == 6
    assert ContactList.objects.get().size == 0
    assert do("suppress")["changed"] == 6
    assert do("suppress", reason="bounce")["changed"] == 0
    assert set(Suppression.objects.values_list("reason", flat=True)) == {"manual"}


def test_only_the_chosen_rows(client, options, people):
    enter(client, "add_tag")
    url = f"{BULK}?action=tag&scope=selected&country=FR&ids={people[0].pk}&ids={people[1].pk}"
    assert "2 contacts" in client.get(url).content.decode()
    client.post(url, {"name": "Two"})
    run_job(job=Job.objects.get())
    assert Contact.objects.filter(tags__slug="two").count() == 2


@pytest.mark.parametrize(
    "query",
    [
        "action=tag&scope=selected",
        "action=tag",
        "action=tag&scope=all&country=XX",
        "action=tag&scope=all&consent_email=nonsense",
        "action=tag&scope=selected&ids=1;drop",
    ],
)
def test_nobody_is_asked_about_nobody(client, options, query):
    enter(client, "add_tag")
    before = everything()
    for response in (client.get(f"{BULK}?{query}"), client.post(f"{BULK}?{query}", {"name": "x"})):
        assert response.status_code == 302 and response.url.startswith("/admin/marketing/contacts/")
    assert everything() == before


def test_an_action_that_is_none_is_not_found(client):
    enter(client, "add_tag")
    assert client.get(f"{BULK}?action=delete&scope=all").status_code == 404


@pytest.mark.parametrize(
    ("action", "given", "field"),
    [
        ("tag", {"name": ""}, "name"),
        ("tag", {"name": "!!!"}, "name"),
        ("untag", {"tag": "99999"}, "tag"),
        ("list-add", {}, "list"),
        ("suppress", {"channels": ["email"], "reason": "manual"}, "understood"),
        ("suppress", {"reason": "manual", "understood": "on"}, "channels"),
        ("suppress", {"channels": ["email"], "reason": "erased", "understood": "on"}, "reason"),
        ("export", {"format": "pdf"}, "format"),
    ],
)
def test_a_fault_stands_at_its_field_and_asks_for_nothing(client, options, action, given, field):
    enter(client, *PERMISSIONS[action])
    response = client.post(f"{BULK}?action={action}&scope=all", given)
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert Job.objects.count() == 0


def test_posting_the_same_page_twice_asks_once(client, options):
    enter(client, "add_tag")
    url = f"{BULK}?action=tag&scope=all"
    once = client.get(url).context["once"]
    for _time in range(2):
        client.post(url, {"name": "Once", "once": once})
    assert Job.objects.count() == 1


def test_who_is_masked_cannot_reach_people_by_a_search(client, people):
    enter(client, "add_tag")
    response = client.get(f"{BULK}?action=tag&scope=all&q=person1@example.org")
    assert response.status_code == 302
    html = client.get(f"{BULK}?action=tag&scope=all").content.decode()
    assert "person9@" not in html and "p…@example.org" in html
    job = ask_bulk(action="tag", criteria=Criteria.read({}, plain=False), options={"name": "x"})[0]
    assert Criteria.load(job.params["criteria"]).plain is False


def test_who_comes_later_is_not_touched_and_who_left_neither(people):
    job = asked({"country": "DE"}, action="tag", options={"name": "New"})
    services.create_contact(source="api", email="late@example.com", country="DE")
    services.update_contact(contact=people[0], country="FR")
    assert run_job(job=job).result == {"matched": 5, "changed": 5, "as they were": 0}


def test_an_action_that_changes_its_own_filter_reaches_everybody(people, options, monkeypatch):
    monkeypatch.setattr(bulk, "SLICE", 3)
    job = asked({"tag": "old"}, action="untag", options=options["untag"])
    assert run_job(job=job).result["changed"] == 10
    assert Contact.objects.filter(tags__slug="old").count() == 0


def test_the_segments_hear_of_tags(people):
    """Whoever put or took a tag, on one or on many: what changed nothing is no news."""
    ContactChange.objects.all().delete()
    tag = services.add_tag(contact=people[0], name="New")
    services.remove_tag(contact=people[0], tag=tag)
    for _time in range(2):
        services.tag_contacts(contacts=Contact.objects.all(), tag=tag)
    for _time in range(2):
        services.untag_contacts(contacts=Contact.objects.all(), tag=tag)
    heard = [(people[0].pk, "tags")] * 2 + [(None, "tags")] * 2
    assert list(ContactChange.objects.order_by("pk").values_list("contact_id", "fact")) == heard


class Killed(BaseException):
    """As if the worker had died."""


def _die_in_slice(monkeypatch, number: int) -> list[list[int]]:
    """Tagging dies in its ``number``-th slice, after its statement; returns what each slice was given."""
    from dataclasses import replace

    seen: list[list[int]] = []
    real = bulk_actions["tag"]

    def change(contacts, options):
        seen.append(sorted(contacts.values_list("pk", flat=True)))
        changed = real.change(contacts, options)
        if len(seen) == number:
            raise Killed
        return changed

    monkeypatch.setitem(bulk_actions._items, "tag", replace(real, change=change))
    monkeypatch.setattr(bulk, "SLICE", 4)
    return seen


def _kill_and_resume(people) -> Job:
    job = asked({}, action="tag", options={"name": "New"})
    with pytest.raises(Killed):
        run_job(job=job)
    assert Contact.objects.filter(tags__slug="new").count() == 4
    Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - timedelta(minutes=1))
    assert reclaim_jobs() == 1
    return run_job(job=job)


def test_a_killed_job_goes_on_where_it_was(people, monkeypatch):
    seen = _die_in_slice(monkeypatch, 2)
    job = _kill_and_resume(people)
    ids = [person.pk for person in people]
    assert seen == [ids[:4], ids[4:8], ids[4:8], ids[8:]]
    assert (job.state, job.done, job.result) == ("done", 10, {"matched": 10, "changed": 10, "as they were": 0})
    assert Contact.objects.filter(tags__slug="new").count() == 10


def test_without_keeping_its_place_it_would_begin_again(people, monkeypatch):
    """Twin: the counts of a job that starts over are wrong, though nothing is done twice."""
    monkeypatch.setattr(Progress, "keep", lambda self, cursor, done, note="": self.set(done, note=note))
    seen = _die_in_slice(monkeypatch, 2)
    job = _kill_and_resume(people)
    assert seen[2] == seen[0]
    assert job.result["changed"] == 6


def test_a_slice_at_a_time(people, monkeypatch):
    monkeypatch.setattr(bulk, "SLICE", 4)
    monkeypatch.setattr(Progress, "out_of_time", property(lambda self: True))
    job = asked({}, action="tag", options={"name": "New"})
    states = []
    while not states or states[-1][0] == "queued":
        found = run_job(job=job)
        states.append((found.state, found.done))
    assert states == [("queued", 4), ("queued", 8), ("queued", 10), ("done", 10)]


def test_a_job_that_is_stopped_keeps_what_it_did(people, monkeypatch):
    monkeypatch.setattr(bulk, "SLICE", 4)
    monkeypatch.setattr(Progress, "out_of_time", property(lambda self: True))
    job = asked({}, action="tag", options={"name": "New"})
    run_job(job=job)
    assert cancel_job(job=job).state == "cancelled"
    assert Contact.objects.filter(tags__slug="new").count() == 4


def test_a_slice_costs_a_fixed_number_of_statements(people, django_assert_num_queries):
    tag = services.tags.get_tag("New")
    for criteria in ({"country": "DE"}, {}):
        with django_assert_num_queries(4):
            services.tag_contacts(contacts=Criteria.read(criteria, plain=True).contacts(), tag=tag)


def test_the_page_that_asks_costs_a_fixed_number_of_statements(client, options, django_assert_num_queries):
    enter(client, "add_tag")
    url = f"{BULK}?action=tag&scope=all"
    client.get(url)
    with django_assert_num_queries(11):
        client.get(url)
    for n in range(20):
        services.create_contact(source="api", email=f"more{n}@example.com")
    with django_assert_num_queries(11):
        client.get(url)


# Files ------------------------------------------------------------------------------------------------


def written(job: Job) -> list[dict[str, str]]:
    with job.result_file.open("rb") as content:
        return list(csv.DictReader(io.StringIO(content.read().decode())))


def parts() -> list[str]:
    try:
        return private_storage().listdir("jobs/parts")[1]
    except FileNotFoundError:
        return []


def test_the_columns_of_a_file(people, options):
    services.record_consent(
        contact=people[3], channel="email", state="subscribed", strength=2, source="form", occurred_at=NOW
    )
    services.suppress(channel="email", address="person4@example.com", reason="bounce")
    services.add_tag(contact=people[3], name="A new one")
    with MemoryHost(attributes=(AttributeSpec("size", "number"),)).active():
        rows = written(run_job(job=asked({}, action="export", options={"format": "csv"})))
    ours = [
        *files.CORE,
        "tags",
        "attributes.size",
        "attributes.vip",
        *("consent.email", "consent.email.at", "suppressed.email", "consent.sms", "consent.sms.at", "suppressed.sms"),
        *("orders", "lifetime_value", "last_order"),
    ]
    # Other rooms add theirs behind.
    assert list(rows[0])[: len(ours)] == ours
    third = rows[3]
    assert {name: third[name] for name in ("uuid", "last_name", "tags", "attributes.size", "attributes.vip")} == {
        "uuid": str(people[3].uuid),
        "last_name": "'=1+1",
        "tags": "A new one, Old",
        "attributes.size": "3",
        "attributes.vip": "false",
    }
    assert (third["consent.email"], third["consent.email.at"]) == ("subscribed", "2026-03-01T12:00:00Z")
    assert (rows[4]["consent.email"], rows[4]["suppressed.email"]) == ("never", "bounce")
    assert [row["email"] for row in rows] == [person.email for person in people]


def test_a_file_in_parts_is_the_file_in_one(people, monkeypatch):
    whole = written(run_job(job=asked({}, action="export", options={"format": "csv"})))
    monkeypatch.setattr(files, "CHUNK", 3)
    monkeypatch.setattr(Progress, "out_of_time", property(lambda self: True))
    job = asked({}, action="export", options={"format": "csv"})
    seen = []
    while (found := run_job(job=job)).state == "queued":
        seen.append(len(parts()))
        # A worker that died after its part was written and before that was noted.
        private_storage().save(f"jobs/parts/{job.pk}-{len(seen)}.csv", ContentFile(b"half a line"))
    assert (seen, found.state, found.result) == ([1, 2, 3], "done", {"rows": 10})
    assert written(found) == whole
    private_storage().delete(f"jobs/parts/{job.pk}-3.csv")
    assert parts() == []


def test_a_file_that_fails_leaves_no_part(people, monkeypatch):
    monkeypatch.setattr(files, "CHUNK", 3)
    monkeypatch.setattr(Progress, "out_of_time", property(lambda self: True))
    job = asked({}, action="export", options={"format": "csv"})
    run_job(job=job)
    assert len(parts()) == 1
    monkeypatch.setattr(files, "columns", lambda: 1 / 0)
    assert run_job(job=job).state == "failed"
    assert parts() == []


def test_a_workbook_holds_text_not_formulas(people):
    job = run_job(job=asked({}, action="export", options={"format": "xlsx"}))
    with job.result_file.open("rb") as content:
        rows = list(openpyxl.load_workbook(content, read_only=False).active.iter_rows())
    named = {cell.value: place for place, cell in enumerate(rows[0])}
    cell = rows[4][named["last_name"]]
    assert (len(rows), cell.value, cell.data_type) == (11, "'=1+1", "s")
    assert rows[4][named["attributes.size"]].value == 3


def test_a_workbook_has_an_end(people, monkeypatch):
    monkeypatch.setattr("wagtail_marketing.contacts.bulk_actions.XLSX_MOST", 9)
    with pytest.raises(InvalidInput, match="Take CSV"):
        asked({}, action="export", options={"format": "xlsx"})
    assert Job.objects.count() == 0


def test_more_people_than_the_list_counts_are_exported_in_the_background(client, people, monkeypatch):
    enter(client, *PERMISSIONS["export"])
    monkeypatch.setattr("wagtail_marketing.admin.pagination.capped_count.__defaults__", (5,))
    response = client.get("/admin/marketing/contacts/?export=csv&country=DE")
    assert response.url == f"{BULK}?country=DE&action=export&scope=all"
    assert client.get(response.url).status_code == 200


def test_a_file_is_for_who_may_export_and_see_people(client, people):
    job = run_job(job=asked({}, action="export", options={"format": "csv"}))
    url = reverse("marketing_jobs:file", args=[job.pk])
    for missing in PERMISSIONS["export"]:
        User.objects.all().delete()
        enter(client, *(set(PERMISSIONS["export"]) - {missing}))
        assert client.get(url).status_code in (302, 403)
    User.objects.all().delete()
    enter(client, *PERMISSIONS["export"])
    assert client.get(url).status_code == 200


def test_rows_cost_a_fixed_number_of_statements(people, django_assert_num_queries):
    chosen = files.columns()
    for contacts in (Contact.objects.filter(country="FR"), Contact.objects.all()):
        with django_assert_num_queries(4):
            list(files.rows(contacts, chosen))


def test_the_memory_does_not_grow_with_the_file(monkeypatch):
    import tracemalloc

    def peak(count: int) -> int:
        Contact.objects.bulk_create(
            [
                Contact(email=f"m{n}@example.com", created_at=NOW, updated_at=NOW, attributes={"note": "x" * 500})
                for n in range(count)
            ],
            batch_size=500,
        )
        job = asked({}, action="export", options={"format": "csv"})
        tracemalloc.start()
        try:
            assert run_job(job=job).state == "done"
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    # The storage of the tests is in memory.
    monkeypatch.setattr(Progress, "attach", lambda self, name, content: None)
    monkeypatch.setattr(files, "CHUNK", 200)
    peak(400)  # warm: caches of the ORM are not what is measured
    few = peak(400)
    many = peak(4000)
    assert many < 1.3 * few, (few, many)


def test_a_filter_that_is_gone_means_nobody_not_everybody(people, monkeypatch):
    job = asked({"country": "DE"}, action="tag", options={"name": "New"})
    job.params["criteria"]["values"] = {"weather": ["fair"]}
    job.save()
    assert run_job(job=job).state == "failed"
    assert Contact.objects.filter(tags__slug="new").count() == 0


# REST -------------------------------------------------------------------------------------------------


@pytest.fixture
def call(client):
    def caller(method, path, body=None, scopes=("contacts:read", "contacts:write")):
        key = create_token(name="test", scopes=scopes)[1]
        return client.generic(
            method,
            f"/marketing/api/v1/contacts/{path}",
            b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}"},
        )

    return caller


def test_rest_lists_by_the_filters_of_the_screen(call, people):
    answer = call("GET", "?country=DE&q=@example.com").json()
    assert [row["email"] for row in answer["results"]] == [f"person{n}@example.com" for n in (4, 2, 0)]
    assert call("GET", "?created_from=soon").json()["field"] == "created_from"
    assert call("GET", "?consent_email=perhaps").json()["field"] == "consent_email"
    assert len(call("GET", "?consent_email=never&limit=2").json()["results"]) == 2


def test_rest_tags_one(call, people):
    uuid = people[0].uuid
    assert call("POST", f"{uuid}/tags/", {"name": "VIP"}).json() == ["VIP"]
    assert call("POST", f"{uuid}/tags/", {"name": "vip"}).json() == ["VIP"]
    assert call("POST", f"{uuid}/tags/", {"name": "!"}).json()["field"] == "name"
    for _time in range(2):
        assert call("DELETE", f"{uuid}/tags/vip/").status_code == 204
    assert call("DELETE", f"{uuid}/tags/none/").status_code == 404
    assert people[0].tags.count() == 0


def test_rest_asks_for_bulk_work(call, people):
    body = {"action": "tag", "filter": {"country": "DE"}, "options": {"name": "New"}}
    answer = call("POST", "bulk/", body)
    assert (answer.status_code, answer.json()["count"], answer.json()["state"]) == (202, 6, "queued")
    run_job(job=Job.objects.get())
    path = f"bulk/{answer.json()['id']}/"
    assert call("GET", path).json()["result"] == {"matched": 6, "changed": 6, "as they were": 0}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "tag", "filter": {}, "options": {"name": "New"}}, "all"),
        ({"action": "tag", "filter": {"weather": "fair"}, "options": {"name": "New"}}, "filter.weather"),
        ({"action": "tag", "filter": {"ids": ["1"]}, "options": {"name": "New"}}, "filter.ids"),
        ({"action": "tag", "filter": {"country": {"a": 1}}, "options": {"name": "New"}}, "country"),
        ({"action": "tag", "filter": {"country": "DE"}}, "name"),
        ({"action": "export", "filter": {"country": "DE"}}, "action"),
        ({"action": "tag", "filter": {"country": "XX"}, "options": {"name": "New"}}, "criteria"),
    ],
)
def test_rest_refuses_bulk_work_at_its_field(call, people, body, field):
    answer = call("POST", "bulk/", body)
    assert (answer.status_code in (400, 422), answer.json()["field"]) == (True, field)
    assert Job.objects.count() == 0


def test_rest_suppresses_with_the_scope_of_consent_only(call, people):
    body = {"action": "suppress", "filter": {"country": "DE"}, "options": {"channels": ["email"], "reason": "manual"}}
    assert call("POST", "bulk/", body).status_code == 403
    assert Job.objects.count() == 0
    assert call("POST", "bulk/", body, scopes=("contacts:write", "consent:write")).status_code == 202
