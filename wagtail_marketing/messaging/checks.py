"""System checks of this room."""

from datetime import timedelta
from typing import Any

from django.core import checks

from wagtail_marketing.conf import settings


def check_times(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """SMTP time-out < lease < django-q2's ``retry``: else a batch is taken back from a worker that is alive."""
    from django.conf import settings as django_settings

    found: list[checks.CheckMessage] = []
    if settings.send_lease <= timedelta(seconds=settings.smtp_timeout):
        found.append(
            checks.Error(
                "WAGTAIL_MARKETING['SEND_LEASE_SECONDS'] is not longer than 'SMTP_TIMEOUT_SECONDS'.",
                hint="A worker that waits for a slow server would lose its messages to the reaper. "
                "Make the lease at least twice the time-out.",
                id="wagtail_marketing_messaging.E001",
            )
        )
    retry = getattr(django_settings, "Q_CLUSTER", {}).get("retry")
    if retry is not None and settings.send_lease > timedelta(seconds=retry):
        found.append(
            checks.Warning(
                "WAGTAIL_MARKETING['SEND_LEASE_SECONDS'] is longer than Q_CLUSTER['retry'].",
                hint="django-q2 would start the task again while its messages are still held. Raise 'retry'.",
                id="wagtail_marketing_messaging.W002",
            )
        )
    if not 1 <= settings.send_in_flight <= settings.send_batch_size:
        found.append(
            checks.Error(
                "WAGTAIL_MARKETING['SEND_IN_FLIGHT'] must lie between 1 and 'SEND_BATCH_SIZE'.",
                hint="10 to 20 is usual: the number of messages that one crash can leave unknown.",
                id="wagtail_marketing_messaging.E003",
            )
        )
    return found


def register() -> None:
    checks.register(check_times, "wagtail_marketing")
