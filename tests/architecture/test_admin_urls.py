"""Every admin address of ours, asked for by everybody: who may not is refused and changes nothing.

The list comes from the URL resolver, not from us: a route that somebody adds without saying who may open it
(``routes/``) fails here.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.urls import URLPattern, get_resolver, reverse

from wagtail_marketing.admin.guards import ModelGuard
from wagtail_marketing.admin.roles import ROLES
from wagtail_marketing.admin.views import MarketingPermissionMixin

from .routes import Row, every_row

ROWS = every_row()
EVERYBODY = ("anonymous", "bystander", *(role.key for role in ROLES))


def walk(patterns: Any = None, prefix: str = "", names: tuple[str, ...] = ()) -> Iterator[tuple[str, str, URLPattern]]:
    """``(name with namespaces, path, pattern)`` of every route of the site."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield ":".join((*names, pattern.name or "")), path, pattern
        else:
            inner = (*names, pattern.namespace) if pattern.namespace else names
            yield from walk(pattern.url_patterns, path, inner)


def is_ours(pattern: URLPattern, path: str, name: str) -> bool:
    """Written by us, or one of Wagtail's views over a model of ours, or under our part of the admin."""
    if path.startswith("admin/marketing") or name.startswith(("wagtail_marketing:", "marketing_")):
        return True
    view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
    model = getattr(pattern.callback, "view_initkwargs", {}).get("model")
    module = view.__module__ if view else pattern.callback.__module__
    return module.startswith("wagtail_marketing") or (
        isinstance(model, type) and model._meta.app_label.startswith("wagtail_marketing")
    )


OURS = {name: (path, pattern) for name, path, pattern in walk() if is_ours(pattern, path, name)}
API = {name for name, (path, _) in OURS.items() if name.startswith("wagtail_marketing:api:") and name not in ROWS}
ADMIN = sorted(name for name in OURS if name in ROWS and not ROWS[name].public)


def test_every_route_has_a_row():
    assert sorted(set(OURS) - set(ROWS) - API) == []


def test_every_row_has_a_route():
    assert sorted(set(ROWS) - set(OURS)) == []


@pytest.mark.parametrize("name", ADMIN)
def test_every_admin_view_stands_on_a_guard_of_the_kit(name):
    view = getattr(OURS[name][1].callback, "view_class", None)
    assert view is not None, "a function view: write it as a MarketingView"
    assert issubclass(view, MarketingPermissionMixin | ModelGuard)


def member(key: str) -> User | None:
    if key == "anonymous":
        return None
    user = User.objects.create_user(key, password="x")
    if key == "bystander":
        user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    else:
        name = next(role.name for role in ROLES if role.key == key)
        user.groups.add(Group.objects.get(name=name))
    return user


def everything() -> dict[str, list[tuple]]:
    """Every row of every table of ours."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for config in apps.get_app_configs()
        if config.label.startswith("wagtail_marketing")
        for model in config.get_models()
    }


def refused(response: Any, key: str) -> bool:
    """Wagtail sends who may not enter to the log-in, and who may not see this to the start page."""
    if response.status_code == 403:
        return True
    start = reverse("wagtailadmin_login") if key == "anonymous" else reverse("wagtailadmin_home")
    return response.status_code == 302 and response.url.split("?")[0] == start


@pytest.mark.django_db
@pytest.mark.parametrize("name", ADMIN)
def test_who_may_open_it(client, name):
    row: Row = ROWS[name]
    url = reverse(name, kwargs=row.kwargs()) + row.query
    before = everything()
    for key in EVERYBODY:
        user = member(key)
        client.logout()
        if user:
            client.force_login(user)
        if key in row.who.split():
            response = client.get(url)
            assert (key, response.status_code) == (key, row.get)
            assert not refused(response, key) or row.get == 302
            continue
        for method in ("get", "post", "put", "patch", "delete"):
            response = getattr(client, method)(url)
            assert refused(response, key), f"{key} {method}: {response.status_code}"
        assert everything() == before, key


def test_the_guard_sees_an_open_view(client, admin_user):
    """Twin: Wagtail's own report view, as it comes, lets the bystander in."""
    from wagtail.admin.views.reports import ReportView

    assert not issubclass(ReportView, MarketingPermissionMixin | ModelGuard)
