"""The kit's components and the screens of settings, jobs and tokens, as a person sees them."""

import pytest
from playwright.sync_api import Page, expect
from wagtail.models import Site

from wagtail_marketing.jobs.models import Job
from wagtail_marketing.models import MarketingSettings


@pytest.mark.urls("tests.browser.kit_urls")
def test_every_component_can_be_seen_read_and_runs_nothing(admin_page: Page, look):
    dialogs = []
    admin_page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    admin_page.goto("/admin/gallery/")
    look(admin_page, "kit-gallery")
    expect(admin_page.locator("canvas")).to_have_count(1)
    assert dialogs == []
    expect(admin_page.get_by_text("up 12.5 % to last month")).to_be_visible()
    expect(admin_page.locator("canvas").first).to_be_visible()
    expect(admin_page.get_by_role("rowheader", name="12 March")).to_be_hidden()
    admin_page.get_by_text("The figures as a table").first.click()
    expect(admin_page.get_by_role("rowheader", name="12 March")).to_be_visible()
    # 02:30 EST became 03:30 EDT in that night: the day is the shop's, and so is the hour.
    expect(admin_page.locator("time").first).to_have_text("3:30 a.m. EDT")


@pytest.mark.urls("tests.browser.kit_urls")
def test_without_javascript_the_figures_stand_there(open_page, admin_user):
    page = open_page(user=admin_user, javascript=False)
    page.goto("/admin/gallery/")
    expect(page.get_by_role("rowheader", name="12 March")).to_be_visible()
    expect(page.locator("canvas").first).to_be_hidden()


@pytest.mark.urls("tests.browser.kit_urls")
def test_the_chart_takes_the_themes_colours(admin_page: Page):
    def colour() -> str:
        return admin_page.evaluate(
            "() => Chart.getChart(document.querySelector('canvas')).data.datasets[0].borderColor"
        )

    admin_page.goto("/admin/gallery/")
    light = colour()
    admin_page.emulate_media(color_scheme="dark")
    admin_page.wait_for_function("() => matchMedia('(prefers-color-scheme: dark)').matches")
    assert (light, colour()) == ("#007d7e", "#4fd1d2")


@pytest.mark.urls("tests.browser.kit_urls")
def test_the_button_waits_for_the_typed_word(admin_page: Page, look):
    admin_page.goto("/admin/gallery/confirm/")
    send = admin_page.get_by_role("button", name="Send to 398 people")
    expect(send).to_be_disabled()
    admin_page.get_by_label("Type 398 to go on").fill("39")
    expect(send).to_be_disabled()
    admin_page.get_by_label("Type 398 to go on").fill("398")
    expect(send).to_be_enabled()
    look(admin_page, "kit-confirm")
    send.click()
    expect(admin_page.get_by_text("It is on its way.")).to_be_visible()


def test_sender_and_brand_are_set_by_hand(admin_page: Page, look):
    admin_page.goto("/admin/marketing/settings/")
    look(admin_page, "settings")
    admin_page.get_by_role("link", name="Sender and brand").click()
    admin_page.get_by_role("button", name="Add Sender").click()
    admin_page.get_by_label("Name").first.fill("Ann of Corner Grocery")
    admin_page.get_by_label("Address").first.fill("ann@shop.example")
    admin_page.get_by_label("Postal address").fill("1 Main Street")
    admin_page.get_by_label("Text on the brand colour").fill("#00777a")
    expect(admin_page.get_by_label("Pick the colour of text on it")).to_have_value("#00777a")
    admin_page.get_by_label("Pick the background").fill("#ffffff")
    expect(admin_page.locator("#id_colour_background")).to_have_value("#ffffff")
    look(admin_page, "settings-site", within=".wm-checklist, .wm-colour")
    admin_page.get_by_role("button", name="Save").click()
    expect(admin_page.get_by_text("The settings were saved.")).to_be_visible()
    expect(admin_page.get_by_text("Text on buttons: contrast 1.2 : 1")).to_be_visible()
    row = MarketingSettings.objects.get(site=Site.objects.get())
    assert [(s.name, s.address) for s in row.senders.all()] == [("Ann of Corner Grocery", "ann@shop.example")]


def test_a_job_is_watched_and_stopped(admin_page: Page, look):
    job = Job.objects.create(kind="test.watch", state="running", done=120, total=400, note="orders")
    admin_page.goto("/admin/marketing/jobs/")
    look(admin_page, "jobs")
    admin_page.get_by_role("link", name="test.watch").click()
    expect(admin_page.get_by_text("120 of 400 (30 %)")).to_be_visible()
    Job.objects.filter(pk=job.pk).update(done=200)
    expect(admin_page.get_by_text("200 of 400 (50 %)")).to_be_visible()
    admin_page.get_by_role("link", name="Stop this job").focus()
    Job.objects.filter(pk=job.pk).update(done=300)
    expect(admin_page.get_by_text("300 of 400 (75 %)")).to_be_visible()
    expect(admin_page.get_by_role("link", name="Stop this job")).to_be_focused()
    admin_page.get_by_role("link", name="Stop this job").click()
    admin_page.get_by_role("button", name="Yes, stop it").click()
    expect(admin_page.get_by_text("stops at its next step", exact=True)).to_be_visible()
    Job.objects.filter(pk=job.pk).update(state="cancelled")
    expect(admin_page.get_by_text("Cancelled")).to_be_visible()
    # It polls no more, so that nothing is replaced while it is looked at.
    look(admin_page, "job")


def test_a_tokens_key_is_shown_once(admin_page: Page, look):
    from wagtail_marketing.api import registry

    registry.register_scope("kit:read", "Read what the test reads")
    try:
        admin_page.goto("/admin/marketing/tokens/")
        admin_page.get_by_role("link", name="Add a token").click()
        look(admin_page, "token-new")
        admin_page.get_by_label("Name").fill("Till")
        admin_page.get_by_label("kit:read").check()
        admin_page.get_by_role("button", name="Make the token").click()
        key = admin_page.get_by_label("The key").inner_text()
        look(admin_page, "token-key")
        admin_page.get_by_role("link", name="I have copied it").click()
        expect(admin_page.get_by_text("Till")).to_be_visible()
        assert key not in admin_page.content()
        look(admin_page, "tokens")
        admin_page.get_by_role("link", name="Revoke “Till”").click()
        admin_page.get_by_role("button", name="Yes, revoke it").click()
        expect(admin_page.locator(".wm-badge")).to_have_text("Revoked")
    finally:
        registry._scopes.unregister("kit:read")


def test_the_api_page_reads_well(page: Page, look):
    page.goto("/marketing/api/v1/docs/")
    look(page, "api-docs", within="body")


def test_the_menu_shows_each_only_what_is_theirs(open_page, django_user_model):
    from django.contrib.auth.models import Group, Permission

    bystander = django_user_model.objects.create_user("bystander", password="x")
    bystander.user_permissions.add(Permission.objects.get(codename="access_admin"))
    page = open_page(user=bystander)
    page.goto("/admin/")
    expect(page.get_by_role("button", name="Marketing")).to_have_count(0)
    everything = [
        "Dashboard",
        "Campaigns",
        "E-mails",
        "Segments",
        "Contacts",
        "Lists",
        "Discounts",
        "Reports",
        "Settings",
    ]
    for role, shown in (("managers", everything), ("analysts", everything[:-1])):
        user = django_user_model.objects.create_user(role, password="x")
        user.groups.add(Group.objects.get(name=f"Marketing {role}"))
        page = open_page(user=user)
        page.goto("/admin/")
        page.get_by_role("button", name="Marketing").click()
        expect(page.locator(".sidebar-sub-menu-panel").get_by_role("link", name="Dashboard")).to_be_visible()
        entries = page.locator(".sidebar-sub-menu-panel a").all_inner_texts()
        assert [entry for entry in entries if entry] == shown
