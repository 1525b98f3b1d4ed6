"""MJML to HTML that mail programs show alike: ``mrml``, then ``css-inline``. Once per revision."""

import re
from functools import cache

import css_inline
import mrml
from django.utils.translation import gettext as _

from wagtail_marketing.messaging.errors import ContentError

from .writer import Writer


@cache
def _inliner() -> css_inline.CSSInliner:
    # The defaults would fetch style sheets from the network and drop the dark-mode and narrow-screen rules.
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True, keep_at_rules=True)


def to_html(mjml: str, writer: Writer, *, language: str, direction: str = "ltr") -> str:
    """The HTML document of an MJML document whose texts ``writer`` wrote (placeholders stay in it).

    Raises ``ContentError`` where it cannot be read.
    """
    try:
        # fonts={}: by default mrml adds a link to Google's.
        output = mrml.to_html(mjml, render_options=mrml.RenderOptions(fonts={}, disable_comments=False))
    except (OSError, ValueError) as error:
        raise ContentError(_("The content cannot be turned into an e-mail: %(error)s") % {"error": error}) from error
    html = _inliner().inline(writer.insert_raw(output.content))
    html = re.sub(r'(<html\b[^>]*?)\slang="[^"]*"', rf'\1 lang="{language}"', html, count=1)
    html = re.sub(r'(<html\b[^>]*?)\sdir="[^"]*"', rf'\1 dir="{direction}"', html, count=1)
    return html.replace('lang="und" dir="auto"', f'lang="{language}" dir="{direction}"')
