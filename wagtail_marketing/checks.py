"""System checks of the settings: one number each, with the remedy as its hint."""

from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.module_loading import import_string

from .conf import settings
from .core import tasks


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


@register(Tags.compatibility)
def check_queue(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """django-q2's settings: a slice must end before the time-out, and that before the repeat."""
    if not apps.is_installed("django_q"):
        return [
            Warning(
                "django_q is not installed: nothing is sent, synced or computed by itself.",
                hint="Add 'django_q' and run `manage.py qcluster`, or run `manage.py run_marketing` by cron.",
                id="wagtail_marketing.W010",
            )
        ]
    cluster = getattr(django_settings, "Q_CLUSTER", {})
    found: list[CheckMessage] = []
    timeout, retry = cluster.get("timeout"), cluster.get("retry", 60)
    slice_seconds = int(tasks.SLICE.total_seconds())
    if not timeout or timeout < slice_seconds + 15:
        found.append(
            Warning(
                f"Q_CLUSTER['timeout'] is {timeout!r}: a slice of work takes up to {slice_seconds} seconds.",
                hint=f"Set it to {2 * slice_seconds}, so that the alarm never interrupts a message on its way.",
                id="wagtail_marketing.W011",
            )
        )
    if timeout and retry <= timeout:
        found.append(
            Warning(
                f"Q_CLUSTER['retry'] is {retry}, not more than its timeout of {timeout}.",
                hint="Set it to more than the time-out, or running tasks are handed out a second time.",
                id="wagtail_marketing.W012",
            )
        )
    if not cluster.get("max_attempts"):
        found.append(
            Warning(
                "Q_CLUSTER['max_attempts'] is 0: a failing task is repeated for ever.",
                hint="Set it to 3 or so; what is due is found again by the next tick anyway.",
                id="wagtail_marketing.W013",
            )
        )
    if cluster.get("catch_up", True):
        found.append(
            Warning(
                "Q_CLUSTER['catch_up'] is on: after a pause every missed tick is run, one by one.",
                hint="Set it to False: one tick does everything that is due.",
                id="wagtail_marketing.W014",
            )
        )
    return found


@register(Tags.compatibility)
def check_database(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Connections that are kept; SQLite in the mode in which a worker and the site can both write."""
    found: list[CheckMessage] = []
    database = django_settings.DATABASES.get("default", {})
    options = database.get("OPTIONS", {})
    if database.get("CONN_MAX_AGE", 0) == 0 and not options.get("pool"):
        found.append(
            Warning(
                "DATABASES['default']['CONN_MAX_AGE'] is 0: each request and task opens a new connection.",
                hint="Set it to 600 (or use a pool).",
                id="wagtail_marketing.W015",
            )
        )
    if database.get("ENGINE", "").endswith("sqlite3"):
        missing = []
        if options.get("transaction_mode", "").upper() != "IMMEDIATE":
            missing.append("'transaction_mode': 'IMMEDIATE'")
        if "journal_mode=wal" not in options.get("init_command", "").lower().replace(" ", ""):
            missing.append("'init_command': 'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;'")
        if options.get("timeout", 5) < 20:
            missing.append("'timeout': 20")
        if missing:
            found.append(
                Warning(
                    "SQLite is not set up for a worker beside the site: writes will fail with “database is locked”.",
                    hint="Add to DATABASES['default']['OPTIONS']: " + ", ".join(missing) + ".",
                    id="wagtail_marketing.W016",
                )
            )
    return found


@register(Tags.compatibility)
def check_segment_block(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """``SEGMENT_BLOCK = "server"`` needs the middleware that keeps such pages out of every cache, in its place."""
    if settings.segment_block != "server":
        return []
    ours, caches = "wagtail_marketing.segments.middleware.PrivateContentMiddleware", "UpdateCacheMiddleware"
    names = list(django_settings.MIDDLEWARE)
    storing = [number for number, name in enumerate(names) if name.endswith(caches)]
    if ours in names and all(names.index(ours) > number for number in storing):
        return []
    return [
        Warning(
            "WAGTAIL_MARKETING['SEGMENT_BLOCK'] is \"server\" without PrivateContentMiddleware in its place.",
            hint=f"Put '{ours}' into MIDDLEWARE, after {caches}; until then blocks show what everybody sees.",
            id="wagtail_marketing.W017",
        )
    ]
