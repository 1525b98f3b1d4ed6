from wagtail_marketing.contacts.services import add_tag, create_contact

from . import ALL, PUBLIC, Row, model_rows


def a_contact():
    return {"pk": create_contact(source="api", email="ann@example.com").pk}


def a_tag():
    contact = create_contact(source="api", email="ann@example.com")
    return {"pk": contact.pk, "tag": add_tag(contact=contact, name="VIP").pk}


ROWS = {
    **model_rows("marketing_contacts", view=ALL, read_only=True),
    "marketing_contacts:inspect": Row(ALL, a_contact),
    "marketing_contacts:add_tag": Row("manager editor", a_contact, get=405),
    "marketing_contacts:remove_tag": Row("manager editor", a_tag, get=405),
    "marketing_notes:add": Row("manager editor", a_contact, get=405),
    "wagtail_marketing:sign_up": PUBLIC,
    "wagtail_marketing:sign_up_done": PUBLIC,
    "wagtail_marketing:confirm": PUBLIC,
    "wagtail_marketing:preferences": PUBLIC,
    "wagtail_marketing:my_preferences": PUBLIC,
}

API = {
    ("GET", "/contacts/"): ("contacts:read",),
    ("POST", "/contacts/"): ("contacts:write",),
    ("GET", "/contacts/{uuid}/"): ("contacts:read",),
    ("PATCH", "/contacts/{uuid}/"): ("contacts:write",),
    ("GET", "/contacts/{uuid}/consent/"): ("contacts:read",),
    ("POST", "/contacts/{uuid}/unsubscribe/"): ("consent:write",),
}
