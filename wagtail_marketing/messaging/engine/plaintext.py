"""The text part, made from the HTML: headings, paragraphs, lists, and every link with its address."""

import re
from html.parser import HTMLParser

_PARAGRAPHS = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "ul"})
_BLOCKS = _PARAGRAPHS | {
    *("address", "article", "center", "div", "dl", "dt", "dd", "figure", "footer", "header", "hr", "li", "main"),
    *("section", "table", "tr"),
}
_SILENT = frozenset({"head", "script", "style", "title"})
_VOID = frozenset(
    "area base br col embed hr img input link meta source track wbr".split()  # noqa: SIM905
)
_HIDDEN = re.compile(r"display:\s*none", re.IGNORECASE)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._stack: list[tuple[str, bool]] = []
        self._silent = 0
        self._links: list[tuple[str, int]] = []
        self._lists: list[int | None] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag not in _VOID:
            hidden = tag in _SILENT or bool(_HIDDEN.search(values.get("style") or ""))
            self._stack.append((tag, hidden))
            self._silent += hidden
        if self._silent:
            return
        if tag == "br":
            self.out.append("\n")
        elif tag == "hr":
            self.out.append("\n\n" + "-" * 20 + "\n\n")
        elif tag == "img":
            if alt := (values.get("alt") or "").strip():
                self.out.append(alt)
        elif tag in ("ol", "ul"):
            self._lists.append(0 if tag == "ol" else None)
            self._break(tag)
        elif tag == "li":
            self._break(tag)
            if self._lists and self._lists[-1] is not None:
                self._lists[-1] += 1
                self.out.append(f"{self._lists[-1]}. ")
            else:
                self.out.append("- ")
        elif tag == "a":
            self._links.append((values.get("href") or "", len(self.out)))
        elif tag in _BLOCKS:
            self._break(tag)

    def handle_endtag(self, tag):
        if not any(name == tag for name, _hidden in self._stack):
            return
        while self._stack:
            name, hidden = self._stack.pop()
            if not self._silent:
                self._close(name)
            self._silent -= hidden
            if name == tag:
                break

    def _close(self, tag: str) -> None:
        if tag == "a" and self._links:
            href, start = self._links.pop()
            label = "".join(self.out[start:]).strip()
            if href and not href.startswith("#") and href not in label:
                shown = href.partition(":")[2] if href.startswith(("mailto:", "tel:", "sms:")) else href
                if shown != label:
                    self.out.append(f": {shown} " if label else f"{shown} ")
        elif tag in ("ol", "ul"):
            if self._lists:
                self._lists.pop()
            self._break(tag)
        elif tag == "td":
            self.out.append(" ")
        elif tag in _BLOCKS:
            self._break(tag)

    def _break(self, tag: str) -> None:
        self.out.append("\n\n" if tag in _PARAGRAPHS else "\n")

    def handle_data(self, data):
        if not self._silent:
            self.out.append(re.sub(r"[ \t\r\n\f]+", " ", data))


def from_html(document: str) -> str:
    """The readable text of an HTML document: no two empty lines in a row, one line break last."""
    parser = _Parser()
    parser.feed(document)
    parser.close()
    # Spaces that only keep a layout apart (zero width, no-break) would be noise in text.
    text = re.sub(r"[\u200b-\u200d\u034f\u00ad\ufeff]", "", "".join(parser.out)).replace("\xa0", " ")
    lines = [re.sub(r" {2,}", " ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"
