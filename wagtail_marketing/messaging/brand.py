"""Whose message it is: sender, postal address, logo, colours, footer of one site."""

from dataclasses import dataclass
from typing import Any

from wagtail_marketing.site_settings import for_site


@dataclass(frozen=True, slots=True)
class Brand:
    """What every message of a site carries. ``postal_address`` and ``footer`` are plain text with line breaks."""

    base_url: str
    sender_name: str
    sender_address: str
    reply_to: str
    postal_address: str
    footer: str
    logo_url: str
    logo_alt: str
    colour: str
    colour_on: str
    colour_background: str
    colour_text: str


def brand_for(site: Any = None) -> Brand:
    """The brand of ``site`` (None: of the default site), from the settings screen."""
    found = for_site(site)
    sender = found.senders[0] if found.senders else None
    return Brand(
        base_url=found.root_url.rstrip("/"),
        sender_name=sender.name if sender else found.site_name,
        sender_address=sender.address if sender else "",
        reply_to=sender.reply_to if sender else "",
        postal_address=found.postal_address,
        footer=found.footer_text,
        logo_url=found.logo_url,
        logo_alt=found.logo_alt,
        colour=found.colour_brand,
        colour_on=found.colour_on_brand,
        colour_background=found.colour_background,
        colour_text=found.colour_text,
    )
