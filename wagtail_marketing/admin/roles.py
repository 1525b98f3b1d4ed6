"""Manager, editor, analyst: groups whose permissions follow from what a permission is called.

A permission that no rule names goes to managers only; so a capability that adds ``send_campaign`` or
``export_contact`` in its ``Meta.permissions`` has nothing to do here. What a site takes away from a group
stays away: each permission is granted once and remembered (``RoleGrant``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wagtail_marketing.models import RoleGrant

#: First words of codenames that an editor gets: makes, changes, tests and hands in, and sees who it is for.
EDITOR_VERBS = frozenset({"add", "change", "view", "preview", "test", "submit"})

#: Named in full, because their first word says too little: they are a manager's.
NEVER_EDITOR = frozenset(
    {"change_marketingsettings", "change_job", "add_contact", "change_contact", "view_contactimport"}
)

#: What an analyst must not read: people are masked without it, keys are nobody's reading, and of the settings
#: and jobs nothing is theirs.
NEVER_ANALYST = frozenset(
    {
        "view_personal_data",
        "view_apitoken",
        "view_idempotencykey",
        "view_job",
        "view_marketingsettings",
        "view_contactimport",
    }
)

#: Apps whose rows only managers handle.
MANAGERS_ONLY = frozenset({"wagtail_marketing_api"})


@dataclass(frozen=True)
class Role:
    """``name`` is the group's; ``allows(app_label, codename)`` says what it is given."""

    key: str
    name: Any
    allows: Callable[[str, str], bool]


def _editor(app_label: str, codename: str) -> bool:
    verb = codename.partition("_")[0]
    return verb in EDITOR_VERBS and codename not in NEVER_EDITOR and app_label not in MANAGERS_ONLY


def _analyst(app_label: str, codename: str) -> bool:
    return codename.startswith("view_") and codename not in NEVER_ANALYST and app_label not in MANAGERS_ONLY


#: Group names are not translated: they are rows, and the language of who migrates is an accident.
ROLES = (
    Role("manager", "Marketing managers", lambda app_label, codename: True),
    Role("editor", "Marketing editors", _editor),
    Role("analyst", "Marketing analysts", _analyst),
)

DESCRIPTIONS = {
    "manager": _("Everything: approves, sends, exports, sees keys and jobs."),
    "editor": _("Creates, tests and hands in; neither sends nor approves nor exports."),
    "analyst": _("Reads reports and lists; people are masked."),
}


@transaction.atomic
def grant_roles(*, using: str = "default", reset: bool = False) -> dict[str, int]:
    """Create the groups where they lack and give each what is new; returns ``{role: permissions given}``.

    With ``reset`` also what was granted before and taken away since. Safe to run again.
    """
    permissions = list(
        Permission.objects.using(using)
        .filter(content_type__app_label__startswith="wagtail_marketing")
        .select_related("content_type")
    )
    access = list(
        Permission.objects.using(using)
        .filter(content_type__app_label="wagtailadmin", codename="access_admin")
        .select_related("content_type")
    )
    given = {}
    for role in ROLES:
        wanted = {
            f"{p.content_type.app_label}.{p.codename}": p
            for p in permissions
            if role.allows(p.content_type.app_label, p.codename)
        } | {f"{p.content_type.app_label}.{p.codename}": p for p in access}
        known = set()
        if not reset:
            known = set(RoleGrant.objects.using(using).filter(role=role.key).values_list("permission", flat=True))
        fresh = {name: permission for name, permission in wanted.items() if name not in known}
        group, _created = Group.objects.using(using).get_or_create(name=role.name)
        group.permissions.add(*fresh.values())
        RoleGrant.objects.using(using).bulk_create(
            [RoleGrant(role=role.key, permission=name) for name in sorted(fresh)], ignore_conflicts=True
        )
        given[role.key] = len(fresh)
    return given
