from wagtail_marketing.contacts.services import create_contact, create_list

from . import ALL, Row, model_rows

EDITORS = "manager editor"


def a_contact():
    return {"contact": create_contact(source="api", email="ann@example.com").pk}


def a_list():
    return {"pk": create_list(name="VIPs").pk}


ROWS = {
    **model_rows("marketing_lists", view=ALL, add=EDITORS, change=EDITORS, delete="manager", kwargs=a_list),
    "marketing_lists:inspect": Row(ALL, a_list),
    "marketing_lists:export": Row("manager", a_list),
    "marketing_lists:add_people": Row(EDITORS, a_list),
    "marketing_lists:remove": Row(EDITORS, a_list, get=405),
    "marketing_lists:put": Row(EDITORS, a_contact, get=405),
    "marketing_lists:duplicates": Row(EDITORS, a_list),
}

API = {
    ("GET", "/lists/"): ("lists:read",),
    ("POST", "/lists/"): ("lists:write",),
    ("GET", "/lists/{id}/"): ("lists:read",),
    ("PATCH", "/lists/{id}/"): ("lists:write",),
    ("DELETE", "/lists/{id}/"): ("lists:write",),
    ("GET", "/lists/{id}/members/"): ("lists:read", "contacts:read"),
    ("POST", "/lists/{id}/members/"): ("lists:write", "contacts:read"),
    ("DELETE", "/lists/{id}/members/"): ("lists:write", "contacts:read"),
}
