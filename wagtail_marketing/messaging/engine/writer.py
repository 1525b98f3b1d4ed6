"""Placeholders: every token is taken out before MJML and CSS inlining see the text, and put back afterwards.

Both libraries parse HTML, fail on ``{% if a < 3 %}`` and rewrite ``>`` inside attributes; an opaque word survives.
"""

import html
import re
from collections.abc import Callable

from django.utils.translation import gettext as _

from wagtail_marketing.messaging.errors import ContentError

from .language import check

PREFIX = "wmq7x"
PLACEHOLDER = re.compile(PREFIX + r"(\d+)z")
_RAW = re.compile(PREFIX + r"raw(\d+)z")
_TOKEN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


class Writer:
    """Collects the tokens and the raw HTML of one message while its blocks are written.

    ``is_known`` says which dotted names are tokens; ``field`` is the place that an error names.
    """

    def __init__(self, is_known: Callable[[tuple[str, ...]], bool] = lambda path: True) -> None:
        self.sources: list[str] = []
        self.field = ""
        self._is_known = is_known
        self._raw: list[str] = []

    def text(self, value: str) -> str:
        """Plain text of the editor as HTML (also fit for a quoted attribute)."""
        return self._protect(value, literal=html.escape, source=str)

    def html(self, value: str) -> str:
        """HTML of the editor as it is (MJML never reads it); inside tokens its entities are read."""
        return self.raw(self._protect(value, literal=str, source=_token_source))

    def raw(self, fragment: str) -> str:
        """HTML of ours as it is (placeholders may stand in it); MJML never reads it."""
        self._raw.append(fragment)
        return f"{PREFIX}raw{len(self._raw) - 1}z"

    def insert_raw(self, document: str) -> str:
        """The HTML that MJML made, with the pieces of ``html`` put in."""
        return _RAW.sub(lambda match: self._raw[int(match[1])], document)

    def url(self, value: str) -> str:
        """An address of the editor, fit for a quoted attribute."""
        return self.text(value.strip())

    def token(self, source: str) -> str:
        """The placeholder of a Liquid source of ours."""
        self.sources.append(source)
        return f"{PREFIX}{len(self.sources) - 1}z"

    def restore(self, text: str) -> str:
        """``text`` with every placeholder replaced by its Liquid source."""
        return PLACEHOLDER.sub(lambda match: self.sources[int(match[1])], text)

    def _protect(self, value: str, *, literal, source) -> str:
        if PREFIX in value:
            raise ContentError(
                _("The text holds a word that is reserved for the program: %(word)s") % {"word": PREFIX},
                field=self.field,
            )
        readable = _TOKEN.sub(lambda match: source(match[0]), value)
        check(readable, is_known=self._is_known, field=self.field)
        out, position = [], 0
        for match in _TOKEN.finditer(value):
            out.append(literal(value[position : match.start()]))
            out.append(self.token(source(match[0])))
            position = match.end()
        out.append(literal(value[position:]))
        return "".join(out)


def _token_source(source: str) -> str:
    """The Liquid in a piece of HTML: entities read, tags that the editor's formatting left inside taken out."""
    return html.unescape(re.sub(r"<[^>]*>", "", source)).replace("\xa0", " ")
