"""What an editor may put on the shop's front page."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_marketing.contacts.blocks import SignUpBlock
from wagtail_marketing.segments.blocks import ShowToSegmentBlock


class CallBlock(blocks.StructBlock):
    """A heading, a sentence and one button."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=120)
    text = blocks.TextBlock(label=_("Text"), required=False)
    button = blocks.CharBlock(label=_("Button"), max_length=60, required=False)
    # A URLBlock would refuse "/products/"; anything but a path or http(s) could be a script.
    link = blocks.RegexBlock(
        regex=r"^(/|https?://).*$",
        label=_("Link"),
        required=False,
        default="/products/",
        help_text=_("A path such as /products/ or a full address."),
    )

    class Meta:
        icon = "pick"
        label = _("Call to action")
        template = "shop/blocks/call.html"


CONTENT = [
    (
        "paragraph",
        blocks.RichTextBlock(label=_("Text"), features=["h2", "h3", "bold", "italic", "link", "ul", "ol"]),
    ),
    ("call", CallBlock()),
]

HOME_BLOCKS = [*CONTENT, ("for_segment", ShowToSegmentBlock(CONTENT)), ("sign_up", SignUpBlock())]
