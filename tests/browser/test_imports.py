"""A file with faults, to the end: upload, columns, check, run, correct the rows, upload them again."""

import pytest
from playwright.sync_api import Page, expect

from tests.contacts.imports.kit import work
from wagtail_marketing.contacts.models import Contact, ContactImport
from wagtail_marketing.contacts.services.lists import create_list

ADD = "/admin/marketing/imports/add/"
FILE = "E-Mail;Vorname;Geburtstag;Newsletter;Opt-in date\nann@x.example;Änn;28.02.1990;yes;2024-01-02\nbob@;Bob;;;\n"
FILE += "cat@x.example;Cat;someday;;\n"


def choose(page: Page, name: str, content: bytes) -> None:
    page.locator("#id_file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Upload and look at the columns").click()


def check(page: Page) -> ContactImport:
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("You can leave this page")).to_be_visible()
    source = ContactImport.objects.order_by("-pk").first()
    work(source)
    # The page asks by itself how far it is.
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
    return source


def run(page: Page, source: ContactImport, label: str) -> None:
    page.get_by_role("link", name=label).click()
    page.get_by_role("button", name="Yes, import it").click()
    work(source)
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_a_file_with_faults_to_the_end(admin_page, look):
    page = admin_page
    create_list(name="Friends")
    page.goto("/admin/marketing/contacts/")
    page.get_by_role("link", name="Import", exact=True).click()
    page.wait_for_url(f"**{ADD}")
    page.get_by_label("Tag to add").fill("spring")
    page.get_by_label("List to put them on").select_option(label="Friends")
    look(page, "import-upload")
    choose(page, "kunden.csv", FILE.encode("cp1252"))
    expect(page.get_by_text("Windows-1252 is our guess")).to_be_visible()
    expect(page.get_by_label("Meaning of “Vorname”")).to_have_value("first_name")
    expect(page.get_by_text("Änn", exact=True)).to_be_visible()
    # Consent wants to know how: the page comes back and says so.
    page.guard.allow("422")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("say how and where they did").first).to_be_visible()
    page.get_by_label("How they agreed").fill("Form on the old site")
    look(page, "import-columns")
    source = check(page)
    expect(page.get_by_role("cell", name="bob@", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="Write it as 2026-03-31", exact=False).first).to_be_visible()
    assert Contact.objects.count() == 0
    look(page, "import-checked")
    run(page, source, "Import 1 person")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the rows to correct").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert text.count("\n") == 3
    look(page, "import-done")
    page.get_by_role("link", name="Import another file").click()
    fixed = text.replace("bob@,", "bob@x.example,").replace("someday", "1991-01-01")
    choose(page, "to-correct.csv", fixed.encode())
    page.get_by_label("How they agreed").fill("Form on the old site")
    source = check(page)
    expect(page.get_by_role("link", name="Download the rows to correct")).to_have_count(0)
    run(page, source, "Import 2 people")
    assert set(Contact.objects.values_list("email", "first_name")) == {
        ("ann@x.example", "Änn"),
        ("bob@x.example", "Bob"),
        ("cat@x.example", "Cat"),
    }
    page.goto("/admin/marketing/imports/")
    expect(page.get_by_role("link", name="kunden.csv")).to_be_visible()
    look(page, "imports")
