"""Browser tests: Playwright on the system's Chromium against Django's live server.

A test asks for ``page`` (nobody logged in), ``admin_page`` (a superuser in Wagtail's admin) or makes its
own with ``open_page(user=..., width=390, theme="dark")``. Addresses are relative to the live server::

    def test_dashboard(admin_page, look):
        admin_page.goto("/admin/marketing/")
        expect(admin_page.get_by_role("heading", name="Marketing")).to_be_visible()
        look(admin_page, "dashboard")

- Every page has a guard (see ``guard.py``) that fails the test on console errors, error answers and
  requests to other hosts. ``admin_page.guard.allow(pattern)`` lets one pass that the test provokes.
- ``look(page, name)`` checks accessibility with axe-core in light and dark, refuses sideways scrolling at
  390 px, and, with ``SCREENSHOTS=folder`` in the environment, leaves the pictures there.
- Playwright's synchronous API runs an event loop in the test's own thread. Django refuses database work
  there, and keeps another connection for it than for the thread. No coroutine of ours runs in that loop:
  ``DJANGO_ALLOW_ASYNC_UNSAFE`` lifts the guard as long as the browser is open, and connections are kept
  by thread alone, so that the test sees the one that its database was made with.
- The live server is threaded: SQLite's test database is a file (see ``tests/settings.py``), so that each
  thread has its own connection and transactions of two requests do not run into each other.
"""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from .guard import Guard

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TIMEOUT_MS = 15_000
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
#: Wagtail's own pages break some of these (colour of its placeholder text, for one): we answer for ours.
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def keep_connections_by_thread() -> None:
    """Let an event loop in a thread make no difference to the thread's database connections."""
    by_thread = threading.local()
    for alias in connections:
        if hasattr(connections._connections, alias):
            setattr(by_thread, alias, getattr(connections._connections, alias))
    connections._connections = by_thread


keep_connections_by_thread()


def chromium_path() -> str | None:
    """The Chromium or Chrome of this system; ``CHROMIUM`` names another. ``None`` where there is none."""
    if os.environ.get("NO_CHROMIUM"):
        return None
    for name in (os.environ.get("CHROMIUM", ""), *NAMES):
        if found := (name and shutil.which(name)):
            return found
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # One worker of pytest-xdist runs them all: one browser, not one per core.
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    path = chromium_path()
    if path is None:
        pytest.skip("There is no Chromium: install it (`make chromium`) or name one with CHROMIUM=/path.")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    with sync_playwright() as playwright:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(browser: Browser, live_server, settings) -> Iterator[Callable[..., Page]]:
    """Open a guarded page: ``open_page(user=None, width=1280, height=900, theme="light", javascript=True)``.

    The page logs ``user`` in by a session cookie, resolves relative addresses against the live server and
    carries its ``guard``. All are closed, and their guards asked, when the test ends.
    """
    settings.PUBLIC_URL_FOR_TESTS = live_server.url
    settings.WAGTAILADMIN_BASE_URL = live_server.url
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "PUBLIC_BASE_URL": live_server.url}
    opened: list[Page] = []

    def open_one(
        *, user=None, width: int = 1280, height: int = 900, theme: str = "light", javascript: bool = True
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            color_scheme=theme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            locale="en-US",
            timezone_id="UTC",
            java_script_enabled=javascript,
            accept_downloads=True,
        )
        context.set_default_timeout(TIMEOUT_MS)
        if user is not None:
            context.add_cookies([session_cookie(user, live_server.url)])
        page = context.new_page()
        page.guard = Guard(page, live_server.url)  # type: ignore[attr-defined]
        opened.append(page)
        return page

    yield open_one
    for page in opened:
        page.context.close()
    for page in opened:
        page.guard.check()  # type: ignore[attr-defined]


def session_cookie(user, url: str) -> dict:
    """The cookie that logs ``user`` in at ``url``, without the log-in form."""
    client = Client()
    client.force_login(user)
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


@pytest.fixture
def page(open_page) -> Page:
    """A page on which nobody is logged in."""
    return open_page()


@pytest.fixture
def admin_page(open_page, admin_user) -> Page:
    """A page on which a superuser is logged in."""
    return open_page(user=admin_user)


@pytest.fixture
def assert_accessible() -> Callable[..., None]:
    """``assert_accessible(page, within="main", disable=("color-contrast",))``: axe-core finds nothing there.

    Takes a CSS selector of the part to look at (Wagtail's own chrome is not ours to answer for) and rules
    to leave out. Raises ``AssertionError`` with rule, remedy and element of each finding.
    """

    def check(page: Page, *, within: str = "main", disable: tuple[str, ...] = ()) -> None:
        if not page.evaluate("() => Boolean(window.axe)"):
            page.evaluate(AXE.read_text())
        options = {
            "runOnly": {"type": "tag", "values": AXE_TAGS},
            "rules": {rule: {"enabled": False} for rule in disable},
            "resultTypes": ["violations"],
        }
        found = page.evaluate(
            "([within, options]) => axe.run(within, options).then((result) => result.violations)", [within, options]
        )
        lines = [
            f"{violation['id']}: {violation['help']}\n      {node['html'][:200]}\n      {node['failureSummary']}"
            for violation in found
            for node in violation["nodes"]
        ]
        assert not lines, "Not accessible:\n  " + "\n  ".join(lines)

    return check


@pytest.fixture
def look(assert_accessible) -> Callable[..., None]:
    """``look(page, name)``: the screen in light and dark and at 390 px, checked, and kept if asked for.

    Asserts that axe-core finds nothing in ``within`` in either theme and that nothing makes the page
    scroll sideways at 390 px. With ``SCREENSHOTS=folder``, writes ``<name>-light.png``, ``-dark.png`` and
    ``-390.png`` there. The page keeps its state; its size and theme are put back.
    """

    def take(page: Page, name: str, *, within: str = "main", disable: tuple[str, ...] = ()) -> None:
        before = page.viewport_size
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            settle(page)
            assert_accessible(page, within=within, disable=disable)
            keep(page, f"{name}-{theme}")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 390, "height": 844})
        settle(page)
        keep(page, f"{name}-390")
        too_wide = page.evaluate(WIDER_THAN_THE_SCREEN)
        page.set_viewport_size(before)
        assert not too_wide, f"“{name}” scrolls sideways at 390 px because of:\n  {json.dumps(too_wide, indent=2)}"

    return take


#: The innermost elements that stick out of a page that scrolls sideways; none where the page does not.
WIDER_THAN_THE_SCREEN = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const out = [...document.querySelectorAll('body *')].filter(
    (element) => element.getBoundingClientRect().right > root.clientWidth + 1);
  return out.filter((element) => !out.some((other) => other !== element && element.contains(other)))
    .slice(0, 5).map((element) => element.outerHTML.slice(0, 160));
}"""


def settle(page: Page) -> None:
    """Wait until transitions and fonts are done, so that pictures and contrasts do not depend on chance."""
    page.wait_for_load_state("networkidle")
    page.evaluate(
        "() => document.fonts.ready.then(() => Promise.allSettled(document.getAnimations().map((a) => a.finished)))"
    )


def keep(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
