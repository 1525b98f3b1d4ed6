"""The rule builder as somebody uses it: by rows, by keyboard, and without JavaScript."""

import json
import re

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from tests.segments.shop import count_totals, order, person, product
from wagtail_marketing.contacts.models import ConsentState
from wagtail_marketing.segments import services
from wagtail_marketing.segments.models import Segment, SegmentVersion

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS = {"match": "all", "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}]}


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
    expect(page).to_have_url(re.compile("/segments/add/"))

    # By keyboard: the new row has the focus, and its type decides operators and input.
    page.get_by_role("button", name="Add a condition").focus()
    page.keyboard.press("Enter")
    second = page.locator(".wm-rules__row").nth(1)
    expect(second.get_by_label("What")).to_be_focused()
    second.get_by_label("What").select_option(label="Region")
    expect(second.get_by_label("What")).to_be_focused()
    assert second.get_by_label("How").locator("option").all_text_contents()[:3] == ["is", "is not", "is one of"]
    # What is still missing is said at the row.
    expect(second.locator(".wm-rules__error")).to_contain_text("A text is needed here.")
    second.get_by_label("Value", exact=True).fill("Ohio")
    expect(second.locator(".wm-rules__error")).to_be_hidden()
    expect(count).to_contain_text("Has placed at least 1 order, in category PASTRY, and Region is Ohio")
    look(page, "segment-builder", within=".wm-rules")

    page.get_by_role("button", name="Add a group").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove this group").focus()
    page.keyboard.press("Enter")
    expect(second.get_by_label("What")).to_be_focused()

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
    page.get_by_label("Start from").select_option(label="At risk")
    assert rules_in(page)["rules"][1:] == [
        {"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 3}},
        {"kind": "orders", "params": {"measure": "days_since_last", "op": "between", "value": [60, 180]}},
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


def test_one_segment(admin_page, shop, look):
    segment = services.create_segment(name="Buyers", rules=BUYERS)
    page = admin_page
    page.goto(f"/admin/marketing/segments/inspect/{segment.pk}/")
    expect(page.get_by_text("No members yet")).to_be_visible()
    page.get_by_role("button", name="Refresh the members now").click()
    expect(page.get_by_text("2 people: 2 came in, 0 left.")).to_be_visible()
    look(page, "segment")
    page.get_by_role("link", name="Why? Ann Smith").click()
    expect(page.get_by_role("heading", name="Ann Smith is in this segment")).to_be_visible()
    look(page, "segment-why")
