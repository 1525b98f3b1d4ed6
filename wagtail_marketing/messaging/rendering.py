"""From a template to the frozen content, and from that to what one person sees."""

from dataclasses import dataclass
from html import escape
from typing import Any

from django.utils import translation
from django.utils.html import linebreaks
from django.utils.translation import gettext as _

from . import tokens
from .brand import Brand, brand_for
from .engine import layout, links, plaintext
from .engine.language import check
from .engine.program import VERSION, Program
from .engine.slots import SlotText
from .engine.writer import Writer
from .errors import ContentError
from .models import EmailTemplate, MessageClass
from .registry import email_blocks

DARK = """
@media (prefers-color-scheme: dark) {
  body, .wm-page { background-color: #1b1b1f !important; }
  .wm-card, .wm-card > table, .wm-card td { background-color: #26262c !important; }
  .wm-card div, .wm-card p, .wm-card h1, .wm-card h2, .wm-card h3, .wm-card li { color: #ececf1 !important; }
  .wm-card p a, .wm-card li a { color: #9ecbff !important; }
  .wm-foot, .wm-foot > table, .wm-foot td { background-color: #1b1b1f !important; }
  .wm-foot div, .wm-foot p, .wm-foot a { color: #b6b6c2 !important; }
  .wm-code { color: #ececf1 !important; border-color: #ececf1 !important; }
}
"""
STYLE = """
h1 { font-size: 28px; line-height: 1.25; margin: 0; }
h2 { font-size: 22px; line-height: 1.3; margin: 0; }
h3 { font-size: 18px; line-height: 1.35; margin: 0; }
p { margin: 0 0 12px; }
ul, ol { margin: 0 0 12px; padding-inline-start: 24px; }
.wm-code { display: inline-block; padding: 10px 18px; border: 2px dashed #1f2328; font-size: 20px; }
.wm-code { font-weight: bold; letter-spacing: 1px; }
.wm-foot a { color: #5b6170; }
"""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message as one person sees it."""

    subject: str
    preheader: str
    html: str
    text: str


def compile_content(template: EmailTemplate, *, brand: Brand | None = None) -> dict[str, Any]:
    """The frozen content of ``template`` as it is now; see ``engine.program.Program`` for its form.

    Raises ``ContentError`` with the field, and the line where it is known.
    """
    language: str = template.locale.language_code if template.locale_id else translation.get_language() or "en"  # type: ignore[has-type]
    brand = brand or brand_for(template.site)
    with translation.override(language):
        writer = Writer(tokens.is_known)
        mjml = _document(template, brand, writer)
        document = layout.to_html(
            mjml, writer, language=language, direction="rtl" if translation.get_language_bidi() else "ltr"
        )
        document, urls = links.collect(document, writer, base_url=brand.base_url)
        check(template.subject, is_known=tokens.is_known, field="subject")
        return {
            "version": VERSION,
            "language": language,
            "subject": " ".join(template.subject.split()),
            "preheader": template.preheader,
            "html": writer.restore(document),
            "text": writer.restore(plaintext.from_html(document)),
            "urls": [{"url": url.source, "label": url.label, "tracked": url.tracked} for url in urls],
        }


def content_problems(template: EmailTemplate) -> list[ContentError]:
    """What is wrong with the content, for the checklist and the editor; empty: nothing."""
    try:
        Program(compile_content(template))
    except ContentError as error:
        return [error]
    found = []
    if not template.subject.strip():
        found.append(ContentError(_("The subject is empty."), field="subject"))
    if not template.body:
        found.append(ContentError(_("The e-mail has no content."), field="body"))
    return found


def render(content: dict[str, Any], context: dict[str, Any]) -> Rendered:
    """``content`` for one person; ``context`` from ``tokens``, with ``links`` (and ``wm`` made here, untracked)."""
    program = Program(content)
    context = {**context, "wm": program.addresses(context)}
    preheader = SlotText(content.get("preheader", ""), prefix="p", autoescape=False)
    return Rendered(
        subject=program.subject.render(context),
        preheader=preheader.render(context),
        html=program.html.render(context),
        text=program.text.render(context),
    )


def render_for(template: EmailTemplate, contact: Any = None) -> Rendered:
    """The template as ``contact`` would see it (None: a made-up person); links lead nowhere in particular."""
    content = compile_content(template)
    with translation.override(content["language"]):
        context = tokens.sample_context()
        if contact is not None:
            roots = Program(content).roots
            context.update(
                tokens.contexts([contact], roots=roots, context=tokens.TokenContext(site=template.site))[contact.pk]
            )
        context |= tokens.sample_links()
        return render(content, context)


def _document(template: EmailTemplate, brand: Brand, writer: Writer) -> str:
    writer.field = "preheader"
    preview = f"<mj-preview>{writer.text(template.preheader)}</mj-preview>" if template.preheader else ""
    body = _body(template, writer)
    return (
        "<mjml><mj-head>"
        f"<mj-title>{escape(template.name)}</mj-title>{preview}"
        '<mj-attributes><mj-all font-family="Helvetica, Arial, sans-serif" />'
        f'<mj-text font-size="16px" line-height="1.5" color="{brand.colour_text}" padding="8px 24px" />'
        f'<mj-button background-color="{brand.colour}" color="{brand.colour_on}" font-size="16px" font-weight="bold" '
        'border-radius="4px" inner-padding="12px 24px" padding="12px 24px" />'
        '<mj-image padding="8px 24px" />'
        '<mj-divider border-width="1px" border-color="#d0d4da" padding="12px 24px" />'
        '<mj-section background-color="#ffffff" padding="0" />'
        "</mj-attributes>"
        f"<mj-style>{STYLE}</mj-style><mj-style>{DARK}</mj-style>"
        '<mj-raw><meta name="color-scheme" content="light dark" />'
        '<meta name="supported-color-schemes" content="light dark" /></mj-raw>'
        f'</mj-head><mj-body background-color="{brand.colour_background}" css-class="wm-page">'
        f"{_header(template, brand, writer)}{body}{_footer(template, brand, writer)}"
        "</mj-body></mjml>"
    )


def _header(template: EmailTemplate, brand: Brand, writer: Writer) -> str:
    view = ""
    if template.message_class == MessageClass.MARKETING:
        url = writer.token("{{ links.web_version }}")
        view = (
            f'<mj-section background-color="{brand.colour_background}" css-class="wm-foot" padding="8px 0"><mj-column>'
            f'<mj-text font-size="12px" color="#5b6170" align="center"><a href="{url}">'
            f"{escape(_('View in the browser'))}</a></mj-text></mj-column></mj-section>"
        )
    logo = ""
    if brand.logo_url:
        logo = (
            f'<mj-image src="{escape(brand.logo_url)}" alt="{escape(brand.logo_alt)}" width="160px" '
            'padding="24px 24px 8px" />'
        )
    elif brand.sender_name:
        logo = (
            f'<mj-text font-size="18px" font-weight="bold" color="{brand.colour}" padding="24px 24px 8px">'
            f"{escape(brand.sender_name)}</mj-text>"
        )
    return f'{view}<mj-section css-class="wm-card"><mj-column>{logo}</mj-column></mj-section>' if logo else view


def _body(template: EmailTemplate, writer: Writer) -> str:
    out: list[str] = []
    column: list[str] = []

    def close() -> None:
        if column:
            out.append(f'<mj-section css-class="wm-card"><mj-column>{"".join(column)}</mj-column></mj-section>')
            column.clear()

    for number, child in enumerate(template.body, start=1):
        kind = email_blocks.get(child.block_type)
        if kind is None:
            continue
        writer.field = _("content, block %(number)d") % {"number": number}
        mjml = kind.mjml(child.value, writer)
        if kind.section:
            close()
            out.append(mjml)
        else:
            column.append(mjml)
    close()
    writer.field = ""
    return "".join(out)


def _footer(template: EmailTemplate, brand: Brand, writer: Writer) -> str:
    parts = []
    if brand.footer:
        parts.append(linebreaks(brand.footer, autoescape=True))
    if brand.postal_address:
        lines = "<br>".join(escape(line.strip()) for line in brand.postal_address.splitlines() if line.strip())
        parts.append(f"<p>{escape(brand.sender_name)}<br>{lines}</p>" if brand.sender_name else f"<p>{lines}</p>")
    if template.message_class == MessageClass.MARKETING:
        leave, prefer = writer.token("{{ links.unsubscribe }}"), writer.token("{{ links.preferences }}")
        parts.append(
            f"<p>{escape(_('You get this e-mail because you agreed to it.'))} "
            f'<a href="{prefer}">{escape(_("Change what you get"))}</a> · '
            f'<a href="{leave}">{escape(_("Unsubscribe"))}</a></p>'
        )
    if not parts:
        return ""
    content = writer.raw("".join(parts))
    return (
        f'<mj-section background-color="{brand.colour_background}" css-class="wm-foot" padding="16px 0"><mj-column>'
        f'<mj-text font-size="12px" color="#5b6170" align="center">{content}</mj-text></mj-column></mj-section>'
    )
