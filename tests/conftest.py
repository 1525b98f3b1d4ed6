"""What every test of the project has: no network, quick property tests, the site's rows after a flush."""

import os
import socket

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

_connect = socket.socket.connect


def _connect_locally(self: socket.socket, address):
    host = address[0] if isinstance(address, tuple) else ""
    if host and host not in {"localhost", "::1", "0.0.0.0"} and not host.startswith("127."):  # noqa: S104
        raise AssertionError(f"A test called {address}: tests speak to this machine only.")
    return _connect(self, address)


@pytest.fixture(autouse=True, scope="session")
def no_network():
    """Nothing leaves this machine. A DATABASE_URL elsewhere is libpq's business and is not touched by this."""
    socket.socket.connect = _connect_locally  # type: ignore[method-assign]
    yield
    socket.socket.connect = _connect  # type: ignore[method-assign]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give what the migrations wrote (root page, site, locale, groups) back to tests that end with a flush.

    Such a test is one that does not run inside a transaction: with ``live_server``, ``transactional_db`` or
    ``django_db(transaction=True)``. Each starts from the rows that stood there after the migrations.
    """
    for item in items:
        marker = item.get_closest_marker("django_db")
        given = marker.kwargs if marker else {}
        if given.get("transaction") or {"live_server", "transactional_db"} & set(getattr(item, "fixturenames", ())):
            wanted = {**given, "transaction": True, "serialized_rollback": True}
            item.add_marker(pytest.mark.django_db(**wanted), append=False)


@pytest.fixture(autouse=True)
def _fresh_caches():
    """Wagtail keeps site and locale in the cache; a row of another test must not be found there."""
    from django.core.cache import cache

    yield
    cache.clear()


_ledger = {"guarded": True}


@pytest.fixture(autouse=True)
def _ledger_lets_tests_flush(request: pytest.FixtureRequest):
    """The consent ledger's triggers, off only in a test that ends with a flush (and back on in the next)."""
    marker = request.node.get_closest_marker("django_db")
    flushes = bool(marker and marker.kwargs.get("transaction"))
    if marker and (flushes or not _ledger["guarded"]):
        from wagtail_marketing.contacts import ledger

        request.getfixturevalue("transactional_db" if flushes else "db")
        _ledger["guarded"] = _ledger["guarded"] and not flushes
        if flushes:
            ledger.remove()
        else:
            ledger.install()
