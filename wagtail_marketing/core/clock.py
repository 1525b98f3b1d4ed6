"""Time: aware, UTC, and passed in wherever a rule depends on it."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.db import connections
from django.utils import timezone

from wagtail_marketing.conf import settings


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return timezone.now()


def database_now(using: str = "default") -> datetime:
    """The database's clock, which every worker shares: leases are measured by it (aware, UTC)."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        query = "SELECT clock_timestamp()"
    elif connection.vendor == "sqlite":
        query = "SELECT strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')".replace("%%", "%")
    else:
        query = "SELECT CURRENT_TIMESTAMP"
    with connection.cursor() as cursor:
        cursor.execute(query)
        value = cursor.fetchone()[0]
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def shop_zone() -> ZoneInfo:
    """The zone in which the shop's dates begin and end."""
    return ZoneInfo(settings.time_zone)


def start_of_day(day: date) -> datetime:
    """Midnight of ``day`` in the shop's zone, in UTC."""
    return datetime.combine(day, time.min, tzinfo=shop_zone()).astimezone(UTC)
