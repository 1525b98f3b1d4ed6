"""Create the database that a URL names, where it is missing; say in one line what is wrong otherwise."""

import sys
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql


def main(url: str) -> str | None:
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    maintenance = urlunsplit(parts._replace(scheme="postgresql", path="/postgres"))
    try:
        connection = psycopg2.connect(maintenance, connect_timeout=10)
    except psycopg2.OperationalError as error:
        return (
            f"PostgreSQL does not answer at {parts.hostname}:{parts.port or 5432}: {str(error).strip()}\n"
            "Start one and name it with CI_DATABASE_URL=postgres://user:password@host:port/name."
        )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    connection.close()
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
