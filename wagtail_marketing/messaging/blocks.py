"""The blocks of an e-mail and their MJML."""

from html import escape
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock
from wagtail.rich_text import expand_db_html

from wagtail_marketing.core.money import format_money

from .engine.writer import Writer
from .registry import EmailBlock, email_blocks

RICH_TEXT = ["bold", "italic", "link", "ol", "ul"]
TOKENS_HELP = _('Tokens such as {{ contact.first_name | default: "friend" }} may stand here.')
IMAGE_WIDTH = 1200  # twice the 600 px of the column, for dense screens


class HeadingBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Text"), help_text=TOKENS_HELP)
    level = blocks.ChoiceBlock(
        label=_("Size"), choices=[("h1", _("Large")), ("h2", _("Medium")), ("h3", _("Small"))], default="h2"
    )

    class Meta:
        icon = "title"
        label = _("Heading")


class ImageBlock(blocks.StructBlock):
    image = ImageChooserBlock(label=_("Image"))
    alt = blocks.CharBlock(
        label=_("Description"),
        required=False,
        help_text=_("Read aloud, and shown where images are blocked. Empty only for mere decoration."),
    )
    url = blocks.CharBlock(label=_("Link"), required=False)

    class Meta:
        icon = "image"
        label = _("Image")


class ButtonBlock(blocks.StructBlock):
    label = blocks.CharBlock(label=_("Text"))
    url = blocks.CharBlock(label=_("Link"), help_text=_("https://… or /a-page/ of your site; tokens may stand in it."))

    class Meta:
        icon = "link"
        label = _("Button")


class DividerBlock(blocks.StaticBlock):
    class Meta:
        icon = "horizontalrule"
        label = _("Divider")
        admin_text = _("A line across")


class DiscountCodeBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Text"), required=False, help_text=_("Such as “20 % off pastry until Sunday”."))
    code = blocks.CharBlock(label=_("Code"), max_length=80)
    url = blocks.CharBlock(label=_("Link"), required=False)

    class Meta:
        icon = "tag"
        label = _("Discount code")


class ProductBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Text"), required=False)
    button = blocks.CharBlock(label=_("Button"), required=False)

    def __init__(self, **kwargs):
        from .choosers import ProductChooserBlock

        super().__init__([("product", ProductChooserBlock(label=_("Product")))], **kwargs)

    class Meta:
        icon = "pick"
        label = _("Product")


def columns_block() -> blocks.Block:
    """Two or three columns of the blocks that may stand in columns."""
    column = blocks.StreamBlock([(name, kind.block()) for name, kind in email_blocks.items() if kind.nested])
    return blocks.ListBlock(column, min_num=2, max_num=3, label=_("Columns"), icon="grip")


def text(tag: str, content: str, **attributes: str) -> str:
    extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f"<mj-text{extra}><{tag}>{content}</{tag}></mj-text>"


def button(label: str, url: str) -> str:
    return f'<mj-button href="{url}">{label}</mj-button>'


def heading_mjml(value: Any, writer: Writer) -> str:
    level = value["level"] if value["level"] in ("h1", "h2", "h3") else "h2"
    return text(level, writer.text(value["text"]))


def rich_text_mjml(value: Any, writer: Writer) -> str:
    return f"<mj-text>{writer.html(expand_db_html(value.source))}</mj-text>"


def image_mjml(value: Any, writer: Writer) -> str:
    image = value["image"]
    if image is None:
        return ""
    rendition = image.get_rendition(f"width-{IMAGE_WIDTH}")
    link = f' href="{writer.url(value["url"])}"' if value["url"] else ""
    return f'<mj-image src="{escape(rendition.url)}" alt="{writer.text(value["alt"] or "")}"{link} />'


def button_mjml(value: Any, writer: Writer) -> str:
    return button(writer.text(value["label"]), writer.url(value["url"]))


def divider_mjml(value: Any, writer: Writer) -> str:
    return "<mj-divider />"


def discount_code_mjml(value: Any, writer: Writer) -> str:
    code = f'<span class="wm-code">{writer.text(value["code"])}</span>'
    parts = [text("p", writer.text(value["text"]), align="center")] if value["text"] else []
    parts.append(text("p", code, align="center"))
    if value["url"]:
        parts.append(button(escape(_now("Use the code")), writer.url(value["url"])))
    return "".join(parts)


def product_mjml(value: Any, writer: Writer) -> str:
    product = value["product"]
    if product is None:
        return ""
    url = writer.url(product.url) if product.url else ""
    link = f' href="{url}"' if url else ""
    parts = []
    if product.image_url:
        parts.append(f'<mj-image src="{escape(product.image_url)}" alt="{escape(product.name)}"{link} />')
    price = ""
    if product.price_minor is not None and product.currency:
        price = f"<br />{escape(format_money(product.price_minor, product.currency))}"
    parts.append(text("p", f"<strong>{escape(product.name)}</strong>{price}"))
    if value["text"]:
        parts.append(text("p", writer.text(value["text"])))
    if value["button"] and url:
        parts.append(button(writer.text(value["button"]), url))
    return "".join(parts)


def html_mjml(value: Any, writer: Writer) -> str:
    return f"<mj-text>{writer.html(str(value))}</mj-text>"


def columns_mjml(value: Any, writer: Writer) -> str:
    columns = []
    for column in value:
        content = "".join(email_blocks[child.block_type].mjml(child.value, writer) for child in column)
        columns.append(f"<mj-column>{content}</mj-column>")
    return f'<mj-section css-class="wm-card">{"".join(columns)}</mj-section>'


def register() -> None:
    """Register our own blocks (from ``AppConfig.ready``); the order is the editor's."""
    for name, kind in {
        "heading": EmailBlock(HeadingBlock, heading_mjml),
        "text": EmailBlock(lambda: blocks.RichTextBlock(features=RICH_TEXT, label=_("Text")), rich_text_mjml),
        "image": EmailBlock(ImageBlock, image_mjml),
        "button": EmailBlock(ButtonBlock, button_mjml),
        "product": EmailBlock(ProductBlock, product_mjml),
        "discount_code": EmailBlock(DiscountCodeBlock, discount_code_mjml),
        "divider": EmailBlock(DividerBlock, divider_mjml),
        "html": EmailBlock(
            lambda: blocks.RawHTMLBlock(label=_("HTML"), help_text=_("Only for those who may write HTML.")), html_mjml
        ),
        "columns": EmailBlock(columns_block, columns_mjml, section=True, nested=False),
    }.items():
        if name not in email_blocks:
            email_blocks.register(name, kind)
