"""A text with Liquid, split once into literal text and slots; per recipient only the slots are worked out.

A plain ``{{ token }}``, with or without a ``default``, is looked up directly. Only a slot with logic (a filter, an
``if``, a loop) is rendered by Liquid, with what stands inside it.
"""

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from liquid.exceptions import LiquidError

from wagtail_marketing.messaging.errors import ContentError, RecipientError

from .language import Missing, parse
from .mime import Part, Slot

_TOKEN = re.compile(r"\{\{(-?)(.*?)(-?)\}\}|\{%(-?)\s*(\w+|#)(.*?)(-?)%\}", re.DOTALL)
_SIMPLE = re.compile(
    r"\s*(?P<path>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*"
    r"(?:\|\s*default:\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')\s*)?\Z"
).match
_OPENING = frozenset({"if", "unless", "case", "for", "comment"})

Evaluator = Callable[[Mapping[str, Any]], str]


class SlotText:
    """One text, compiled. ``parts`` for the MIME compiler; ``values`` per recipient; ``render`` for both at once."""

    def __init__(self, source: str, *, prefix: str, autoescape: bool):
        self.parts: list[Part] = []
        self._evaluators: dict[str, Evaluator] = {}
        self._autoescape = autoescape
        keys: dict[str, str] = {}
        for is_slot, piece in split(source):
            if not is_slot:
                self.parts.append(piece)
                continue
            if piece not in keys:
                keys[piece] = f"{prefix}{len(keys)}"
                self._evaluators[keys[piece]] = self._compile(piece)
            self.parts.append(Slot(keys[piece]))

    @property
    def is_static(self) -> bool:
        return not self._evaluators

    def values(self, context: Mapping[str, Any]) -> dict[str, str]:
        """The text of each slot for one recipient. Raises ``RecipientError`` where one cannot be worked out."""
        return {key: evaluate(context) for key, evaluate in self._evaluators.items()}

    def render(self, context: Mapping[str, Any]) -> str:
        """The whole text for one recipient."""
        values = self.values(context)
        return "".join(values[part.key] if isinstance(part, Slot) else part for part in self.parts)

    def _compile(self, piece: str) -> Evaluator:
        simple = piece.startswith("{{") and _SIMPLE(piece[2:-2].strip("-"))
        if simple:
            default = simple["double"] if simple["double"] is not None else simple["single"]
            return _lookup(tuple(simple["path"].split(".")), default, self._autoescape)
        return _logic(piece, self._autoescape)


def _lookup(path: tuple[str, ...], default: str | None, autoescape: bool) -> Evaluator:
    *parents, last = path

    def evaluate(context: Mapping[str, Any]) -> str:
        found: Any = context
        try:
            for name in parents:
                found = found[name]
            found = found[last]
        except (KeyError, TypeError):
            found = ""
        if default is not None and (found is None or found == "" or isinstance(found, Missing)):
            found = default
        text = "" if found is None else str(found)
        return html.escape(text) if autoescape else text

    return evaluate


def _logic(piece: str, autoescape: bool) -> Evaluator:
    template = parse(piece, autoescape=autoescape)

    def evaluate(context: Mapping[str, Any]) -> str:
        try:
            return template.render(**context)
        except LiquidError as error:
            raise RecipientError(_("A token could not be worked out: %(error)s") % {"error": error.message}) from error

    return evaluate


def split(source: str) -> list[tuple[bool, str]]:
    """``[(is it a slot, text)]``; ``source`` is the concatenation, but for white space that ``{{-`` takes away.

    A block tag makes one slot with everything to its end. Raises ``ContentError`` where the blocks do not match.
    """
    pieces: list[tuple[bool, str]] = []
    position = depth = start = 0
    trim = False

    def literal(text: str, *, trim_end: bool) -> None:
        if trim:
            text = text.lstrip()
        if trim_end:
            text = text.rstrip()
        if text:
            pieces.append((False, text))

    for match in _TOKEN.finditer(source):
        tag = match[5]
        if depth == 0:
            literal(source[position : match.start()], trim_end=bool(match[1] or match[4]))
            start = match.start()
        if tag in _OPENING:
            depth += 1
        elif tag and tag.startswith("end"):
            depth -= 1
        elif tag and depth == 0:
            raise ContentError(_("“%(tag)s” stands alone.") % {"tag": tag}, line=source.count("\n", 0, start) + 1)
        if depth < 0:
            raise ContentError(
                _("“%(tag)s” ends what was never begun.") % {"tag": tag}, line=source.count("\n", 0, start) + 1
            )
        if depth == 0:
            pieces.append((True, source[start : match.end()]))
            position = match.end()
            trim = bool(match[3] or match[7])
    if depth:
        raise ContentError(_("A block is never ended."), line=source.count("\n", 0, start) + 1)
    literal(source[position:], trim_end=False)
    return pieces
