"""The least that anybody needs to open any view of a model: some permission on it.

Wagtail checks list, add, edit and delete by itself, but lets everybody with ``access_admin`` into choosers and
some helper views. Viewsets of the kit put this guard before every view that they construct, whatever Wagtail
adds later.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from .permissions import may

ACTIONS = ("view", "add", "change", "delete", "publish")


def may_touch(user: Any, model: Any) -> bool:
    """Whether ``user`` may enter the admin and holds any permission on ``model``."""
    label, name = model._meta.app_label, model._meta.model_name
    return any(may(user, f"{label}.{action}_{name}") for action in ACTIONS)


class ModelGuard:
    """Before one of Wagtail's views; ``guard_model`` is set by :class:`GuardedViewsMixin`."""

    guard_model: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.guard_model is None or not may_touch(request.user, self.guard_model):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class GuardedViewsMixin:
    """For viewsets with a ``model``: every view is guarded, those that hosts swap in too."""

    def construct_view(self, view_class: Any, **kwargs: Any) -> Any:
        guarded = type(
            view_class.__name__,
            (ModelGuard, view_class),
            {"guard_model": self.model, "__module__": view_class.__module__, "__doc__": view_class.__doc__},  # type: ignore[attr-defined]
        )
        return super().construct_view(guarded, **kwargs)  # type: ignore[misc]
