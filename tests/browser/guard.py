"""What a page may not do while a browser test looks at it."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Error, Page, Request, Response


class Guard:
    """Listens to one page; ``check()`` raises ``AssertionError`` with everything that went wrong.

    Wrong is: an error or a warning of ours on the console, an uncaught exception, an answer of 400 and
    above, a request that failed, and any request to another host (a page of ours loads nothing from
    third parties). A test that provokes one of these names it: ``guard.allow(r"409 .*/review/")``.
    """

    def __init__(self, page: Page, base_url: str) -> None:
        self.base = urlsplit(base_url).netloc
        self.found: list[str] = []
        self.foreign: list[str] = []
        self._allowed: list[re.Pattern[str]] = [
            # Chromium repeats every failed answer on the console, without saying which.
            re.compile(r"console error: Failed to load resource"),
        ]
        page.on("console", self._console)
        page.on("pageerror", self._page_error)
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("requestfailed", self._request_failed)

    def allow(self, pattern: str) -> None:
        """Let findings that ``pattern`` is found in pass."""
        self._allowed.append(re.compile(pattern))

    def check(self) -> None:
        wrong = [line for line in self.found if not any(pattern.search(line) for pattern in self._allowed)]
        wrong += [f"request to another host: {url}" for url in self.foreign]
        assert not wrong, "The page misbehaved:\n  " + "\n  ".join(wrong)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.found.append(f"console error: {message.text}")

    def _page_error(self, error: Error) -> None:
        self.found.append(f"uncaught exception: {error}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.base:
            self.foreign.append(request.url)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.found.append(f"{response.status} {response.request.method} {response.url}")

    def _request_failed(self, request: Request) -> None:
        # A page that is left breaks off what it was loading: that is not a fault.
        if request.failure and "ERR_ABORTED" not in request.failure:
            self.found.append(f"failed: {request.method} {request.url} ({request.failure})")
