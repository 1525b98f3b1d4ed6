"""The builder by keyboard alone: no test here touches the mouse or moves the focus by script."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.segments.shop import count_totals, order, person, product
from wagtail_marketing.segments import services
from wagtail_marketing.segments.models import Segment

pytestmark = pytest.mark.django_db(transaction=True)

ACTIVE = """() => {
  const one = document.activeElement;
  const labels = [...(one.labels ?? [])].map((label) => label.innerText);
  const name = one.getAttribute('aria-label') || labels.join(' ') || one.innerText || '';
  return name.replace(/\\s+/g, ' ').replace('*', '').trim();
}"""
COUNT = {"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}


def contact(field, value, op="is"):
    return {"kind": "contact", "params": {"field": field, "op": op, "value": value}}


@pytest.fixture(autouse=True)
def saved_by_hand(settings):
    """Wagtail's autosave has a test of its own; here it would only save at other moments."""
    settings.WAGTAIL_AUTOSAVE_INTERVAL = 0


@pytest.fixture
def shop(db):
    product("P1", "PASTRY")
    ann = person("ann", first_name="Ann", last_name="Smith", region="Ohio", city="Dayton")
    person("bob", first_name="Bob", region="Ohio", city="Akron")
    person("cyd", first_name="Cyd", region="Kentucky")
    order(ann, "1", ("P1", 100))
    count_totals()


class Keys:
    """Presses keys and looks where the focus is."""

    def __init__(self, page):
        self.page = page

    def tab_to(self, name, *, back=False):
        """To the next field or button of that name, as somebody tabbing does."""
        for _press in range(250):
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
            if self.here() == name:
                return
        raise AssertionError(f"Tabbing does not lead to “{name}”; it is at “{self.here()}”.")

    def here(self):
        return self.page.evaluate(ACTIVE)

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text):
        self.page.keyboard.type(text)

    def do(self, name, what):
        """Open the menu of a row and choose from it."""
        self.tab_to(name)
        self.press("Enter")
        for _press in range(10):
            self.press("ArrowDown")
            if self.here() == what:
                self.press("Enter")
                return
        raise AssertionError(f"“{what}” is not in the menu.")


def rules_in(page):
    return json.loads(page.locator("textarea[name=rules]").input_value())["rules"]


def said(page):
    return page.locator("[data-wm-rules-target=live]")


def test_three_levels_built_saved_opened_and_changed(admin_page, shop):
    page = admin_page
    page.goto("/admin/marketing/segments/add/")
    expect(page.locator(".wm-rules__people")).to_contain_text("≈ 1 person")
    keys = Keys(page)
    keys.tab_to("Name")
    keys.type("Ohio or so")

    keys.tab_to("Add a group")
    keys.press("Enter")
    assert keys.here() == "What"
    expect(said(page)).to_have_text("Condition 2 was added.")
    keys.type("Region")
    keys.tab_to("Value")
    keys.type("Ohio")
    keys.tab_to("Add a group")
    keys.press("Enter")
    assert keys.here() == "What"
    keys.type("City")
    keys.tab_to("Value")
    keys.type("Akron")
    city = contact("city", "Akron")
    assert rules_in(page) == [
        COUNT,
        {"match": "any", "rules": [contact("region", "Ohio"), {"match": "any", "rules": [city]}]},
    ]
    keys.tab_to("People who match", back=True)
    keys.type("none")
    assert rules_in(page)[1]["rules"][1] == {"match": "none", "rules": [city]}
    expect(page.locator(".wm-rules__people")).to_have_text(re.compile("^≈ 1 person"))
    expect(page.locator(".wm-rules__sentence")).to_have_text(
        "Has placed at least 1 order, and (Region is Ohio, or none of these: (City is Akron))"
    )
    keys.tab_to("Save draft")
    keys.press("Enter")
    expect(page.locator(".messages, [data-messages]")).to_contain_text("Ohio or so")
    segment = Segment.objects.get()
    assert segment.rules["rules"] == [
        COUNT,
        {"match": "any", "rules": [contact("region", "Ohio"), {"match": "none", "rules": [city]}]},
    ]

    page.goto(f"/admin/marketing/segments/edit/{segment.pk}/")
    expect(page.locator(".wm-rules__people")).to_contain_text("≈ 1 person")
    keys.do("More for condition 2.1", "Move down")
    assert keys.here() == "Move down"
    expect(said(page)).to_have_text("Moved: now 2.2, one of 2.")
    keys.press("Escape")
    assert keys.here() == "More for condition 2.2"
    keys.tab_to("Remove condition 2.2")
    keys.press("Enter")
    assert keys.here() == "Undo"
    expect(said(page)).to_have_text("Condition 2.2 was removed.")
    assert rules_in(page)[1]["rules"] == [{"match": "none", "rules": [city]}]
    keys.press("Enter")
    assert keys.here() == "What"
    expect(said(page)).to_have_text("It is back as 2.2.")
    keys.do("More for condition 2.2", "Move out of this group")
    assert rules_in(page) == [
        COUNT,
        {"match": "any", "rules": [{"match": "none", "rules": [city]}]},
        contact("region", "Ohio"),
    ]
    keys.do("More for condition 3", "Duplicate")
    assert len(rules_in(page)) == 4
    keys.do("More for condition 4", "Leave them out (none of these)")
    assert keys.here() == "People who match"
    keys.do("More for group 4", "Take the group apart")
    keys.do("More for condition 4", "Move up")
    keys.press("Escape")
    keys.tab_to("Remove condition 3")
    keys.press("Enter")
    keys.tab_to("Save draft")
    keys.press("Enter")
    expect(page.locator(".messages, [data-messages]")).to_contain_text("Ohio or so")
    segment.refresh_from_db()
    assert segment.get_latest_revision_as_object().rules["rules"] == [
        COUNT,
        {"match": "any", "rules": [{"match": "none", "rules": [city]}]},
        contact("region", "Ohio"),
    ]


def test_no_deeper_than_five_levels(admin_page, shop):
    deep = {"match": "all", "rules": [contact("region", "Ohio")]}
    for _level in range(4):
        deep = {"match": "all", "rules": [deep]}
    segment = services.create_segment(name="Deep", rules=deep)
    page = admin_page
    page.goto(f"/admin/marketing/segments/edit/{segment.pk}/")
    keys = Keys(page)
    keys.tab_to("More for condition 1.1.1.1.1")
    keys.press("Enter")
    menu = page.locator(".wm-rules__menu:visible")
    expect(menu.get_by_role("button", name="Duplicate")).to_be_visible()
    expect(menu.get_by_role("button", name="Put into a group")).to_be_hidden()
    expect(page.get_by_role("button", name="Add a group")).to_have_count(4)


def test_a_refused_form_leads_to_the_first_fault(admin_page, shop):
    page = admin_page
    page.goto("/admin/marketing/segments/add/")
    keys = Keys(page)
    keys.tab_to("Name")
    keys.type("Nowhere")
    keys.tab_to("Add a condition")
    keys.press("Enter")
    keys.type("Region")
    keys.tab_to("Save draft")
    keys.press("Enter")
    expect(page.get_by_text("could not be created due to errors")).to_be_visible()
    value = page.get_by_role("textbox", name="Value", exact=True)
    expect(value).to_be_focused()
    expect(value).to_have_attribute("aria-invalid", "true")
    expect(value).to_have_accessible_description("A text is needed here. Fill it in, or remove the condition.")
    assert not Segment.objects.exists()
    keys.type("Ohio")
    expect(value).not_to_have_attribute("aria-invalid", "true")
    keys.tab_to("Save draft")
    keys.press("Enter")
    expect(page.locator(".messages, [data-messages]")).to_contain_text("Nowhere")
    assert Segment.objects.get().rules["rules"] == [COUNT, contact("region", "Ohio")]
