"""Pages of ours run under ``default-src 'self'``: nothing inline, nothing from another host."""

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent.parent / "wagtail_marketing"
#: Bodies of e-mails are no pages: there, styles have to stand inline, and JavaScript never runs.
NOT_PAGES = ("/email/", "/mjml/", "/emails/")

FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=[\"']application/json)[^>]*>", re.I),
    "an inline style sheet": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"<[a-z][^>]*\sstyle\s*=", re.I),
    "an inline event handler": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=\s*[\"']", re.I),
    "a script or style of another host": re.compile(
        r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=[\"'](?:https?:)?//", re.I
    ),
}


def faults(source: str) -> list[str]:
    source = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", source, flags=re.S)
    return [name for name, pattern in FORBIDDEN.items() if pattern.search(source)]


PAGES = sorted(
    path for path in PACKAGE.glob("**/templates/**/*.html") if not any(part in path.as_posix() for part in NOT_PAGES)
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_page_has_nothing_inline_and_nothing_foreign(path):
    assert faults(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<script>x()</script>", ["an inline script"]),
        ('<script src="{% static "a.js" %}"></script>', []),
        ("<style>a{}</style>", ["an inline style sheet"]),
        ('<p class="a" style="color:red">', ["a style attribute"]),
        ('<button onclick="x()">', ["an inline event handler"]),
        ('<script src="https://cdn.example/x.js"></script>', ["a script or style of another host"]),
        ('<a href="https://example.com/">a link</a>', []),
        ("{# <style> #}<p>", []),
    ],
)
def test_what_is_refused(source, expected):
    assert faults(source) == expected


@pytest.mark.parametrize(
    "path",
    sorted([*PACKAGE.glob("**/static/**/*.css"), *PACKAGE.glob("**/static/**/*.js")]),
    ids=lambda path: path.relative_to(PACKAGE).as_posix(),
)
def test_no_static_file_loads_from_another_host(path):
    foreign = re.findall(r"(?:url\(|@import|import\(|fetch\()\s*[\"']?((?:https?:)?//[^\"')\s]+)", path.read_text())
    assert foreign == []
