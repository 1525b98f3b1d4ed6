"""A list from nothing to an audience, and content that only its members see, behind a cache."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect
from shop.models import HomePage
from wagtail.models import Page, Site

from wagtail_marketing.contacts import services as contacts
from wagtail_marketing.contacts.models import ContactList
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.services.lists import use_as_audience


@pytest.fixture
def people(transactional_db):
    return [
        contacts.create_contact(source="api", external_key=f"c-{name}", email=f"{name}@example.com", first_name=name)
        for name in ("Ann", "Bob")
    ]


def test_a_list_from_nothing_to_an_audience(admin_page, people, look):
    page = admin_page
    page.goto("/admin/marketing/lists/")
    page.get_by_role("link", name="Add list").first.click()
    page.get_by_role("textbox", name="Name").fill("VIPs")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Nobody is on this list yet")).to_be_visible()
    look(page, "list-empty")
    page.get_by_role("main").get_by_role("link", name="Add people").last.click()
    lines = page.get_by_label("E-mail addresses, customer keys or phone numbers, one a line")
    lines.fill("Ann <ann@example.com>\nc-Bob\nnew@example.com")
    look(page, "list-add")
    page.get_by_role("button", name="Add these people").click()
    expect(page.get_by_text("2 people added.")).to_be_visible()
    expect(page.get_by_text("1 address belongs to nobody yet.")).to_be_visible()
    expect(lines).to_have_value("new@example.com")
    look(page, "list-left")
    page.get_by_role("button", name="Make contacts of them and add them").click()
    expect(page.get_by_text("3 members")).to_be_visible()
    look(page, "list-members")
    page.get_by_label("Choose Bob").check()
    page.get_by_role("button", name="Take the chosen off the list").click()
    expect(page.get_by_text("1 person taken off the list.")).to_be_visible()
    vips = ContactList.objects.get()
    assert sorted(vips.memberships.values_list("contact__email", flat=True)) == ["Ann@example.com", "new@example.com"]
    page.get_by_role("button", name="Actions").first.click()
    page.get_by_role("link", name="Use as audience").click()
    page.get_by_role("button", name="Make the segment").click()
    expect(page.get_by_text("is on the list “VIPs”").first).to_be_visible()
    assert Segment.objects.get().name == "List: VIPs"


@pytest.fixture
def visitors(transactional_db, settings):
    settings.WAGTAIL_MARKETING = {
        **settings.WAGTAIL_MARKETING,
        "HOST_ADAPTER": "wagtail_marketing.host.users.UserAdapter",
    }
    users = {name: User.objects.create_user(name, password="x") for name in ("member", "other")}
    made = {
        name: contacts.create_contact(source="sync", external_key=str(user.pk), email=f"{name}@example.com")
        for name, user in users.items()
    }
    vips = contacts.create_list(name="VIPs")
    contacts.add_to_list(contact_list=vips, contacts=[made["member"].pk])
    segment = use_as_audience(contact_list=vips)
    body = {
        "segment": str(segment.pk),
        "inside": [("paragraph", "<p>Welcome back, friend</p>")],
        "others": [("paragraph", "<p>Welcome, stranger</p>")],
    }
    home = HomePage(title="Shop", slug="shop-home", body=[("for_segment", body)])
    Page.get_first_root_node().add_child(instance=home)
    home.save_revision().publish()
    site = Site.objects.get(is_default_site=True)
    site.root_page = home
    site.save()
    return {**users, "guest": None, "page": home.pk}


@pytest.mark.urls("tests.browser.cached_urls")
@pytest.mark.parametrize("mode", ["server", "fragment"])
def test_two_customers_behind_one_cache(open_page, visitors, settings, mode):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SEGMENT_BLOCK": mode}
    for name in ("member", "other", "guest", "member"):
        page = open_page(user=visitors[name], width=390)
        page.goto(f"/cached/{visitors['page']}/")
        friend, stranger = page.get_by_text("Welcome back, friend"), page.get_by_text("Welcome, stranger")
        expect(friend if name == "member" else stranger).to_be_visible()
        expect(stranger if name == "member" else friend).to_have_count(0)
    # Without scripts the page that is there for everybody is what a member sees too, unless the server knows.
    plain = open_page(user=visitors["member"], javascript=False)
    plain.goto(f"/cached/{visitors['page']}/")
    seen = "Welcome back, friend" if mode == "server" else "Welcome, stranger"
    expect(plain.get_by_text(seen)).to_be_visible()
