import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command

from wagtail_marketing.admin.roles import ROLES, grant_roles

pytestmark = pytest.mark.django_db


def codenames(name):
    return {
        f"{app}.{code}"
        for app, code in Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
    }


def every():
    return {
        f"{app}.{code}"
        for app, code in Permission.objects.filter(content_type__app_label__startswith="wagtail_marketing").values_list(
            "content_type__app_label", "codename"
        )
    }


def test_migrate_made_the_groups_and_managers_hold_everything():
    assert codenames("Marketing managers") == every() | {"wagtailadmin.access_admin"}


def test_editors_neither_delete_nor_export_nor_approve_nor_see_keys():
    held = codenames("Marketing editors") - {"wagtailadmin.access_admin"}
    assert {code.split(".")[1].split("_")[0] for code in held} <= {
        "add",
        "change",
        "view",
        "preview",
        "test",
        "submit",
    }
    assert not {code for code in held if code.startswith("wagtail_marketing_api.")}
    assert "wagtail_marketing.change_marketingsettings" not in held
    assert "wagtail_marketing.view_marketingsettings" in held


def test_analysts_read_and_see_no_people():
    held = codenames("Marketing analysts") - {"wagtailadmin.access_admin"}
    assert {code.split(".")[1].split("_")[0] for code in held} == {"view"}
    assert not {code for code in held if code.endswith(("view_personal_data", "view_apitoken", "view_job"))}


def test_what_a_site_took_away_stays_away():
    group = Group.objects.get(name="Marketing editors")
    permission = Permission.objects.get(codename="view_marketingsettings")
    group.permissions.remove(permission)
    assert grant_roles() == {role.key: 0 for role in ROLES}
    assert permission not in group.permissions.all()
    grant_roles(reset=True)
    assert permission in group.permissions.all()


def test_a_new_permission_is_given_by_the_next_migrate():
    group = Group.objects.get(name="Marketing managers")
    content_type = Permission.objects.get(codename="view_marketingsettings").content_type
    fresh = Permission.objects.create(codename="send_letters", name="x", content_type=content_type)
    assert grant_roles() == {"manager": 1, "editor": 0, "analyst": 0}
    assert fresh in group.permissions.all()


def test_the_command_puts_a_user_into_a_role():
    user = User.objects.create_user("ann")
    call_command("marketing_roles", "--add", "ann", "editor", verbosity=0)
    assert [group.name for group in user.groups.all()] == ["Marketing editors"]
    with pytest.raises(CommandError):
        call_command("marketing_roles", "--add", "ann", "king")
    assert user.groups.count() == 1
