from tests.segments.shop import person
from wagtail_marketing.contacts.services import create_list
from wagtail_marketing.segments import services

from . import ALL, PUBLIC, Row

RULES = {
    "match": "all",
    "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}],
}
EDITORS = "manager editor"


def a_list():
    return {"pk": create_list(name="VIPs").pk}


def a_segment():
    return {"pk": services.create_segment(name="S", rules=RULES).pk}


def a_pin():
    segment = services.create_segment(name="S", rules=RULES)
    contact = person("pinned")
    services.pin_contact(segment=segment, contact=contact, always=True)
    return {"pk": segment.pk, "contact": contact.pk}


def a_deactivated_segment():
    segment = services.create_segment(name="S", rules=RULES)
    services.deactivate_segment(segment=segment)
    return {"pk": segment.pk}


def a_revision():
    segment = services.create_segment(name="S", rules=RULES)
    return {"pk": segment.pk, "revision_id": segment.latest_revision_id}


def two_revisions():
    segment = services.create_segment(name="S", rules=RULES)
    before = segment.latest_revision_id
    segment = services.update_segment(segment=segment, name="T")
    return {"pk": segment.pk, "revision_id_a": before, "revision_id_b": segment.latest_revision_id}


CHOOSER = "wagtailsnippetchoosers_wagtail_marketing_segments_segment"

ROWS = {
    "wagtail_marketing:segment_fragment": PUBLIC,
    f"{CHOOSER}:choose": Row(ALL),
    f"{CHOOSER}:choose_results": Row(ALL),
    f"{CHOOSER}:chosen": Row(ALL, a_segment),
    f"{CHOOSER}:chosen_multiple": Row(ALL),
    f"{CHOOSER}:create": Row(EDITORS),
    "marketing_segments:list": Row(ALL),
    "marketing_segments:list_results": Row(ALL),
    "marketing_segments:add": Row(EDITORS),
    "marketing_segments:edit": Row(EDITORS, a_segment),
    "marketing_segments:delete": Row("manager", a_segment),
    "marketing_segments:history": Row(EDITORS, a_segment),
    "marketing_segments:history_results": Row(EDITORS, a_segment),
    "marketing_segments:usage": Row(EDITORS, a_segment),
    "marketing_segments:inspect": Row(ALL, a_segment),
    "marketing_segments:revisions_revert": Row(EDITORS, a_revision),
    "marketing_segments:revisions_compare": Row(EDITORS, two_revisions),
    "marketing_segments:revisions_unschedule": Row("manager", a_revision),
    "marketing_segments:unpublish": Row("manager", a_segment),
    "marketing_segments:preview": Row(EDITORS, get=405),
    "marketing_segments:suggest": Row(EDITORS, query="?kind=tags"),
    "marketing_segments:refresh": Row(EDITORS, a_segment, get=405),
    "marketing_segments:schedule": Row(EDITORS, a_segment, get=405),
    "marketing_segments:activate": Row(EDITORS, a_deactivated_segment),
    "marketing_segments:deactivate": Row(EDITORS, a_segment),
    "marketing_segments:clone": Row(EDITORS, a_segment),
    "marketing_segments:pin": Row(EDITORS, a_segment, get=405),
    "marketing_segments:unpin": Row(EDITORS, a_pin),
    "marketing_segments:members": Row(ALL, a_segment),
    "marketing_segments:export_members": Row("manager", a_segment),
    "marketing_segments:overlap": Row(ALL, a_segment),
    "marketing_segments:performance": Row(ALL, a_segment),
    "marketing_segments:why": Row(EDITORS, a_segment),
    "marketing_segments:of_list": Row(EDITORS, a_list),
    "marketing_segments:to_list": Row(EDITORS, a_segment),
}

API = {
    ("GET", "/segments/"): ("segments:read",),
    ("POST", "/segments/"): ("segments:write",),
    ("GET", "/segments/{id}/"): ("segments:read",),
    ("PUT", "/segments/{id}/"): ("segments:write",),
    ("PATCH", "/segments/{id}/"): ("segments:write",),
    ("DELETE", "/segments/{id}/"): ("segments:write",),
    ("GET", "/segments/{id}/members/"): ("segments:read", "contacts:read"),
    ("POST", "/segments/{id}/refresh/"): ("segments:write",),
    ("POST", "/segments/{id}/activate/"): ("segments:write",),
    ("POST", "/segments/{id}/deactivate/"): ("segments:write",),
    ("POST", "/segments/{id}/clone/"): ("segments:write",),
    ("GET", "/segments/{id}/pins/"): ("segments:read", "contacts:read"),
    ("POST", "/segments/{id}/pins/"): ("segments:write", "contacts:read"),
    ("DELETE", "/segments/{id}/pins/{contact_uuid}/"): ("segments:write", "contacts:read"),
    ("GET", "/segments/{id}/growth/"): ("segments:read",),
    ("GET", "/segments/{id}/overlap/"): ("segments:read",),
    ("GET", "/segments/{id}/performance/"): ("segments:read",),
    ("POST", "/segments/preview/"): ("segments:read",),
}
