"""Read the settings of a site; every room may.

::

    from wagtail_marketing.site_settings import for_site

    brand = for_site(campaign.site)          # or for_site(None): the default site
    brand.sender().formatted                 # "Ann of Corner Grocery" <ann@shop.example>
    brand.sender(campaign.sender_id)         # one of several; the default when it is gone
    brand.zone, brand.currency, brand.postal_address, brand.logo_url, brand.colour_brand ...
"""

from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail.models import Site

from .conf import settings
from .core.errors import NotConfigured
from .core.identity import normalise_email
from .models import MarketingSettings, validate_sender_address

#: What the logo is scaled to: twice the 320 px at which it is shown, in a format that every mail client shows.
LOGO_FILTER = "max-640x320|format-png"


@dataclass(frozen=True)
class SenderIdentity:
    """Who writes. ``id`` is ``None`` for the fallback out of Django's settings."""

    id: int | None
    name: str
    address: str
    reply_to: str = ""

    @property
    def formatted(self) -> str:
        """``"Name" <address>`` as a header wants it."""
        local, _at, domain = normalise_email(self.address).rpartition("@")
        return str(Address(self.name, local, domain))


@dataclass(frozen=True)
class SiteSettings:
    """The settings of one site with every fallback applied. Colours are ``#rrggbb``; days are whole days."""

    site_id: int | None
    site_name: str
    root_url: str
    senders: tuple[SenderIdentity, ...]
    postal_address: str
    footer_text: str
    logo_url: str
    logo_alt: str
    colour_brand: str
    colour_on_brand: str
    colour_background: str
    colour_text: str
    time_zone: str
    currency: str
    default_locale: str
    keep_message_bodies_days: int
    keep_messages_days: int
    keep_events_days: int
    keep_carts_days: int
    keep_jobs_days: int
    #: False where nobody has saved the screen yet: reviews say so.
    configured: bool

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def sender(self, sender_id: int | None = None) -> SenderIdentity:
        """The sender with this id, else the default one. Raises ``NotConfigured`` where there is none."""
        for sender in self.senders:
            if sender_id is None or sender.id == sender_id:
                return sender
        if self.senders:
            return self.senders[0]
        raise NotConfigured(
            _("This site has no sender."),
            field="sender",
            remedy=_("Add one under Marketing, Settings, Sender and brand."),
        )


def for_site(site: Site | int | None = None) -> SiteSettings:
    """The settings of ``site`` (a Site, its id, or ``None`` for the default one); two to four queries.

    Never fails for want of a row: Django's and the package's settings stand in, with ``configured`` false.
    """
    found_site: Any = Site.objects.filter(pk=site).first() if isinstance(site, int) else site
    if found_site is None:
        found_site = Site.objects.filter(is_default_site=True).first() or Site.objects.order_by("pk").first()
    row = None
    if found_site is not None:
        row = (
            MarketingSettings.objects.filter(site=found_site).select_related("logo").prefetch_related("senders").first()
        )
    found = row or MarketingSettings()
    senders = tuple(
        SenderIdentity(sender.pk, sender.name, sender.address, sender.reply_to)
        for sender in (row.senders.all() if row else ())
    )
    name = (found_site.site_name if found_site else "") or getattr(django_settings, "WAGTAIL_SITE_NAME", "")
    logo_url, logo_alt = _logo(found, name)
    return SiteSettings(
        site_id=found_site.pk if found_site else None,
        site_name=name,
        root_url=settings.public_base_url or (found_site.root_url if found_site else ""),
        senders=senders or _fallback_senders(name),
        postal_address=found.postal_address,
        footer_text=found.footer_text,
        logo_url=logo_url,
        logo_alt=logo_alt,
        colour_brand=found.colour_brand,
        colour_on_brand=found.colour_on_brand,
        colour_background=found.colour_background,
        colour_text=found.colour_text,
        time_zone=found.time_zone or settings.time_zone,
        currency=found.currency or settings.currency,
        default_locale=found.default_locale or django_settings.LANGUAGE_CODE,
        keep_message_bodies_days=found.keep_message_bodies_days,
        keep_messages_days=found.keep_messages_days,
        keep_events_days=found.keep_events_days,
        keep_carts_days=found.keep_carts_days,
        keep_jobs_days=found.keep_jobs_days,
        configured=row is not None,
    )


def _fallback_senders(name: str) -> tuple[SenderIdentity, ...]:
    """``DEFAULT_FROM_EMAIL``, unless it is Django's own ``webmaster@localhost``."""
    given, address = parseaddr(getattr(django_settings, "DEFAULT_FROM_EMAIL", ""))
    try:
        validate_sender_address(address)
    except ValidationError:
        return ()
    return (SenderIdentity(None, given or name, address),)


def _logo(found: Any, name: str) -> tuple[str, str]:
    """Absolute URL and alternative text; no logo where its file is gone."""
    if not found.logo:
        return "", ""
    try:
        url = found.logo.get_rendition(LOGO_FILTER).url
    except OSError:
        return "", ""
    return url if "://" in url else settings.public_base_url + url, name or found.logo.title
