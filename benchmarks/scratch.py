"""A benchmark's own database on PostgreSQL, made and dropped beside the one that DATABASE_URL names."""

from django.conf import settings
from django.db import connection


def administer(statement: str) -> None:
    """Run a statement on the database ``postgres``: a database cannot copy or drop itself."""
    use("postgres")
    connection.ensure_connection()
    connection.set_autocommit(True)
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def use(name: str) -> None:
    """Let Django's default connection go to ``name`` from now on."""
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
