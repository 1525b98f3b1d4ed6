"""E-mails and sends, as an editor sees them."""

import re

import pytest
from playwright.sync_api import expect

from tests.messaging.conftest import brand, person, sink, template  # noqa: F401  fixtures
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import tasks
from wagtail_marketing.messaging.models import EmailTemplate
from wagtail_marketing.messaging.services import create_from_starter, create_send, launch


@pytest.mark.django_db(transaction=True)
def test_an_editor_begins_with_a_starter_and_sees_it_as_it_arrives(admin_page, look, brand, person):  # noqa: F811
    person("ada@example.com", first_name="Ada")
    page = admin_page
    page.goto("/admin/marketing/emails/")
    look(page, "emails-empty", disable=("link-in-text-block",))  # the link is Wagtail's
    page.goto("/admin/marketing/emails/starter/")
    page.get_by_label("Weekly specials").check()
    page.get_by_label("Name").fill("Specials of week 12")
    look(page, "email-starter")
    page.get_by_role("button", name="Create draft").click()
    expect(page.get_by_text("is a draft now")).to_be_visible()
    made = EmailTemplate.objects.get()
    assert (made.name, made.live) == ("Specials of week 12", False)
    look(page, "email-edit", within=".messages")

    page.get_by_role("button", name="Toggle preview").first.click()
    frame = page.frame_locator("#w-preview-iframe").first
    expect(frame.locator(".wm-preview__subject")).to_contain_text("This week’s specials, Ada")

    page.goto(f"/admin/marketing/emails/{made.pk}/preview-as/?contact=ada%40example.com&mode=mobile")
    inner = page.frame_locator(".wm-preview-frame")
    expect(inner.locator(".wm-preview__subject")).to_contain_text("This week’s specials, Ada")
    expect(inner.frame_locator(".wm-preview__frame").get_by_role("heading")).to_have_text("This week’s specials")
    look(page, "email-preview-as")
    for mode in ("desktop", "dark", "text"):
        page.goto(f"/admin/marketing/emails/{made.pk}/preview-as/?contact=ada%40example.com&mode={mode}")
        look(page, f"email-preview-as-{mode}")


@pytest.mark.django_db(transaction=True)
def test_script_in_an_email_runs_nowhere(admin_page, brand, template):  # noqa: F811
    page = admin_page
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    made = template(body=[("html", '<p>Hi<img src="/nothing.png" onerror="alert(1)"><b onclick="alert(2)">x</b></p>')])
    page.guard.allow(r"sandbox|Content Security Policy|nothing\.png|404")
    page.goto(f"/admin/marketing/emails/{made.pk}/frame/?mode=desktop")
    expect(page.frame_locator(".wm-preview__frame").locator("p").first).to_be_attached()
    page.frame_locator(".wm-preview__frame").locator("b").first.click(force=True)
    assert dialogs == []


@pytest.mark.django_db(transaction=True)
def test_each_number_of_a_send_opens_the_list_behind_it(admin_page, look, sink, brand, person, template):  # noqa: F811
    for index in range(3):
        person(f"p{index}@example.com", first_name=f"P{index}")
    person("never@example.com", consent=False)
    send = create_send(template=template(), audience=Contact.objects.all(), source_ref="campaign:1")
    launch(send)
    tasks.drain_until_idle()
    page = admin_page
    page.goto("/admin/marketing/sends/")
    look(page, "sends", within=".w-content, main")
    page.get_by_role("link", name="News").first.click()
    look(page, "send")
    page.get_by_role("link", name=re.compile("Not allowed")).click()
    expect(page.get_by_role("cell", name="never@example.com")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(2)
    look(page, "send-recipients")


@pytest.mark.django_db(transaction=True)
def test_public_pages_are_accessible(page, look, sink, brand, person, template):  # noqa: F811
    from wagtail_marketing.messaging import tracking
    from wagtail_marketing.messaging.models import Message

    person("ada@example.com", first_name="Ada")
    launch(create_send(template=template(), audience=Contact.objects.all(), source_ref="campaign:1"))
    tasks.drain_until_idle()
    token = tracking.sign_message(tracking.UNSUBSCRIBE, Message.objects.get().pk)
    page.goto(f"/marketing/m/u/{token}")
    look(page, "unsubscribe")
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    look(page, "unsubscribed")
    page.guard.allow(r"404")
    page.goto("/marketing/m/u/nonsense")
    look(page, "unknown-link")


def test_starters_compile(brand):  # noqa: F811
    from wagtail_marketing.messaging.rendering import render_for
    from wagtail_marketing.messaging.services import starter_templates

    for starter in starter_templates():
        rendered = render_for(create_from_starter(key=starter.key))
        assert "{{" not in rendered.html + rendered.text + rendered.subject
