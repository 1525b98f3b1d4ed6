"""Something done with many contacts, by keyboard alone."""

import pytest
from playwright.sync_api import expect

from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.jobs.models import Job
from wagtail_marketing.jobs.services import run_job


@pytest.fixture
def people(transactional_db):
    for name in ("Ann", "Bo", "Cleo"):
        services.create_contact(source="api", email=f"{name.lower()}@example.com", first_name=name, country="DE")


def test_tag_two_rows_by_keyboard(admin_page, people, look):
    admin_page.goto("/admin/marketing/contacts/?country=DE")
    for name in ("Ann", "Bo"):
        box = admin_page.get_by_role("checkbox", name=f"Choose {name}")
        box.focus()
        box.press("Space")
    expect(admin_page.get_by_role("radio", name="2 chosen rows")).to_be_checked()
    look(admin_page, "contacts-bulk")
    admin_page.get_by_role("button", name="Go on").press("Enter")
    expect(admin_page.get_by_role("heading", name="Add a tag: 2 contacts?")).to_be_visible()
    admin_page.get_by_label("Tag").fill("Regular")
    look(admin_page, "contacts-bulk-ask")
    admin_page.get_by_role("button", name="Yes, for 2 contacts").press("Enter")
    expect(admin_page.get_by_text("This is done in the background")).to_be_visible()
    run_job(job=Job.objects.get())
    assert sorted(Contact.objects.filter(tags__slug="regular").values_list("first_name", flat=True)) == ["Ann", "Bo"]
