"""What every address of ours answers to whom. A route without a row fails ``test_admin_urls``.

One module per capability with ``ROWS``, a dict from URL name to :class:`Row`::

    ROWS = {
        **model_rows("marketing_jobs", read_only=True, view="manager"),
        "marketing_jobs:cancel": Row("manager", kwargs=a_job),
        "wagtail_marketing:click": PUBLIC,
    }

    API = {("GET", "/jobs/"): ("jobs:read",)}        # REST: (method, path below v1) -> scopes

``Row(who)`` names the roles that may open it, as one string: ``"manager editor"``. ``kwargs`` is called
inside the test and returns the URL's arguments (it may make objects). ``get`` is the status that a GET by
somebody who may gives (200; 302 for a redirect, 405 for a POST-only route).
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

ALL = "manager editor analyst"


@dataclass(frozen=True)
class Row:
    """Who may open a route."""

    who: str = ""
    kwargs: Callable[[], dict[str, Any]] = dict
    get: int = 200
    query: str = ""
    #: Open to everybody: storefront, links in messages, schema.
    public: bool = False


PUBLIC = Row(public=True)


def model_rows(
    namespace: str,
    *,
    view: str,
    add: str = "",
    change: str = "",
    delete: str = "",
    kwargs: Callable[[], dict[str, Any]] = dict,
    read_only: bool = False,
    inspect: bool = False,
) -> dict[str, Row]:
    """The rows of a ``MarketingModelViewSet``."""
    rows = {"index": Row(view), "index_results": Row(view)}
    if inspect:
        rows["inspect"] = Row(view, kwargs)
    if not read_only:
        rows |= {
            "add": Row(add),
            "edit": Row(change, kwargs),
            "delete": Row(delete, kwargs),
            "history": Row(change, kwargs),
            "history_results": Row(change, kwargs),
            "usage": Row(change, kwargs),
        }
    return {f"{namespace}:{name}": row for name, row in rows.items()}


def chooser_rows(namespace: str, who: str, add: str, kwargs: Callable[[], dict[str, Any]]) -> dict[str, Row]:
    """The rows of a chooser of the kit: ``who`` may choose, ``add`` may make one there."""
    return {
        f"{namespace}:choose": Row(who),
        f"{namespace}:choose_results": Row(who),
        f"{namespace}:chosen": Row(who, kwargs),
        f"{namespace}:chosen_multiple": Row(who),
        f"{namespace}:create": Row(add),
    }


def _gather(name: str) -> dict[Any, Any]:
    """What every module of this package holds under ``name``; nothing may stand in two."""
    rows: dict[Any, Any] = {}
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        found = getattr(import_module(f"{__name__}.{path.stem}"), name, {})
        doubled = set(rows) & set(found)
        assert not doubled, f"{path.name}: {doubled} stand in another module too"
        rows |= found
    return rows


def every_row() -> dict[str, Row]:
    """URL name -> row."""
    return _gather("ROWS")


def every_operation() -> dict[tuple[str, str], tuple[str, ...]]:
    """``(method, path below v1)`` -> the scopes that it needs."""
    return _gather("API")
