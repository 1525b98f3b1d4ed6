from tests.contacts.imports.kit import bring, upload
from wagtail_marketing.activity.services import record_note
from wagtail_marketing.contacts.models import Topic
from wagtail_marketing.contacts.services import add_tag, create_contact, merge_contacts, suppress

from . import ALL, PUBLIC, Row, model_rows


def a_contact():
    return {"pk": create_contact(source="api", email="ann@example.com").pk}


def two_contacts():
    return {"a": create_contact(source="api", email="ann@example.com").pk, "b": a_contact()["pk"]}


def a_merge():
    first, second = (create_contact(source="api", email="ann@example.com") for _one in range(2))
    return {"pk": merge_contacts(keep=first, gone=second).pk}


def a_note():
    contact = create_contact(source="api", email="ann@example.com")
    record_note(contact=contact, text="Rang", user_id="0")
    return {"pk": contact.activities.get().pk}


def a_tag():
    contact = create_contact(source="api", email="ann@example.com")
    return {"pk": contact.pk, "tag": add_tag(contact=contact, name="VIP").pk}


def an_import():
    return {"pk": upload("email\na@x.example\n").pk}


def a_done_import():
    return {"pk": bring("email\na@x.example\nbad\n").pk}


def a_topic():
    return {"pk": Topic.objects.create(name="Weekly", slug="weekly").pk}


def a_suppression():
    return {"pk": suppress(channel="email", address="ann@example.com", reason="manual").pk}


ROWS = {
    **model_rows("marketing_imports", view="manager", read_only=True),
    "marketing_imports:add": Row("manager"),
    "marketing_imports:import": Row("manager", a_done_import),
    "marketing_imports:columns": Row("manager", an_import),
    "marketing_imports:progress": Row("manager", an_import),
    "marketing_imports:run": Row("manager", an_import),
    "marketing_imports:stop": Row("manager", an_import),
    "marketing_imports:resume": Row("manager", an_import),
    "marketing_imports:undo": Row("manager", a_done_import),
    "marketing_imports:faults": Row("manager", a_done_import),
    **model_rows("marketing_contacts", view=ALL, read_only=True),
    "marketing_contacts:inspect": Row(ALL, a_contact),
    # Without a contact there is nobody to do it with: back to the list. Each action's permission has its own test.
    "marketing_contacts:bulk": Row("manager editor", get=302, query="?action=tag&scope=all"),
    "marketing_contacts:duplicates": Row("manager"),
    "marketing_contacts:compare": Row("manager", two_contacts),
    "marketing_contacts:find_other": Row("manager", a_contact, get=302),
    "marketing_contacts:merge": Row("manager", two_contacts),
    "marketing_contacts:undo_merge": Row("manager", a_merge, get=405),
    "marketing_contacts:export_person": Row("manager", a_contact),
    "marketing_contacts:erase_person": Row("manager", a_contact),
    "marketing_contacts:suppress_person": Row("manager", a_contact),
    "marketing_contacts:pause_person": Row("manager", a_contact, get=405),
    "marketing_contacts:add": Row("manager"),
    "marketing_contacts:edit": Row("manager", a_contact),
    "marketing_contacts:history": Row("manager", a_contact),
    "marketing_contacts:history_results": Row("manager", a_contact),
    "marketing_contacts:add_tag": Row("manager editor", a_contact, get=405),
    "marketing_contacts:remove_tag": Row("manager editor", a_tag, get=405),
    "marketing_notes:edit": Row("manager", a_note),
    "marketing_notes:add": Row("manager editor", a_contact, get=405),
    **model_rows(
        "marketing_topics",
        view=ALL,
        add="manager editor",
        change="manager editor",
        delete="manager",
        kwargs=a_topic,
    ),
    **model_rows("marketing_suppressions", view=ALL, read_only=True),
    "marketing_suppressions:add_address": Row("manager editor"),
    "marketing_suppressions:remove": Row("manager", a_suppression),
    "wagtail_marketing:sign_up": PUBLIC,
    "wagtail_marketing:sign_up_done": PUBLIC,
    "wagtail_marketing:confirm": PUBLIC,
    "wagtail_marketing:preferences": PUBLIC,
    "wagtail_marketing:my_preferences": PUBLIC,
}

API = {
    ("GET", "/topics/"): ("topics:read",),
    ("POST", "/sign-ups/"): ("sign-ups:write",),
    ("GET", "/suppressions/"): ("suppressions:read",),
    ("POST", "/suppressions/"): ("suppressions:write",),
    ("GET", "/imports/"): ("imports:read",),
    ("POST", "/imports/"): ("imports:write",),
    ("GET", "/imports/{uuid}/"): ("imports:read",),
    ("GET", "/imports/{uuid}/errors/"): ("imports:read",),
    ("POST", "/imports/{uuid}/run/"): ("imports:write",),
    ("POST", "/imports/{uuid}/stop/"): ("imports:write",),
    ("POST", "/imports/{uuid}/resume/"): ("imports:write",),
    ("GET", "/contacts/"): ("contacts:read",),
    ("POST", "/contacts/"): ("contacts:write",),
    ("GET", "/contacts/{uuid}/"): ("contacts:read",),
    ("PATCH", "/contacts/{uuid}/"): ("contacts:write",),
    ("GET", "/contacts/{uuid}/export/"): ("contacts:export",),
    ("POST", "/contacts/{uuid}/erase/"): ("contacts:erase",),
    ("GET", "/contacts/{uuid}/consent/"): ("contacts:read",),
    ("POST", "/contacts/{uuid}/tags/"): ("contacts:write",),
    ("DELETE", "/contacts/{uuid}/tags/{slug}/"): ("contacts:write",),
    ("POST", "/contacts/bulk/"): ("contacts:write",),
    ("GET", "/contacts/bulk/{job}/"): ("contacts:read",),
    ("POST", "/contacts/{uuid}/unsubscribe/"): ("consent:write",),
}
