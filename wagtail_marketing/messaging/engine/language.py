"""Liquid, cut down to what an e-mail needs: an allow-list of tags and filters, and every limit set."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from liquid import Environment, Undefined
from liquid.exceptions import LiquidError, LiquidSyntaxError

from wagtail_marketing.messaging.errors import ContentError

#: Text can neither grow without bound (no ``replace``, ``assign``, ``capture``) nor leave the message
#: (no ``include``, ``render``); numbers come formatted, so there is no arithmetic either.
TAGS = frozenset({"content", "output", "illegal", "if", "unless", "case", "for", "break", "continue", "comment"})
FILTERS = frozenset(
    {
        "append",
        "capitalize",
        "default",
        "downcase",
        "first",
        "join",
        "last",
        "lstrip",
        "prepend",
        "rstrip",
        "size",
        "strip",
        "truncate",
        "truncatewords",
        "upcase",
        "url_encode",
    }
)
MAX_SOURCE = 100_000
MAX_OUTPUT = 200_000
MAX_LOOPS = 1_000


class Missing(Undefined):
    """A registered token without a value for this person: false, empty, and its fallback where it is printed."""

    __slots__ = ("fallback",)

    def __init__(self, name: str, *, fallback: str = "", **kwargs):
        super().__init__(name, **kwargs)
        self.fallback = fallback

    def __str__(self) -> str:
        return self.fallback


class Number(Decimal):
    """A number that compares as one and prints as the shop writes it (``1,234.50``)."""

    text: str

    def __new__(cls, value: Any, text: str) -> "Number":
        self = super().__new__(cls, value)
        self.text = text
        return self

    def __str__(self) -> str:
        return self.text


class _Environment(Environment):
    context_depth_limit = 10
    block_nesting_limit = 10
    loop_iteration_limit = MAX_LOOPS
    local_namespace_limit = 10_000
    output_stream_limit = MAX_OUTPUT

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        self.filters = {name: function for name, function in self.filters.items() if name in FILTERS}


@cache
def environment(autoescape: bool) -> Environment:
    """The environment for HTML (values are escaped) or for text (they stand as they are)."""
    return _Environment(undefined=Missing, strict_filters=True, autoescape=autoescape)


def parse(source: str, *, autoescape: bool):
    """The parsed template; ``ContentError`` with the line where it is not one."""
    if len(source) > MAX_SOURCE:
        raise ContentError(_("The text is too long."))
    try:
        return environment(autoescape).from_string(source)
    except LiquidError as error:
        raise _content_error(error) from error


def check(source: str, *, is_known: Callable[[tuple[str, ...]], bool], field: str = "") -> None:
    """Raise ``ContentError`` where ``source`` is not valid: syntax, an unknown tag, filter or token.

    ``is_known`` says of a dotted name, as a tuple, whether it is a token.
    """
    if "{{" not in source and "{%" not in source:
        return
    try:
        analysis = parse(source, autoescape=False).analyze(include_partials=False)
    except ContentError as error:
        raise ContentError(error.message, line=error.line, field=field) from error
    for name, spans in analysis.filters.items():
        if name not in FILTERS:
            raise ContentError(
                _("“%(name)s” is not a filter that e-mails know.") % {"name": name},
                line=_line(source, spans[0].index),
                field=field,
            )
    for variables in analysis.globals.values():
        for variable in variables:
            path = tuple(segment for segment in variable.segments if isinstance(segment, str))
            if len(path) != len(variable.segments) or not is_known(path):
                raise ContentError(
                    _("“%(name)s” is not a token.") % {"name": str(variable)},
                    line=_line(source, variable.span.index),
                    field=field,
                )


def _line(source: str, index: int) -> int:
    return source.count("\n", 0, max(index, 0)) + 1


def _content_error(error: LiquidError) -> ContentError:
    context = error.context()
    line = context[0] if context else None
    if isinstance(error, LiquidSyntaxError):
        return ContentError(
            _("The token cannot be read: %(error)s.") % {"error": str(error.message).rstrip(".")}, line=line
        )
    return ContentError(str(error.message), line=line)
