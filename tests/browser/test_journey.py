"""The main job as people do it, in a browser: the editor in the admin, the customer in mail and shop."""

import re
import socket
import time
from datetime import UTC, datetime
from io import StringIO

import pytest
from aiosmtpd.controller import Controller
from django.contrib.auth import get_user_model
from django.core.management import call_command
from playwright.sync_api import Page, expect
from shop.demo.visitor import AGENT, parse
from shop.journey import rules
from shop.journey.loader import load
from shop.mailstore import MailStore
from shop.management.commands.mail_catcher import Catcher
from shop.models import Order

from tests.sandbox.data import SmallSource
from wagtail_marketing.campaigns.models import Campaign
from wagtail_marketing.core import tasks

CODE = "WELCOME-BACK"  # the one in the starter e-mail


@pytest.fixture
def shop(live_server, settings, tmp_path):
    """Three households that bought bread three times lately, of which two want news; a local mail server."""
    people = [7, 9, next(number for number in range(10, 100) if not rules.household(number).wants_news)]
    lines = [
        (number, 330, number * 10 + visit, 11, 2, 300, datetime(2017, 12, 1 + visit, 9, place, tzinfo=UTC))
        for visit in range(3)
        for place, number in enumerate(people)
    ]
    settings.SANDBOX_MAIL = tmp_path
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SMTP": {"HOST": "127.0.0.1", "PORT": port}}
    controller = Controller(Catcher(MailStore()), hostname="127.0.0.1", port=port)
    controller.start()
    call_command("setup_sandbox", stdout=StringIO())
    load(SmallSource(lines))
    call_command("marketing_sync", verbosity=0, stdout=StringIO())
    yield
    controller.stop()


def publish(page: Page) -> None:
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".messages")).to_contain_text("published")


def go_on(page: Page, to: str) -> None:
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url(f"**/{to}/")


def make_segment(page: Page) -> None:
    page.goto("/admin/marketing/segments/add/")
    page.locator("#id_name").fill("Bread lovers")
    row = page.locator(".wm-rules__row").first
    row.get_by_label("What").select_option("orders|count")
    row.get_by_label("How").select_option(">=")
    row.get_by_label("Value", exact=True).fill("3")
    row.locator(".wm-rules__adder").select_option("within")
    row.get_by_label("in the last days", exact=True).fill("90")
    row.locator(".wm-rules__adder").select_option("where.categories")
    page.keyboard.type("PASTRY")
    page.keyboard.press("Enter")
    publish(page)


def make_code(page: Page) -> None:
    page.goto("/admin/marketing/discounts/")
    page.get_by_role("link", name=re.compile("add|new", re.IGNORECASE)).first.click()
    page.locator("#id_name").fill("Come back")
    page.locator("#id_percent").fill("20")
    page.locator("#id_code").fill(CODE)
    page.locator("#id_limit_per_contact").fill("1")
    page.get_by_role("button", name=re.compile("^(Create|Save)")).first.click()
    page.get_by_role("link", name="Activate").first.click()
    page.get_by_role("button", name="Activate").click()
    expect(page.locator(".messages")).to_contain_text("is active")


def write_email(page: Page) -> None:
    page.goto("/admin/marketing/emails/starter/")
    page.get_by_label("Win back").check()
    page.locator("#id_name").fill("We have missed you")
    page.get_by_role("button", name="Create draft").click()
    page.wait_for_url("**/edit/**")
    publish(page)


def send_campaign(page: Page) -> None:
    page.goto("/admin/marketing/campaigns/add/")
    page.locator("#id_name").fill("Win back")
    page.get_by_role("button", name="Make the draft").click()
    page.get_by_role("radiogroup", name="Bread lovers").get_by_label("Include").check()
    expect(page.locator(".wm-reach")).to_contain_text("Will reach 2 of 3 people")
    go_on(page, "content")
    page.get_by_label("E-mail", exact=True).select_option(label="We have missed you")
    page.get_by_label(re.compile(f"Come back .{CODE}")).check()
    go_on(page, "costs")
    page.locator("#id_costs-0-amount").fill("2.00")
    go_on(page, "review")
    page.get_by_text(re.compile("^Send now")).first.click()
    page.get_by_role("button", name="Send to 2 people").click()
    expect(page.locator(".messages")).to_contain_text("It is being sent")


def link_of(address: str, words: str) -> str:
    """Where a link of the mail that `address` got leads."""
    store = MailStore()
    mail = next(mail for mail in map(store.get, store.names()) if mail and mail.recipients == (address,))
    return next(url for url, text in parse(mail.html)[0] if text == words)


def buy(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Search products").fill("bread")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=re.compile("^Bread")).first.click()
    page.get_by_label("Pieces").fill("4")
    page.get_by_role("button", name="Put in the cart").click()
    page.get_by_role("link", name="To the checkout").click()
    page.get_by_label("E-mail").fill("household-7@example.com")
    page.get_by_label("Name", exact=True).fill("Ada Stone")
    page.get_by_label("Discount code").fill(CODE)
    page.get_by_role("button", name="Use code").click()
    expect(page.get_by_role("row", name="Total")).to_contain_text("$4.80")
    page.get_by_role("button", name="Order and pay").click()
    expect(page.get_by_role("heading", name="Thank you for your order")).to_be_visible()


def leave(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name=re.compile("unsubscribe", re.IGNORECASE)).click()
    page.wait_for_load_state()


def test_from_a_segment_to_a_campaign_that_earned_money(shop, open_page):
    editor = open_page(user=get_user_model().objects.get(username="manager"))
    make_segment(editor)
    make_code(editor)
    write_email(editor)
    send_campaign(editor)
    tasks.drain_until_idle()
    # Sooner than two seconds after it was sent, a click is taken for a scanner's.
    time.sleep(2.5)
    customer, other = open_page(width=390), open_page()
    for page in (customer, other):
        # The browser of a test calls itself headless, which people's do not.
        page.context.set_extra_http_headers({"User-Agent": AGENT})
    buy(customer, link_of("household-7@example.com", "Use the code"))
    leave(other, link_of("household-9@example.com", "Unsubscribe"))
    tasks.drain_until_idle()
    order = Order.objects.get(channel="web")
    assert (str(order.total), str(order.discount), order.discount_codes) == ("4.80", "1.20", [CODE])
    editor.goto(f"/admin/marketing/campaigns/{Campaign.objects.get().pk}/report/")
    report = editor.locator("main")
    for shown in ("$4.80", "$1.20", "$2.00", "140"):
        expect(report).to_contain_text(shown)
