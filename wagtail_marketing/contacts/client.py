"""Who asks, as far as a public page may know: the client's address, and how often it may ask."""

import ipaddress
import time

from django.core.cache import cache
from django.http import HttpRequest

from wagtail_marketing.conf import settings

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def client_ip(request: HttpRequest) -> str | None:
    """The client's address; None where the header holds none (of several, the last: the proxy's own word)."""
    given = request.META.get(settings.client_ip_header, "").rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(given))
    except ValueError:
        return None


def evidence_ip(request: HttpRequest) -> str | None:
    """The client's address where the site keeps it as evidence."""
    return client_ip(request) if settings.keep_consent_ip else None


def may_ask(ip: str | None, *, scope: str, rate: str) -> bool:
    """Count one more request of ``ip`` in the present window; whether it is within ``rate`` (``"20/hour"``).

    A network of IPv6 (/64) counts as one. Counted in Django's cache: with a cache per process the limit holds
    per process.
    """
    most, _slash, unit = rate.partition("/")
    seconds = _UNITS[unit[:1]]
    window = int(time.time()) // seconds
    key = f"wagtail_marketing:{scope}:{_network(ip)}:{window}"
    cache.add(key, 0, timeout=seconds + 1)
    try:
        return cache.incr(key) <= int(most)
    except ValueError:  # gone between the two: a new window
        return True


def _network(ip: str | None) -> str:
    if ip is None:
        return "unknown"
    address = ipaddress.ip_address(ip)
    if address.version == 6:
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
