"""What people read can be translated: no bare words in templates."""

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent.parent / "wagtail_marketing"
TEMPLATES = sorted(PACKAGE.glob("**/templates/**/*.html"))

#: Taken out before looking: comments, translated blocks, code samples, tags, variables, entities.
NOT_WORDS = [
    re.compile(pattern, re.S | re.I)
    for pattern in (
        r"{#.*?#}",
        r"{%\s*comment.*?%}.*?{%\s*endcomment\s*%}",
        r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}",
        r"<(code|pre|script|style|mj-style|title)\b.*?</\1>",
        r"{%.*?%}",
        r"{{.*?}}",
        r"<!.*?>",
        r"""</?[a-z](?:"[^"]*"|'[^']*'|[^<>"'])*>""",
        r"&[a-z#0-9]+;",
    )
]
#: Attributes that are read aloud or shown.
SPOKEN = re.compile(r"""\s(?:aria-label|title|placeholder|alt)\s*=\s*("[^"]*"|'[^']*')""", re.I)


def bare_words(source: str) -> list[str]:
    """Words of ``source`` that stand there untranslated: text, and attributes that are spoken."""
    for pattern in NOT_WORDS[:6]:
        source = pattern.sub(" ", source)
    spoken = [value[1:-1] for value in SPOKEN.findall(source)]
    for pattern in NOT_WORDS[6:]:
        source = pattern.sub(" ", source)
    return [line.strip() for line in [*source.splitlines(), *spoken] if re.search(r"[^\W\d_]{2,}", line)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_word_stands_bare(path):
    assert bare_words(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('<p class="a">{% trans "Yes" %} {{ name }}</p>', []),
        ("<p>Hello</p>", ["Hello"]),
        ('<p aria-label="Close {{ x }}"></p>', ["Close"]),
        ("<p aria-label=\"{% trans 'Close' %}\">{% blocktrans trimmed %}You {{ x }}{% endblocktrans %}</p>", []),
        ("<code>curl</code> &nbsp; {# note #} 12 %", []),
    ],
)
def test_what_counts_as_a_word(source, words):
    assert bare_words(source) == words
