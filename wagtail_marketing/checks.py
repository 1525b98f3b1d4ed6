"""System checks of the settings: one number each, with the remedy as its hint."""

from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.module_loading import import_string

from .conf import settings


@register(Tags.compatibility)
def check_settings(app_configs, **kwargs) -> list[CheckMessage]:
    """Unknown keys, a missing adapter, development keys in production, missing apps."""
    found: list[CheckMessage] = [
        Warning(
            f"WAGTAIL_MARKETING has an unknown key: {key}",
            hint=f"Known keys: {', '.join(sorted(settings.KEYS))}.",
            id="wagtail_marketing.W001",
        )
        for key in sorted(set(settings.raw) - settings.KEYS)
    ]
    try:
        import_string(settings.host_adapter)
    except ImportError as error:
        found.append(
            Error(
                f"WAGTAIL_MARKETING['HOST_ADAPTER'] cannot be imported: {error}",
                hint="Name a subclass of wagtail_marketing.host.adapter.HostAdapter by its dotted path.",
                id="wagtail_marketing.E002",
            )
        )
    if not django_settings.DEBUG:
        for key, number, why in (
            ("HASH_KEY", "W003", "suppressions of erased people would be lost when SECRET_KEY changes"),
            ("TOKEN_KEYS", "W004", "unsubscribe links would die when SECRET_KEY changes"),
        ):
            if not settings.raw.get(key):
                found.append(
                    Warning(
                        f"WAGTAIL_MARKETING['{key}'] is not set: {why}.",
                        hint='Set it to a random string of its own (TOKEN_KEYS: {"1": "<random>"}).',
                        id=f"wagtail_marketing.{number}",
                    )
                )
    if not settings.public_base_url.startswith(("https://", "http://")):
        found.append(
            Error(
                "WAGTAIL_MARKETING['PUBLIC_BASE_URL'] is not a URL: links in messages need a host.",
                hint='Set it to the scheme and host of the site, such as "https://shop.example".',
                id="wagtail_marketing.E005",
            )
        )
    for config in apps.get_app_configs():
        for required in getattr(config, "requires", ()):
            if config.name.startswith("wagtail_marketing") and not apps.is_installed(required):
                found.append(
                    Error(
                        f"{config.name} needs {required}.",
                        hint=f"Add '{required}' to INSTALLED_APPS, or use *wagtail_marketing.APPS.",
                        id="wagtail_marketing.E006",
                    )
                )
    return found
