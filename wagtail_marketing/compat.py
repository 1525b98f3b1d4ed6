"""Every branch on a Wagtail or Django version, in one place."""

from typing import Any

import django
from django.conf import settings
from wagtail import VERSION as WAGTAIL_VERSION

WAGTAIL_8 = WAGTAIL_VERSION >= (8, 0)
DJANGO_6_1 = django.VERSION >= (6, 1)

__all__ = ["DJANGO_6_1", "WAGTAIL_8", "django_smtp"]

#: Our name of an SMTP setting -> the option of Django's SMTP backend, and the end of ``EMAIL_*``.
SMTP_NAMES = {
    "HOST": ("host", "HOST"),
    "PORT": ("port", "PORT"),
    "USER": ("username", "HOST_USER"),
    "PASSWORD": ("password", "HOST_PASSWORD"),
    "USE_TLS": ("use_tls", "USE_TLS"),
    "USE_SSL": ("use_ssl", "USE_SSL"),
}


def django_smtp() -> dict[str, Any]:
    """Where Django itself would send mail: ``HOST``, ``PORT``, ``USER``, ``PASSWORD``, ``USE_TLS``, ``USE_SSL``.

    Django 6.1 keeps that in ``MAILERS["default"]["OPTIONS"]`` and warns of every look at ``EMAIL_*``; a
    site on 6.1 that still has those gets Django's warning at start, and none from us.
    """
    mailers = getattr(settings, "MAILERS", None) if DJANGO_6_1 else None
    if mailers is not None:
        options = mailers.get("default", {}).get("OPTIONS", {})
        return {name: options.get(option) for name, (option, _old) in SMTP_NAMES.items()}
    source = settings._wrapped if DJANGO_6_1 else settings  # type: ignore[misc]
    return {name: getattr(source, f"EMAIL_{old}", None) for name, (_option, old) in SMTP_NAMES.items()}
