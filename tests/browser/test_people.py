"""One person's page, and two contacts that become one, as staff use them."""

import json

import pytest
from playwright.sync_api import expect

from wagtail_marketing.activity.services import record_note
from wagtail_marketing.contacts import services
from wagtail_marketing.contacts.models import Contact, Strength


@pytest.fixture
def pair(transactional_db):
    first = services.create_contact(
        source="api", email="ann@example.com", first_name="Ann", last_name="Ash", city="Berlin", external_key="c-1"
    )
    second = services.create_contact(source="order", email="Ann@Example.com", first_name="Anna", phone="+4930123456")
    services.record_consent(
        contact=first,
        channel="email",
        state="subscribed",
        strength=Strength.STRONG,
        source="form",
        evidence=services.Evidence(text="Yes, write to me about bread.", ip="192.0.2.7"),
    )
    services.add_tag(contact=second, name="Bakes")
    record_note(contact=second, text="Asked for rye.", user_id="")
    return first, second


def test_a_note_an_export_and_two_who_become_one(admin_page, pair, look):
    first, second = pair
    admin_page.goto(f"/admin/marketing/contacts/{first.pk}/")
    expect(admin_page.get_by_text("agreed on")).to_be_visible()
    admin_page.get_by_label("Add a note").fill("Rang back.")
    admin_page.locator(".wm-note").get_by_role("button", name="Add").click()
    expect(admin_page.get_by_text("Rang back.").first).to_be_visible()
    look(admin_page, "person")
    with admin_page.expect_download() as loading:
        admin_page.get_by_role("link", name="Export", exact=True).click()
    known = json.loads(loading.value.path().read_text())
    assert known["contacts"]["first_name"] == "Ann"
    admin_page.get_by_role("link", name="Consent", exact=True).first.click()
    expect(admin_page.get_by_text("Yes, write to me about bread.").first).to_be_visible()
    look(admin_page, "person-consent")
    admin_page.goto("/admin/marketing/contacts/duplicates/")
    look(admin_page, "duplicates")
    admin_page.get_by_role("link", name="Compare").click()
    look(admin_page, "compare")
    admin_page.get_by_role("button", name="Look at the result").click()
    expect(admin_page.get_by_role("heading", name="Make “")).to_be_visible()
    look(admin_page, "merge")
    admin_page.get_by_role("button", name="Make them one contact").click()
    expect(admin_page.get_by_text("The two are one contact now.")).to_be_visible()
    expect(admin_page.get_by_text("Asked for rye.").first).to_be_visible()
    assert Contact.objects.get().phone_e164 == "+4930123456"
    admin_page.get_by_role("button", name="Undo the merge").click()
    expect(admin_page.get_by_text("The two are apart again")).to_be_visible()
    assert Contact.objects.count() == 2
    admin_page.goto(f"/admin/marketing/contacts/{second.pk}/erase/")
    look(admin_page, "erase")
    admin_page.get_by_label("Type").fill(str(second.pk))
    admin_page.get_by_role("button", name="Erase this person for good").click()
    expect(admin_page.get_by_text("This person was erased.")).to_be_visible()
    look(admin_page, "erased")
