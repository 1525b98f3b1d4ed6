"""The browser fixtures themselves: they see what is wrong with a page, and let a sound one pass."""

import pytest
from playwright.sync_api import Page, expect
from wagtail.models import Page as WagtailPage
from wagtail.models import Site

from .guard import Guard


def test_a_superuser_is_logged_in_to_wagtails_admin(admin_page: Page):
    admin_page.goto("/admin/")
    expect(admin_page.get_by_role("navigation", name="Main menu")).to_be_visible()
    assert admin_page.url.endswith("/admin/")


@pytest.mark.parametrize("run", [1, 2])
def test_the_rows_of_the_migrations_are_there_each_time(page: Page, run):
    """The flush after the first run takes them; the second one finds them again."""
    assert list(Site.objects.values_list("hostname", flat=True)) == ["localhost"]
    assert WagtailPage.objects.filter(depth=1).count() == 1


def test_the_styles_are_served(page: Page):
    page.goto("/admin/login/")
    family = page.evaluate("() => getComputedStyle(document.body).fontFamily")
    assert "sans-serif" in family


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("console.error('broken')", "console error: broken"),
        ("setTimeout(() => { throw new Error('lost') }, 0)", "uncaught exception: lost"),
        ("fetch('/there/is/nothing/')", "404 GET"),
        ("fetch('http://third.invalid/pixel')", "request to another host: http://third.invalid/pixel"),
    ],
)
def test_the_guard_sees(page: Page, live_server, script, expected):
    page.goto("/admin/login/")
    guard, seen = Guard(page, live_server.url), page.guard
    page.guard = guard  # what this test provokes is asserted here and now
    page.evaluate("(script) => { new Function(script)() }", script)
    page.wait_for_timeout(300)
    with pytest.raises(AssertionError, match=expected):
        guard.check()
    with pytest.raises(AssertionError, match=expected):
        seen.check()
    guard.found.clear()
    guard.foreign.clear()


def test_axe_finds_a_field_without_a_label(page: Page, assert_accessible):
    page.set_content("<main><h1>Form</h1><input type=text></main>")
    with pytest.raises(AssertionError, match="label: Form elements must have labels"):
        assert_accessible(page)
    page.set_content("<main><h1>Form</h1><label>Name <input type=text></label></main>")
    assert_accessible(page)


def test_a_page_that_is_too_wide_is_named(page: Page, look):
    page.set_content("<main><h1>Wide</h1><div id=wide style='width:700px'>too wide</div></main>")
    with pytest.raises(AssertionError, match="id=.*wide"):
        look(page, "too-wide")
    page.set_content("<main><h1>Narrow</h1><div>fits</div></main>")
    look(page, "fits")
