from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MarketingConfig(AppConfig):
    name = "wagtail_marketing"
    label = "wagtail_marketing"
    verbose_name = _("Marketing")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401  registers the system checks
        from .host import checks as host_checks  # noqa: F401

        post_migrate.connect(after_migrate, dispatch_uid="wagtail_marketing.after_migrate")


def after_migrate(*, app_config: AppConfig, using: str, **kwargs: Any) -> None:
    """Rows that a site needs: the roles' groups and the queue's tick.

    Once per ``migrate``, with the last app: permissions are made by earlier receivers, app by app, and
    Wagtail's extra ones (publish, lock) only with ``wagtail.snippets``.
    """
    last = [config for config in apps.get_app_configs() if config.models_module][-1]
    if app_config.label != last.label:
        return
    from django.contrib.auth.management import create_permissions

    from .admin.roles import grant_roles
    from .core.heartbeat import ensure_tick
    from .models import RoleGrant

    tables = set(connections[using].introspection.table_names())
    if not {RoleGrant._meta.db_table, "auth_group", "auth_permission"} <= tables:
        return  # migrated part of the way, or back
    for config in apps.get_app_configs():
        if config.name.startswith("wagtail_marketing"):
            create_permissions(config, verbosity=0, using=using)
    grant_roles(using=using)
    ensure_tick(using=using)
