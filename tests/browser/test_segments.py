"""The rule builder as somebody uses it: by rows, by keyboard, and without JavaScript."""

import json
import re

import pytest
import wagtail
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from tests.segments.shop import count_totals, order, person, product
from wagtail_marketing.contacts.models import ConsentState
from wagtail_marketing.core.tasks import drain_until_idle
from wagtail_marketing.segments import services
from wagtail_marketing.segments.models import Segment, SegmentVersion

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS = {"match": "all", "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}]}
NOBODY = {"kind": "contact", "params": {"field": "region", "op": "is", "value": "Nowhere"}}


@pytest.fixture
def shop(db):
    product("P1", "PASTRY")
    product("M1", "MILK")
    ann = person("ann", first_name="Ann", last_name="Smith", region="Ohio")
    bob = person("bob", first_name="Bob", last_name="<img src=x onerror=alert(1)>", region="Kentucky")
    person("cyd")
    order(ann, "1", ("P1", 100))
    order(bob, "2", ("M1", 100))
    count_totals()
    ConsentState.objects.create(
        contact=ann, channel="email", state="subscribed", strength=1, address_hash=ann.email_hash,
        changed_at=ann.created_at,
    )  # fmt: skip


def rules_in(page):
    return json.loads(page.locator("textarea[name=rules]").input_value())


def test_build_a_segment_by_rows(admin_page, shop, look):
    page = admin_page
    # Autosave asks with the row that is not finished, and Wagtail answers so.
    page.guard.allow(r"400 POST .*/segments/")
    page.goto("/admin/marketing/segments/add/")
    count = page.locator(".wm-rules__count")
    expect(count).to_contain_text("≈ 2 people, 1 reachable by e-mail")
    expect(count).to_contain_text("For example: Ann Smith, Bob <img src=x onerror=alert(1)>")
    page.get_by_role("textbox", name="Name").fill("Pastry in Ohio")

    row = page.locator(".wm-rules__row").first
    row.get_by_label("Add a detail").select_option(label="in category")
    values = row.get_by_role("combobox", name="in category: Type and press Enter")
    expect(values).to_be_focused()
    values.press_sequentially("PASTRY")
    values.press("Enter")
    expect(row.locator(".wm-rules__words")).to_have_text("has placed at least 1 order, in category PASTRY")
    expect(count).to_contain_text("≈ 1 person")
    # Enter took the value and did not send the form.
    expect(page).to_have_url(re.compile("/segments/(add|edit)/"))

    # By keyboard: the new row has the focus, and its type decides operators and input.
    page.get_by_role("button", name="Add a condition").focus()
    page.keyboard.press("Enter")
    second = page.locator(".wm-rules__row").nth(1)
    expect(second.get_by_label("What")).to_be_focused()
    second.get_by_label("What").select_option(label="Region")
    expect(second.get_by_label("What")).to_be_focused()
    assert second.get_by_label("How").locator("option").all_text_contents()[:3] == ["is", "is not", "is one of"]
    # What is still missing is said at the row, and does not stop the count.
    expect(second.locator(".wm-rules__error")).to_contain_text("A text is needed here.")
    expect(count).to_contain_text("1 condition is not finished and does not count.")
    expect(count).to_contain_text("≈ 1 person")
    second.get_by_label("Value", exact=True).fill("Ohio")
    expect(second.locator(".wm-rules__error")).to_be_hidden()
    expect(count).to_contain_text("Has placed at least 1 order, in category PASTRY, and Region is Ohio")
    look(page, "segment-builder", within=".wm-rules")

    page.get_by_role("button", name="Add a group").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove group 3").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()

    page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".messages, [data-messages]")).to_contain_text("Pastry in Ohio")
    segment = Segment.objects.get()
    assert segment.rules == {
        "version": 1,
        "match": "all",
        "rules": [
            {
                "kind": "orders",
                "params": {"measure": "count", "op": ">=", "value": 1, "where": {"categories": ["PASTRY"]}},
            },
            {"kind": "contact", "params": {"field": "region", "op": "is", "value": "Ohio"}},
        ],
    }
    assert not SegmentVersion.objects.exists()


def test_examples_and_json_and_back(admin_page, shop):
    page = admin_page
    page.goto("/admin/marketing/segments/add/")
    card = page.get_by_role("group", name="At risk")
    card.get_by_label("away for at least").fill("90")
    card.get_by_role("button", name="Use this").click()
    assert rules_in(page)["rules"] == [
        {"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 3}},
        {"kind": "orders", "params": {"measure": "days_since_last", "op": "between", "value": [90, 180]}},
    ]
    page.get_by_role("button", name="Edit as JSON").click()
    text = page.locator("textarea[name=rules]")
    expect(text).to_be_focused()
    text.fill(json.dumps({"match": "any", "rules": [{"kind": "unknown", "params": {}}]}))
    page.get_by_role("button", name="Back to the builder").click()
    expect(page.get_by_text("the builder does not know")).to_be_visible()
    text.fill(json.dumps({"match": "none", "rules": BUYERS["rules"]}))
    page.get_by_role("button", name="Back to the builder").click()
    expect(page.locator(".wm-rules__count")).to_contain_text("≈ 1 person")
    expect(page.get_by_label("People who match").first).to_have_value("none")


def test_an_editor_without_the_right_sees_no_names(open_page, shop):
    user = User.objects.create_user("ed", password="x")
    group = Group.objects.get(name="Marketing editors")
    group.permissions.remove(*group.permissions.filter(codename="view_personal_data"))
    user.groups.add(group)
    page = open_page(user=user)
    page.goto("/admin/marketing/segments/add/")
    expect(page.locator(".wm-rules__count")).to_contain_text("For example: Contact ")
    assert "Smith" not in page.content()


def test_without_javascript_the_textarea_is_the_editor(open_page, admin_user, shop):
    page = open_page(user=admin_user, javascript=False)
    page.goto("/admin/marketing/segments/add/")
    text = page.locator("textarea[name=rules]")
    assert text.is_visible()
    assert json.loads(text.input_value())["match"] == "all"


def test_the_pages_of_one_segment(admin_page, shop, look):
    segment = services.create_segment(name="Buyers", rules=BUYERS)
    other = services.create_segment(name="Everybody", rules={"match": "none", "rules": [NOBODY]})
    page = admin_page
    page.goto(f"/admin/marketing/segments/inspect/{segment.pk}/")
    expect(page.get_by_text("No members yet")).to_be_visible()
    page.get_by_role("button", name="Refresh the members now").click()
    expect(page.get_by_text("The members are brought up to date.")).to_be_visible()
    drain_until_idle()
    services.refresh_segment(segment=other)
    page.get_by_role("link", name="Show the figures as they are now").click()
    page.get_by_role("textbox", name="E-mail address or customer key").fill("cyd@example.com")
    page.get_by_role("textbox", name="Reason").fill("Tastes our bread")
    page.get_by_role("button", name="Pin").click()
    expect(page.get_by_text("is always in.")).to_be_visible()
    look(page, "segment")
    page.get_by_role("link", name="Members", exact=True).click()
    expect(page.get_by_text("2 people")).to_be_visible()
    look(page, "segment-members")
    page.get_by_role("link", name="Why? Ann Smith").click()
    expect(page.get_by_role("heading", name="Ann Smith is in this segment")).to_be_visible()
    look(page, "segment-why")
    page.get_by_role("link", name="Overlap").click()
    page.get_by_role("checkbox", name="Everybody").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("row", name="Everybody")).to_contain_text("100.0 %")
    look(page, "segment-overlap")
    page.get_by_role("link", name="Performance").click()
    expect(page.locator(".wm-stat", has_text="Revenue per person")).to_be_visible()
    look(page, "segment-performance")
    page.goto("/admin/marketing/segments/")
    expect(page.get_by_role("row", name="Buyers")).to_contain_text("Has placed at least 1 order")


@pytest.mark.skipif(wagtail.VERSION < (8,), reason="Wagtail 7.4 has no autosave.")
def test_autosave_keeps_what_is_finished_and_says_when_it_pauses(admin_page, shop):
    page = admin_page
    page.guard.allow(r"400 POST .*/segments/")
    page.goto("/admin/marketing/segments/add/")
    expect(page.locator("form[data-edit-form]")).to_have_attribute("data-w-unsaved-has-edits-value", "false")
    page.get_by_role("textbox", name="Name").fill("Kept")
    indicator = page.locator("#w-autosave-indicator")
    expect(indicator).to_have_attribute("data-w-autosave-state-value", "saved")
    expect(page).to_have_url(re.compile("/segments/edit/"))
    page.get_by_role("button", name="Add a condition").click()
    page.locator(".wm-rules__row").nth(1).get_by_label("What").select_option(label="Region")
    expect(indicator).to_have_attribute("data-w-autosave-state-value", "paused")
    page.get_by_label("Value", exact=True).last.fill("Ohio")
    expect(indicator).to_have_attribute("data-w-autosave-state-value", "saved")
    segment = Segment.objects.get()
    assert segment.get_latest_revision_as_object().rules["rules"][1:] == [
        {"kind": "contact", "params": {"field": "region", "op": "is", "value": "Ohio"}}
    ]
    page.reload()
    expect(page.locator(".wm-rules__sentence")).to_have_text("Has placed at least 1 order, and Region is Ohio")


def test_without_an_answer_the_last_figures_stay_greyed(admin_page, shop):
    page = admin_page
    page.guard.allow(r"503 POST .*/preview-rules/")
    page.goto("/admin/marketing/segments/add/")
    people = page.locator(".wm-rules__people")
    expect(people).to_contain_text("≈ 2 people")
    page.route("**/preview-rules/", lambda route: route.fulfill(status=503, body="{}"))
    page.locator(".wm-rules__row").get_by_label("Value", exact=True).fill("2")
    expect(page.get_by_text("The count is not available now. Your conditions are safe.")).to_be_visible()
    expect(people).to_contain_text("≈ 2 people")
    expect(page.locator(".wm-rules__count")).to_have_attribute("data-stale", "")
    assert rules_in(page)["rules"][0]["params"]["value"] == 2
    page.unroute("**/preview-rules/")
    page.get_by_role("button", name="Count again").click()
    expect(people).to_contain_text("≈ 0 people")
    expect(page.locator(".wm-rules__count")).not_to_have_attribute("data-stale", "")


def test_an_older_answer_is_never_shown(admin_page, shop):
    page = admin_page
    page.goto("/admin/marketing/segments/add/")
    people = page.locator(".wm-rules__people")
    expect(people).to_contain_text("≈ 2 people")
    held = []
    late = {"count": 77, "text": "≈ 77 people", "sample": [], "words": {}, "errors": []}
    page.route("**/preview-rules/", lambda route: held.append(route) if not held else route.continue_())
    value = page.locator(".wm-rules__row").get_by_label("Value", exact=True)
    with page.expect_request("**/preview-rules/"):
        value.fill("9")
    with page.expect_response("**/preview-rules/"):
        value.fill("1")
    expect(people).to_contain_text("≈ 2 people")
    held[0].fulfill(json=late)
    page.wait_for_load_state("networkidle")
    expect(people).to_contain_text("≈ 2 people")


def test_who_leaves_with_changes_is_asked(admin_page, shop, settings):
    settings.WAGTAIL_AUTOSAVE_INTERVAL = 0
    page = admin_page
    page.goto("/admin/marketing/segments/add/")
    form = page.locator("form[data-edit-form]")
    # Drawing the rows is no change.
    expect(form).to_have_attribute("data-w-unsaved-has-edits-value", "false")
    page.locator(".wm-rules__row").get_by_label("Value", exact=True).fill("2")
    expect(form).to_have_attribute("data-w-unsaved-has-edits-value", "true")


def test_forced_colours_keep_what_is_wrong_visible(admin_page, shop, settings):
    settings.WAGTAIL_AUTOSAVE_INTERVAL = 0
    page = admin_page
    page.emulate_media(forced_colors="active")
    page.goto("/admin/marketing/segments/add/")
    row = page.locator(".wm-rules__row")
    row.get_by_label("What").select_option(label="Region")
    row.get_by_label("What").press("Shift+Tab")
    expect(row).to_have_attribute("data-wrong", "")
    expect(row).to_have_css("border-top-style", "double")
