"""Sign up, confirm, choose, leave: without JavaScript, and each page in light, dark and narrow."""

import email
import email.policy
import re
from html import unescape
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from tests.messaging.conftest import sink  # noqa: F401  fixture
from wagtail_marketing.contacts import selectors, services
from wagtail_marketing.contacts.models import ConsentState, Contact, ContactPreference, SignUp
from wagtail_marketing.core import tasks


def link_of(received, base: str) -> str:
    """The address of the confirmation, as a mail program shows it."""
    message = email.message_from_bytes(received.data, policy=email.policy.SMTP)
    html = unescape(message.get_body(("html",)).get_content())
    return re.findall(rf'{re.escape(base)}(/marketing/c/confirm/[^"]+)', html)[0]


@pytest.fixture
def quick(settings):
    """A test types faster than people do."""
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SIGN_UP_MIN_SECONDS": 0}


@pytest.mark.django_db(transaction=True)
def test_without_javascript_from_the_front_page_to_the_list_and_off_it(
    open_page,
    live_server,
    sink,  # noqa: F811
    settings,
    quick,
    look,
):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "PUBLIC_BASE_URL": live_server.url}
    call_command("setup_sandbox", stdout=StringIO())
    page = open_page(javascript=False)
    page.guard.allow("422")
    page.goto("/")
    expect(page.get_by_role("heading", name="Hear of it first")).to_be_visible()
    page.get_by_label("First name").fill("Ann")
    page.get_by_label("E-mail").fill("ann@")
    page.get_by_role("button", name="Sign me up").click()
    # What is wrong is said, and what was right is still there.
    expect(page.get_by_label("First name")).to_have_value("Ann")
    expect(page.get_by_text("Choose at least one.")).to_be_visible()
    expect(page.get_by_text("is not an e-mail address")).to_be_visible()
    page.get_by_label("E-mail").fill("ann@example.com")
    page.get_by_label("Weekly specials").check()
    page.get_by_role("button", name="Sign me up").click()
    expect(page.get_by_role("heading", name="Look into your inbox")).to_be_visible()
    assert page.context.cookies() == []
    assert SignUp.objects.get().address == "ann@example.com"

    tasks.drain_until_idle()
    page.goto(link_of(sink.to("ann@example.com")[0], live_server.url))
    expect(page.get_by_text("Weekly specials")).to_be_visible()
    assert not selectors.deliverable("email").exists()
    page.get_by_role("button", name="Yes, I confirm").click()
    expect(page.get_by_role("heading", name="Your sign-up is confirmed")).to_be_visible()
    ann = Contact.objects.get()
    assert list(selectors.deliverable("email")) == [ann]

    page.get_by_role("link", name="Choose what you get").click()
    expect(page.get_by_label("Weekly specials")).to_be_checked()
    expect(page.get_by_label("Recipes")).not_to_be_checked()
    page.get_by_label("Recipes").check()
    page.get_by_label("Pause").select_option("30")
    page.get_by_label("Not before").select_option("18:00")
    page.get_by_label("Not after").select_option("20:00")
    page.get_by_label("Your time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    assert ContactPreference.objects.get().contact_from.hour == 18
    assert not ConsentState.objects.exclude(state="subscribed").exists()
    page.get_by_role("button", name="Unsubscribe from everything").click()
    expect(page.get_by_role("status")).to_contain_text("unsubscribed from everything")
    expect(page.get_by_label("Send me messages this way")).not_to_be_checked()
    assert ConsentState.objects.get(topic=None).state == "unsubscribed"
    assert page.context.cookies() == []


@pytest.mark.django_db(transaction=True)
def test_each_public_page_is_accessible_in_light_dark_and_narrow(page, live_server, settings, quick, look, sink):  # noqa: F811
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "PUBLIC_BASE_URL": live_server.url}
    call_command("setup_sandbox", stdout=StringIO())
    page.guard.allow("422|404")
    page.goto("/")
    look(page, "sign-up-block", within=".wm-sign-up")
    page.goto("/marketing/c/sign-up/")
    look(page, "sign-up")
    page.get_by_label("E-mail").fill("ann@")
    page.get_by_role("button", name="Sign up").click()
    look(page, "sign-up-errors")
    page.get_by_label("E-mail").fill("ann@example.com")
    page.get_by_label("Recipes").check()
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Look into your inbox")).to_be_visible()
    look(page, "sign-up-done")
    tasks.drain_until_idle()
    page.goto(link_of(sink.to("ann@example.com")[0], live_server.url))
    look(page, "confirm")
    page.get_by_role("button", name="Yes, I confirm").click()
    expect(page.get_by_role("heading", name="Your sign-up is confirmed")).to_be_visible()
    look(page, "confirmed")
    page.get_by_role("link", name="Choose what you get").click()
    expect(page.get_by_role("heading", name="Your preferences")).to_be_visible()
    look(page, "preferences")
    page.get_by_label("Not before").select_option("18:00")
    page.get_by_role("button", name="Save").click()
    look(page, "preferences-errors")
    page.goto("/marketing/c/confirm/x")
    look(page, "unknown-link")
    page.goto("/marketing/c/preferences/")
    look(page, "preferences-by-mail")


@pytest.mark.django_db(transaction=True)
def test_topics_and_suppressions_in_the_admin(admin_page, look):
    call_command("setup_sandbox", stdout=StringIO())
    services.suppress(channel="email", address="ann@example.com", reason="complaint")
    page = admin_page
    page.goto("/admin/marketing/topics/")
    look(page, "topics")
    page.get_by_role("link", name="Recipes").first.click()
    look(page, "topic", within="form[method=post] .w-panel")
    page.goto("/admin/marketing/suppressions/?q=ann@example.com")
    look(page, "suppressions")
    page.get_by_role("link", name=re.compile("off the list")).click()
    look(page, "suppression-remove")
    page.goto("/admin/marketing/suppressions/add/")
    look(page, "suppression-add")
