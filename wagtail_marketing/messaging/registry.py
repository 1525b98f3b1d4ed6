"""What other rooms and sites may add here: channels, e-mail blocks, tokens, checks before a send starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wagtail_marketing.core.registry import Registry

if TYPE_CHECKING:
    from wagtail.blocks import Block

    from wagtail_marketing.messaging.backends.base import Channel


@dataclass(frozen=True, slots=True)
class EmailBlock:
    """A kind of block of the e-mail editor.

    ``block`` makes the Wagtail block; ``mjml(value, writer)`` gives its MJML: ``<mj-section>`` elements for a
    block of the top level, column content (``<mj-text>`` and the like) where ``section`` is false. Every text
    of the editor goes through ``writer.text``, ``writer.html`` or ``writer.url``.
    """

    block: Callable[[], Block]
    mjml: Callable[[Any, Any], str]
    section: bool = False
    #: May stand inside columns as well.
    nested: bool = True


#: channel name -> channel
channels: Registry[Channel] = Registry("channels")

#: block name -> EmailBlock, in the order in which the editor offers them
email_blocks: Registry[EmailBlock] = Registry("email blocks")
