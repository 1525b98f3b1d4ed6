"""The addresses in a message: made absolute, checked, and given positions, once per revision."""

import html as html_module
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from wagtail_marketing.messaging.errors import ContentError, RecipientError

from .mime import Slot
from .slots import SlotText, split
from .writer import PLACEHOLDER, Writer

_TAG = re.compile(r"<([a-zA-Z][\w:-]*)\b([^>]*)>")
_ATTRIBUTE = re.compile(r"([^\s\"'=<>/]+)=\"([^\"]*)\"")
_ADDRESSES = frozenset({"href", "src", "background", "poster", "action", "formaction", "data"})
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029<>\"\\^`{|}]")
#: Tokens whose addresses are our own: a click on them is not a click on the content.
_OWN = re.compile(r"\{\{\s*(?:links|sign_up)\.\w+\s*\}\}\Z")


@dataclass(frozen=True, slots=True)
class MessageUrl:
    """One address: ``source`` may hold tokens; ``tracked`` where a click is worth knowing."""

    source: str
    label: str = ""
    tracked: bool = True

    @property
    def dynamic(self) -> bool:
        return "{{" in self.source or "{%" in self.source


def collect(document: str, writer: Writer, *, base_url: str) -> tuple[str, list[MessageUrl]]:
    """``document`` (HTML with placeholders) with each address replaced by a slot ``{{ wm.url_<n> }}``, and the list.

    Raises ``ContentError`` for an address that no mail may carry and for a token where it could change the markup.
    """
    urls: list[MessageUrl] = []

    def attribute(tag: str, after: int, match: re.Match) -> str:
        name, raw = match[1].lower(), match[2]
        if name == "style" or name.startswith("on"):
            if PLACEHOLDER.search(raw):
                raise ContentError(_("A token cannot stand in a style or a script."))
            return match[0]
        if name not in _ADDRESSES or not raw.strip() or raw.startswith("#") or tag == "link":
            return match[0]
        source = _absolute(writer.restore(html_module.unescape(raw)).strip(), base_url)
        link = tag in ("a", "area") or (name == "href" and tag.startswith("v:"))
        if link and source.lower().startswith(("mailto:", "tel:", "sms:")) and "{{" not in source:
            return match[0]
        url = MessageUrl(
            source=source,
            label=_label(document, after, writer) if link else "",
            tracked=link and not _OWN.match(source),
        )
        if not link and not url.dynamic:
            return f'{match[1]}="{html_module.escape(source)}"'
        if url in urls and not link:
            position = urls.index(url)
        else:
            position = len(urls)
            urls.append(url)
        return f'{match[1]}="{writer.token(f"{{{{ wm.url_{position} }}}}")}"'

    def tag(match: re.Match) -> str:
        name, attributes = match[1].lower(), match[2]
        if name in ("script", "iframe", "object", "embed", "form", "base"):
            raise ContentError(_("An e-mail cannot hold <%(tag)s>.") % {"tag": name})
        if PLACEHOLDER.search(_ATTRIBUTE.sub("", attributes)):
            raise ContentError(_("A token cannot stand inside a tag, except in the value of an attribute."))
        return f"<{match[1]}{_ATTRIBUTE.sub(lambda found: attribute(name, match.end(), found), attributes)}>"

    for style in re.findall(r"<style\b[^>]*>(.*?)</style>", document, re.DOTALL | re.IGNORECASE):
        if PLACEHOLDER.search(style):
            raise ContentError(_("A token cannot stand in a style or a script."))
    return _TAG.sub(tag, document), urls


def _absolute(source: str, base_url: str) -> str:
    """``source`` as an absolute address; a token may open it or stand behind the host, not be the host."""
    if source.startswith(("{{", "{%")):
        return source
    source = urljoin(base_url + "/", source)
    fixed = re.split(r"\{[{%]", source, maxsplit=1)[0]
    plain = fixed == source and (is_safe(source) or re.match(r"(mailto|tel|sms):[!-~]+\Z", source, re.IGNORECASE))
    if not plain and not (fixed != source and re.match(r"https?://[^/?#@\s]+[/?#]", fixed)):
        raise ContentError(_("This address cannot stand in an e-mail: %(url)s") % {"url": source[:80]})
    return source


def _label(document: str, after: int, writer: Writer) -> str:
    """What the reader sees of the link that begins before ``after``: its words, or the image's."""
    inner = document[after : after + 2000].partition("</a>")[0]
    words = " ".join(html_module.unescape(re.sub(r"<[^>]*>", " ", inner)).split())
    if not words:
        image = re.search(r'\salt="([^"]*)"', inner)
        words = html_module.unescape(image[1]) if image else ""
    return writer.restore(words)[:120]


def add_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """``url`` with the parameters that it does not have yet (UTM), the rest of it unchanged."""
    if not parameters or not url.startswith(("http://", "https://")):
        return url
    parts = urlsplit(url)
    known = {name for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode({name: value for name, value in parameters.items() if value and name not in known})
    query = f"{parts.query}&{added}" if parts.query and added else parts.query or added
    return urlunsplit(parts._replace(query=query))


class UrlText:
    """An address with tokens, compiled: values are percent-encoded, except one that opens the address."""

    def __init__(self, source: str):
        self._text = SlotText(source, prefix="u", autoescape=False)
        self._opens = bool(pieces := split(source)) and pieces[0][0]

    def render(self, context: Mapping) -> str:
        """The address for one recipient. Raises ``RecipientError`` unless it is a plain http(s) one."""
        values = self._text.values(context)
        out = []
        for index, part in enumerate(self._text.parts):
            if not isinstance(part, Slot):
                out.append(part)
            elif index == 0 and self._opens:
                out.append(values[part.key].strip())
            else:
                out.append(quote(values[part.key], safe=""))
        url = "".join(out)
        if not is_safe(url):
            raise RecipientError(_("A token did not give an address that a link may have."))
        return url


def is_safe(url: str) -> bool:
    """Whether a browser may be sent to ``url``: http(s), with a host, without characters that hide where it leads."""
    if _UNSAFE.search(url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
