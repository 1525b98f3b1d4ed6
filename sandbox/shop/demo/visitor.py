"""A customer with a browser: follows links, keeps cookies, fills in forms. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, Request, build_opener

# Says what it is, and is no scanner: the report counts its clicks as a person's.
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 (demo journey)"


@dataclass(slots=True)
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """A page as it came, after redirects."""

    status: int
    url: str
    text: str
    links: list[tuple[str, str]]
    """Address and words of every link."""
    forms: list[Form]

    def form(self, part: str) -> Form:
        """The first form whose action holds `part`. Raises LookupError."""
        for form in self.forms:
            if part in form.action:
                return form
        raise LookupError(f"No form for {part} on {self.url}")


class Visitor:
    """One browser with its own cookies. Errors of the server are answers too, not exceptions."""

    def __init__(self, timeout: float = 30) -> None:
        self._timeout = timeout
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self._opener.addheaders = [("User-Agent", AGENT), ("Accept", "text/html")]

    def get(self, url: str) -> Answer:
        return self._open(Request(url))  # noqa: S310 - the demo's own addresses

    def post(self, url: str, fields: dict[str, str], *, referer: str = "") -> Answer:
        request = Request(url, data=urlencode(fields).encode(), method="POST")  # noqa: S310
        if referer:
            request.add_header("Referer", referer)
        return self._open(request)

    def submit(self, page: Answer, form: Form, **fields: str) -> Answer:
        """Send a form of `page` with what it holds and `fields`."""
        return self.post(urljoin(page.url, form.action), {**form.fields, **fields}, referer=page.url)

    def _open(self, request: Request) -> Answer:
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return _read(answer.status, answer.url, answer.read())
        except HTTPError as error:
            with error:
                return _read(error.code, error.url, error.read())


def _read(status: int, url: str, body: bytes) -> Answer:
    text = body.decode("utf-8", errors="replace")
    links, forms = parse(text)
    for form in forms:
        form.action = form.action or url
    return Answer(status, url, text, [(urljoin(url, href), words) for href, words in links], forms)


def parse(html: str) -> tuple[list[tuple[str, str]], list[Form]]:
    """The links (address, words) and the forms of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.links, reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self._href: str | None = None
        self._words: list[str] = []
        self._form: Form | None = None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self._href, self._words = given["href"], []
        elif tag == "form":
            self._form = Form(given.get("action") or "")
            self.forms.append(self._form)
        elif tag == "input" and self._form is not None and given.get("name"):
            kind = given.get("type", "text")
            if kind not in ("radio", "checkbox") or "checked" in given:
                self._form.fields[given["name"]] = given.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "a" and self._href is not None:
            self.links.append((self._href, " ".join("".join(self._words).split())))
            self._href = None
        elif tag == "form":
            self._form = None

    def handle_data(self, data):
        if self._href is not None:
            self._words.append(data)
