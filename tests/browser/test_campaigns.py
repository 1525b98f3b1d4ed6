"""A campaign from its name to its report, as a manager and a customer live it."""

# ruff: noqa: F811  fixtures of other rooms

import re
import time

import pytest
from playwright.sync_api import expect

from tests.campaigns.conftest import segment  # noqa: F401  fixtures
from tests.insights import builders
from tests.messaging.conftest import brand, person, sink, template  # noqa: F401  fixtures
from wagtail_marketing.campaigns import services
from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.core import clock, tasks
from wagtail_marketing.messaging.models import MessageEvent, Send

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_first_click_to_the_report(
    sink,
    admin_page,
    open_page,
    look,
    brand,
    person,
    segment,
    template,
):
    ann = person("ann@example.com", first_name="Ann")
    person("ben@example.com", first_name="Ben")
    person("cid@example.com", first_name="Cid", consent=False)
    segment(name="Everybody")
    segment("ben", name="Only Ben")
    template(name="Specials")
    page = admin_page

    page.goto("/admin/marketing/dashboard/")
    look(page, "dashboard-empty")
    page.get_by_role("link", name="New campaign").click()
    page.get_by_label("Name").fill("Spring specials")
    look(page, "campaign-new")
    page.get_by_role("button", name="Make the draft").click()

    everybody = page.get_by_role("radiogroup", name="Everybody")
    everybody.get_by_label("Include").check()
    reach = page.locator(".wm-reach")
    expect(reach).to_have_text("Will reach 2 of 3 people: 1 never agreed to e-mail.")
    page.get_by_role("radiogroup", name="Only Ben").get_by_label("Leave out").check()
    expect(reach).to_have_text("Will reach 1 of 2 people: 1 never agreed to e-mail.")
    page.get_by_role("radiogroup", name="Only Ben").get_by_label("Not used").check()
    expect(reach).to_have_text("Will reach 2 of 3 people: 1 never agreed to e-mail.")
    look(page, "campaign-audience")
    page.get_by_role("button", name="Save and go on").click()

    page.get_by_label("E-mail", exact=True).select_option(label="Specials")
    look(page, "campaign-content")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_label("Amount (USD)").first.fill("25")
    look(page, "campaign-costs")
    page.get_by_role("button", name="Save and go on").click()

    expect(page.get_by_text("Must be fixed")).to_have_count(0)
    preview = page.frame_locator("iframe.wm-preview")
    expect(preview.get_by_role("heading")).to_have_text("Hello Ada")
    page.get_by_label("As", exact=True).select_option(label="Ann")
    expect(preview.get_by_role("heading")).to_have_text("Hello Ann")
    look(page, "campaign-review")
    page.get_by_label("Send a test to").fill("me@shop.example")
    page.get_by_role("button", name="Send the test").click()
    expect(page.get_by_text("A test went to me@shop.example.")).to_be_visible()
    assert [message.recipients for message in sink.messages] == [("me@shop.example",)]

    page.get_by_role("link", name="Send now…").click()
    expect(page.get_by_text("Send “Spring specials” to 2 people now?")).to_be_visible()
    look(page, "campaign-send")
    page.get_by_role("button", name="Send to 2 people").click()
    expect(page.get_by_text("It is being sent.")).to_be_visible()
    page.get_by_role("link", name="Pause").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".wm-badge").first).to_have_text("paused")
    tasks.drain_until_idle()
    assert len(sink.messages) == 1
    page.get_by_role("link", name="Resume").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".wm-badge").first).to_have_text("active")
    tasks.drain_until_idle()
    assert sorted(address for message in sink.messages[1:] for address in message.recipients) == [
        "ann@example.com",
        "ben@example.com",
    ]

    campaign = Campaign.objects.get()
    links = re.findall(rb"http://[^\s\"<>]*/marketing/m/c/[^\s\"<>]*", _unfold(sink.to("ann@example.com")[0]))
    assert links
    # A click within two seconds of sending is taken for a scanner's.
    time.sleep(2.5)
    customer = open_page()
    # The browser of a test calls itself headless, which people's do not.
    customer.context.set_extra_http_headers({"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0"})
    customer.guard.allow(r".*")  # the shop behind the link is not what is looked at here
    customer.goto(links[-1].decode(), wait_until="commit")  # the button: it leads to this server
    tasks.drain_until_idle()
    assert MessageEvent.objects.filter(type="click", machine=False, message__contact=ann).count() == 1
    now = clock.now()
    builders.order(ann, now, total=10000, updated_at=now)
    tasks.drain_until_idle()

    page.goto(f"/admin/marketing/campaigns/{campaign.pk}/report/")
    for label, value in (("Revenue", "$100.00"), ("Orders", "1"), ("Return on investment", "300 %"), ("Clicked", "1")):
        card = page.locator(".wm-stat", has=page.get_by_role("link", name=label, exact=True))
        expect(card.locator(".wm-stat__value")).to_have_text(value)
    look(page, "report")
    page.get_by_role("link", name="Clicked", exact=True).click()
    expect(page.get_by_role("cell", name="ann@example.com")).to_be_visible()
    look(page, "report-people")
    page.goto("/admin/marketing/dashboard/")
    expect(page.get_by_role("link", name="Spring specials")).to_be_visible()
    look(page, "dashboard")
    page.goto("/admin/marketing/campaigns/")
    expect(page.get_by_role("link", name="Spring specials").first).to_be_visible()
    look(page, "campaigns", within=".w-table, table")
    assert Send.objects.count() == 1


def _unfold(received) -> bytes:
    """The parts of a received message, decoded."""
    import email

    message = email.message_from_bytes(received.data)
    return b"\n".join(part.get_payload(decode=True) for part in message.walk() if not part.is_multipart())


def test_what_must_be_fixed_leads_there(admin_page, look, segment, template):
    campaign = services.create_campaign(name="Half done", include=[segment("nobody.invalid", name="Nobody")])
    page = admin_page
    page.goto(f"/admin/marketing/campaigns/{campaign.pk}/review/")
    expect(page.get_by_text("No e-mail is chosen.")).to_be_visible()
    expect(page.get_by_role("link", name="Send now…")).to_have_count(0)
    look(page, "campaign-review-blocked")
    page.get_by_role("link", name="Go to “Content”").click()
    expect(page).to_have_url(re.compile(r"/content/#id_templates$"))


def test_without_javascript_the_steps_work(open_page, admin_user, segment, template):
    segment(name="Everybody")
    page = open_page(user=admin_user, javascript=False)
    page.goto("/admin/marketing/campaigns/add/")
    page.get_by_label("Name").fill("Plain")
    page.get_by_role("button", name="Make the draft").click()
    page.get_by_role("radiogroup", name="Everybody").get_by_label("Include").check()
    page.get_by_role("button", name="Save and go on").click()
    assert Campaign.objects.get().segment_links.count() == 1
