"""Who may: one question, asked by views, menu entries, panels and API alike.

``may(user, "wagtail_marketing_contacts.view_contact")``; with a tuple, every permission is needed. No
permission named is a fault of the programmer, never a yes.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured


def as_tuple(permissions: str | Iterable[str] | None, *, owner: str) -> tuple[str, ...]:
    """The permissions as a tuple. Raises ``ImproperlyConfigured`` where none is named."""
    given = (permissions,) if isinstance(permissions, str) else tuple(permissions or ())
    if not given or not all(given):
        raise ImproperlyConfigured(
            f"{owner} needs marketing_permission: name at least one, such as 'wagtail_marketing_contacts.view_contact'."
        )
    return given


def may(user: Any, permissions: str | Iterable[str] | None, *, owner: str = "This view") -> bool:
    """Whether an active ``user`` may enter the admin and holds every permission.

    Raises ``ImproperlyConfigured`` where no permission is named.
    """
    needed = as_tuple(permissions, owner=owner)
    return bool(user and user.is_active and user.has_perm("wagtailadmin.access_admin") and user.has_perms(needed))
