"""The frozen content of an e-mail, compiled: what a worker keeps per send, and what preview and web version use."""

from collections.abc import Mapping
from typing import Any

from .language import parse
from .links import MessageUrl, UrlText
from .mime import CompiledMessage, HeaderSlot, Part, Slot
from .slots import SlotText, split

#: The form of ``content``; a worker refuses one that it does not know.
VERSION = 1


class Program:
    """``content``: ``{"version", "language", "subject", "html", "text", "urls": [{"url", "label", "tracked"}]}``.

    ``context`` is, everywhere here, the nested mapping of token values of one recipient; ``wm`` in it holds our own
    addresses (``wm.url_<n>``, ``wm.open``).
    """

    def __init__(self, content: Mapping[str, Any]):
        if content.get("version") != VERSION:
            raise ValueError(f"Content of version {content.get('version')} cannot be read.")
        self.language: str = content["language"]
        self.subject = SlotText(content["subject"], prefix="s", autoescape=False)
        self.html = SlotText(content["html"], prefix="h", autoescape=True)
        self.text = SlotText(content["text"], prefix="t", autoescape=False)
        self.urls = [MessageUrl(item["url"], item["label"], item["tracked"]) for item in content["urls"]]
        self._dynamic = {index: UrlText(url.source) for index, url in enumerate(self.urls) if url.dynamic}
        #: Namespaces of the tokens that occur: what has to be loaded per recipient.
        self.roots = _roots([content["subject"], content["html"], content["text"], *(u.source for u in self.urls)])

    def resolve(self, context: Mapping[str, Any]) -> dict[int, str]:
        """The addresses that hold tokens, worked out for one recipient, by position."""
        return {index: url.render(context) for index, url in self._dynamic.items()}

    def addresses(self, context: Mapping[str, Any]) -> dict[str, str]:
        """``{"url_<n>": address}`` without tracking: for previews and where clicks are not counted."""
        resolved = self.resolve(context)
        return {f"url_{index}": resolved.get(index, url.source) for index, url in enumerate(self.urls)}

    def compile(self, head: list[tuple[str, bytes | HeaderSlot]]) -> CompiledMessage:
        """The MIME octets with slots; ``head`` without the subject, which this adds."""
        return CompiledMessage(
            head=[*head, ("Subject", HeaderSlot("subject"))], text=self.text.parts, html=_with_pixel(self.html.parts)
        )

    def values(self, context: Mapping[str, Any]) -> dict[str, str]:
        """What ``CompiledMessage.fill`` needs of this program for one recipient."""
        return {
            "subject": self.subject.render(context),
            "pixel": context["wm"].get("pixel", ""),
            **self.html.values(context),
            **self.text.values(context),
        }


def _with_pixel(parts: list[Part]) -> list[Part]:
    """The open pixel goes last into the body, by a slot that stays empty where opens are not counted."""
    for index in range(len(parts) - 1, -1, -1):
        part = parts[index]
        if isinstance(part, str) and "</body>" in part:
            before, _, after = part.rpartition("</body>")
            return [*parts[:index], before, Slot("pixel"), "</body>" + after, *parts[index + 1 :]]
    return [*parts, Slot("pixel")]


def _roots(sources: list[str]) -> frozenset[str]:
    roots: set[str] = set()
    for source in sources:
        for is_slot, piece in split(source):
            if is_slot:
                roots.update(parse(piece, autoescape=False).analyze(include_partials=False).globals)
    return frozenset(roots)
