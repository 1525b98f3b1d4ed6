"""Files to contacts: who a row is, what is written, what is refused and why, and what came of it."""

import io
from datetime import UTC, date, datetime

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook

from tests.contacts.imports.kit import LONG_AGO, NOW, bring, check, counts, faults, upload, work
from wagtail_marketing.contacts import services, tasks
from wagtail_marketing.contacts.imports.errors import UnreadableFile
from wagtail_marketing.contacts.imports.resource import ContactResource
from wagtail_marketing.contacts.models import (
    Contact,
    ContactAttribute,
    ContactImport,
    ImportedContact,
    ImportFault,
    ImportState,
    ListMembership,
    Tag,
)
from wagtail_marketing.contacts.services import imports
from wagtail_marketing.contacts.services.lists import add_to_list, create_list
from wagtail_marketing.core.errors import InvalidInput, WrongState
from wagtail_marketing.host.types import AttributeSpec
from wagtail_marketing.jobs.progress import Cancelled, Progress
from wagtail_marketing.testing.memory_host import MemoryHost

pytestmark = pytest.mark.django_db


def people() -> dict[str, tuple[str, str]]:
    return {c.email: (c.first_name, c.city) for c in Contact.objects.all()}


def test_new_people_come_in_with_everything_that_the_columns_say():
    host = MemoryHost(
        attributes=(
            AttributeSpec("age", "number"),
            AttributeSpec("vip", "boolean"),
            AttributeSpec("size", label="Shoe size"),
        )
    )
    with host.active():
        done = bring(
            "Customer number;E-Mail;Phone;Name;Country;Date of birth;Tags;Age;VIP;Shoe size;Favourite\n"
            'K-1;Ann@Example.com;+49 30 123456;Ann Maria Ash;Germany;1990-02-28;"one, Two";31,5;yes;43;red\n'
        )
    assert counts(done) == {"rows": 1, "new": 1}
    assert (done.state, done.preset, done.position) == (ImportState.DONE, "", 1)
    ann = Contact.objects.get()
    assert (ann.external_key, ann.email, ann.email_normalised) == ("K-1", "Ann@Example.com", "ann@example.com")
    assert (ann.phone_e164, ann.first_name, ann.last_name) == ("+4930123456", "Ann Maria", "Ash")
    assert (ann.country, ann.birthday, ann.source) == ("DE", date(1990, 2, 28), "import")
    assert ann.attributes == {"age": 31.5, "vip": True, "size": "43"}
    assert set(ann.tags.values_list("name", flat=True)) == {"one", "Two"}
    assert {row.name: (row.number, row.folded) for row in ContactAttribute.objects.all()} == {
        "age": (31.5, ""),
        "vip": (None, "true"),
        "size": (None, "43"),
    }
    assert ann.consent_states.count() == 0


@pytest.mark.parametrize(
    ("known", "after", "counted"),
    [
        ("update", ("Anna", "Bonn"), {"rows": 2, "new": 1, "updated": 1}),
        ("fill", ("Ann", "Bonn"), {"rows": 2, "new": 1, "updated": 1}),
        ("skip", ("Ann", ""), {"rows": 2, "new": 1, "skipped": 1}),
    ],
)
def test_what_becomes_of_known_people_is_chosen(known, after, counted):
    services.create_contact(source="api", email="ann@example.com", first_name="Ann", last_name="Ash")
    done = bring("email,first name,last name,city\nANN@example.com,Anna,,Bonn\nnew@x.example,N,N,\n", known=known)
    assert people() == {"ann@example.com": after, "new@x.example": ("N", "")}
    assert Contact.objects.get(email="ann@example.com").last_name == "Ash"
    assert counts(done) == counted


def test_a_row_is_known_by_key_then_identifier_then_address_then_phone():
    by_key = services.create_contact(source="sync", external_key="K-1", email="shared@x.example")
    guest = services.create_contact(source="api", email="guest@x.example")
    calls = services.create_contact(source="api", phone="+4930123456")
    named = services.create_contact(source="api", email="old@x.example")
    bring(
        "external_key,uuid,email,phone,first_name\n"
        "K-1,,shared@x.example,,by key\n"
        "K-2,,shared@x.example,,another customer\n"
        "K-3,,guest@x.example,,by address\n"
        ",,,+49 30 123456,by phone\n"
        f",{named.uuid},new@x.example,,by identifier\n"
        ",,other@x.example,+49 30 123456,phone is not enough\n"
    )
    assert {c.pk: c.first_name for c in Contact.objects.filter(pk__in=[by_key.pk, guest.pk, calls.pk, named.pk])} == {
        by_key.pk: "by key",
        guest.pk: "by address",
        calls.pk: "phone is not enough",
        named.pk: "by identifier",
    }
    assert Contact.objects.get(pk=guest.pk).external_key == "K-3"
    assert Contact.objects.get(pk=named.pk).email == "new@x.example"
    assert Contact.objects.get(external_key="K-2").first_name == "another customer"
    assert Contact.objects.count() == 5


def test_every_fault_names_row_column_and_remedy_and_stops_nobody_else():
    source = check(
        upload(
            "email,phone,birthday,country,first name\n"
            "no address,,,,A\n"
            "ok@x.example,,,,Ok\n"
            ",12,30/30/2000,Atlantis,B\n"
            ",,,,Nobody\n"
            "c@x.example,,03/04/2000,,C\n"
            "d@x.example,,,,D,more\n"
            f"e@x.example,,,,{'x' * 151}\n"
        )
    )
    assert faults(source) == [
        (2, {"0": "email"}),
        (4, {"1": "phone", "2": "date", "3": "country"}),
        (5, {"": "nobody"}),
        (6, {"2": "ambiguous_date"}),
        (7, {"": "cells"}),
        (8, {"4": "too_long"}),
    ]
    assert (source.state, source.checked_counts["new"], source.checked_counts["invalid"]) == ("checked", 1, 6)
    assert Contact.objects.count() == 0, "a check writes nothing"
    done = work(imports.start_import(source=source))
    assert list(Contact.objects.values_list("email", flat=True)) == ["ok@x.example"]
    lines = list(imports.fault_lines(done))
    assert lines[0] == ["email", "phone", "birthday", "country", "first name", "import_row", "import_error"]
    assert lines[1] == [
        "no address", "", "", "", "A", "2", "email: This is not an e-mail address. Write it as name@example.com."
    ]  # fmt: skip
    assert len(lines) == 7


def test_the_file_of_faulty_rows_is_corrected_and_uploaded_again():
    done = bring("E-Mail Address;First name;Birthday\nann@;=Ann;2000-01-01\nbob@x.example;Bob;\n")
    text = "".join(imports.csv_text(imports.fault_lines(done)))
    assert "'=Ann" in text
    again = upload(text.replace("ann@,", "ann@x.example,"))
    assert (again.preset, again.columns[-2:]) == ("again", ["", ""])
    bring(text.replace("ann@,", "ann@x.example,"))
    assert people() == {"bob@x.example": ("Bob", ""), "ann@x.example": ("=Ann", "")}


def test_somebody_who_stands_twice_is_one_person_and_the_last_row_counts(monkeypatch):
    file = "email,first name,city\n" + "".join(
        f"{address},{name},{city}\n"
        for address, name, city in (
            ("ann@x.example", "Ann", "Bonn"),
            ("bob@x.example", "Bob", ""),
            ("ANN@x.example", "Anna", ""),
            ("not an address", "X", ""),
            ("bob@x.example", "Rob", "Ulm"),
        )
    )
    for size in (2000, 2, 1):
        Contact.objects.all().delete()
        monkeypatch.setattr(tasks, "CHUNK", size)
        done = bring(file)
        assert people() == {"ann@x.example": ("Anna", "Bonn"), "bob@x.example": ("Rob", "Ulm")}, size
        assert counts(done) == {"rows": 5, "new": 2, "repeated": 2, "invalid": 1}, size
        assert {k: v for k, v in done.checked_counts.items() if v} == counts(done), size


def test_values_of_a_faulty_row_never_stick_to_a_good_one():
    services.create_contact(source="api", email="ann@x.example", first_name="Ann")
    bring("email,first name,phone\nann@x.example,Wrong,12\nann@x.example,,+4930123456\n")
    ann = Contact.objects.get()
    assert (ann.first_name, ann.phone_e164) == ("Ann", "+4930123456")


def test_nothing_changed_is_not_written():
    services.create_contact(source="api", email="ann@x.example", first_name="Ann", phone="+4930123456", now=NOW)
    done = bring("email,first name,phone\nAnn@X.example,Ann,+49 30 123456\n")
    assert counts(done) == {"rows": 1, "unchanged": 1}
    assert Contact.objects.get().updated_at == NOW


def test_two_contacts_of_one_address_mean_the_first():
    first = services.create_contact(source="api", email="ann@x.example")
    services.create_contact(source="api", email="ann@x.example")
    bring("email,first name\nann@x.example,Ann\n")
    assert Contact.objects.get(first_name="Ann") == first


def test_tags_and_the_list_go_to_everybody_taken_and_are_taken_back():
    friends = create_list(name="Friends")
    known = services.create_contact(source="api", email="known@x.example")
    services.add_tag(contact=known, name="Spring")
    add_to_list(contact_list=friends, contacts=[known.pk])
    done = bring(
        "email,tags\nknown@x.example,vip\nnew@x.example,\nbroken,\nnew@x.example,late\n", tag="spring", list=friends.pk
    )
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["Spring", "late", "vip"]
    assert sorted(Contact.tags.through.objects.values_list("contact__email", "tag__name")) == [
        ("known@x.example", "Spring"),
        ("known@x.example", "vip"),
        ("new@x.example", "Spring"),
        ("new@x.example", "late"),
    ]
    friends.refresh_from_db()
    assert (friends.size, done.counts["listed"]) == (2, 1)
    taken = imports.undo_import(source=done)
    assert taken == {"tags": 3, "list": 1}
    assert ListMembership.objects.get().contact == known
    assert list(Contact.tags.through.objects.values_list("contact__email", "tag__name")) == [
        ("known@x.example", "Spring")
    ]
    assert Contact.objects.count() == 2
    with pytest.raises(WrongState):
        imports.undo_import(source=done)


def test_an_apostrophe_is_taken_off_only_in_files_of_ours():
    bring("email,first name\na@x.example,'=1+1\n")
    assert Contact.objects.get().first_name == "'=1+1"
    ann = Contact.objects.get()
    bring(f"uuid,email,first name\n{ann.uuid},a@x.example,'=2+2\n")
    assert Contact.objects.get().first_name == "=2+2"


def test_a_workbook_comes_in_too():
    book, target = Workbook(), io.BytesIO()
    for row in (
        ["E-Mail", "Birthday", "Phone"],
        ["a@x.example", date(1999, 1, 2), 4930123456.0],
        [],
        ["bad", None, None],
    ):
        book.active.append(row)
    book.save(target)
    done = bring(target.getvalue(), ["email", "birthday", ""], name="people.xlsx")
    assert counts(done) == {"rows": 2, "new": 1, "invalid": 1}
    assert faults(done) == [(4, {"0": "email"})]
    assert Contact.objects.get().birthday == date(1999, 1, 2)


def test_caps_are_said_in_words(settings):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "IMPORT_MAX_ROWS": 2, "IMPORT_MAX_MB": 0}
    with pytest.raises(UnreadableFile, match="1 MB; at most 0 MB"):
        upload("email\na@x.example\n")
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "IMPORT_MAX_MB": 1}
    source = check(upload("email\n" + "".join(f"a{n}@x.example\n" for n in range(3))))
    assert source.state == ImportState.FAILED
    assert "more than 2 rows" in source.job.errors[0]["message"]
    with pytest.raises(UnreadableFile, match="301 columns"):
        upload(",".join(f"c{n}" for n in range(301)) + "\n1\n")
    with pytest.raises(UnreadableFile, match="no rows"):
        upload("email,name\n")


@pytest.mark.parametrize(
    ("columns", "options", "field"),
    [
        (["", "first_name"], {}, "columns"),
        (["email", "email"], {}, "columns"),
        (["email", "shoe"], {}, "columns"),
        (["email"], {}, "columns"),
        (["email", ""], {"known": "erase"}, "known"),
        (["email", ""], {"status": "loves us"}, "status"),
        (["email", ""], {"status": "subscribed"}, "agreed_by"),
        (["email", ""], {"status": "subscribed", "agreed_by": "form"}, "agreed_at"),
        (["email", "consent.email"], {"agreed_by": "form"}, "agreed_at"),
        (["email", ""], {"list": 77}, "list"),
        (["email", ""], {"topic": 77}, "topic"),
        (["email", ""], {"channel": "pigeon"}, "channel"),
        (["email", ""], {"agreed_at": datetime(2999, 1, 1, tzinfo=UTC)}, "agreed_at"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_at_its_field(columns, options, field):
    source = upload("email,b\na@x.example,x\n")
    before = source.columns
    with pytest.raises(InvalidInput) as error:
        imports.set_plan(source=source, columns=columns, options=options)
    assert error.value.field == field
    source.refresh_from_db()
    assert source.columns == before


def test_each_step_has_its_turn():
    source = upload("email\na@x.example\n")
    with pytest.raises(WrongState):
        imports.resume_import(source=source)
    with pytest.raises(WrongState):
        imports.undo_import(source=source)
    done = bring("email\na@x.example\n")
    for step in (imports.start_check, imports.start_import, imports.resume_import):
        with pytest.raises(WrongState):
            step(source=done)
    with pytest.raises(WrongState):
        imports.set_plan(source=done, columns=["email"])


def test_a_stopped_import_keeps_what_it_did_and_goes_on_from_there(monkeypatch):
    monkeypatch.setattr(tasks, "CHUNK", 2)
    set_, calls = Progress.set, []

    def stop_after_two(self, done, *args, **kwargs):
        calls.append(done)
        if done == 4 and len(calls) < 5:
            raise Cancelled
        set_(self, done, *args, **kwargs)

    source = check(upload("email,tags\n" + "".join(f"p{n}@x.example,t\n" for n in range(7))))
    monkeypatch.setattr(Progress, "set", stop_after_two)
    source = work(imports.start_import(source=source))
    assert (source.state, source.position, Contact.objects.count()) == (ImportState.CANCELLED, 4, 4)
    assert source.may_resume
    source = work(imports.resume_import(source=source))
    assert (source.state, counts(source)) == (ImportState.DONE, {"rows": 7, "new": 7})
    assert ImportedContact.objects.filter(source=source).count() == 7


def test_files_go_after_their_days_and_the_history_stays():
    done = bring("email\nbad\na@x.example\n")
    storage, name = done.file.storage, done.file.name
    waiting = upload("email\nb@x.example\n")
    assert imports.forget_import_files() == 0
    later = datetime(2999, 1, 1, tzinfo=UTC)
    assert imports.forget_import_files(now=later) == 2
    assert not storage.exists(name)
    done.refresh_from_db()
    waiting.refresh_from_db()
    assert (bool(done.file), done.state, done.counts["new"], ImportFault.objects.count()) == (False, "done", 1, 0)
    assert waiting.state == ImportState.CANCELLED
    assert imports.forget_import_files(now=later) == 0


def test_erasing_a_person_deletes_every_file_that_names_them():
    touched = bring("email,first name\nann@x.example,Ann\n")
    other = bring("email\nbob@x.example\n")
    faulty = bring("email,phone\nann@x.example,12\nbob@x.example,\n")
    waiting = upload("email,first name\nAnn@X.example,Ann\n")
    ann = Contact.objects.get(email="ann@x.example")
    services.erase_person(contact=ann)
    for source in (touched, other, faulty, waiting):
        source.refresh_from_db()
    assert [bool(s.file) for s in (touched, other, faulty, waiting)] == [False, True, False, False]
    assert waiting.state == ImportState.CANCELLED
    assert ImportFault.objects.count() == 0
    # A later import does not bring the pseudonym back to life, nor is the address written to.
    again = bring(f"uuid,email\n{ann.uuid},ann@x.example\n", status="subscribed", agreed_by="form", agreed_at=LONG_AGO)
    assert counts(again, "stayed_suppressed", "new") == {"new": 1, "stayed_suppressed": 1}
    ann.refresh_from_db()
    assert ann.email == ""


def test_the_file_lies_in_private_storage():
    source = upload("email\na@x.example\n")
    assert source.file.storage == ContactImport._meta.get_field("file").storage
    assert source.file.name.startswith("imports/")
    assert "people" not in source.file.name


def test_the_number_of_statements_does_not_follow_the_number_of_rows():
    used = []
    for size, start in ((5, 0), (900, 100)):
        rows = "".join(f"p{n}@x.example,N,t\n" for n in range(start, start + size))
        source = check(upload(f"email,first name,tags\n{rows}"))
        with CaptureQueriesContext(connection) as queries:
            work(imports.start_import(source=source))
        # SQLite takes few values per statement, so that Django parts its INSERTs.
        used.append(sum(not query["sql"].startswith("INSERT") for query in queries))
    # How far it is, is written once a second: a few statements more on a slow machine.
    assert used[1] <= used[0] + 9


def test_a_row_at_which_the_database_balks_costs_no_other(monkeypatch):
    create = ContactResource.bulk_create

    def balk(self, *args, **kwargs):
        if any(person.first_name == "Poison" for person in self.create_instances):
            raise IntegrityError("no")
        create(self, *args, **kwargs)

    monkeypatch.setattr(ContactResource, "bulk_create", balk)
    names = ["A", "B", "Poison", "C", "D"]
    done = bring("email,first name\n" + "".join(f"{n}@x.example,{n}\n" for n in names))
    assert counts(done) == {"rows": 5, "new": 4, "invalid": 1}
    assert faults(done) == [(4, {"": "refused"})]


def test_a_file_object_of_any_kind_is_taken():
    assert imports.create_import(file=ContentFile(b"email\na@x.example\n"), file_name="x.csv").columns == ["email"]
