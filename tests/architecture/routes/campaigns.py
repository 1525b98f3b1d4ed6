from tests.insights import builders

from . import ALL, Row


def a_draft():
    return {"pk": builders.campaign(launched_at=None).pk}


MAKERS = "manager editor"

ROWS = {
    "marketing_campaigns:index": Row(ALL),
    "marketing_campaigns:index_results": Row(ALL),
    "marketing_campaigns:history": Row(MAKERS, a_draft),
    "marketing_campaigns:history_results": Row(MAKERS, a_draft),
    "marketing_campaigns:add": Row(MAKERS),
    "marketing_campaigns:edit": Row(MAKERS, a_draft),
    "marketing_campaigns:audience": Row(MAKERS, a_draft),
    "marketing_campaigns:reach": Row(MAKERS, a_draft, get=405),
    "marketing_campaigns:content": Row(MAKERS, a_draft),
    "marketing_campaigns:costs": Row(MAKERS, a_draft),
    "marketing_campaigns:review": Row(ALL, a_draft),
    "marketing_campaigns:test": Row(MAKERS, a_draft, get=405),
    # There is no e-mail to show yet.
    "marketing_campaigns:preview": Row(ALL, a_draft, get=404),
    "marketing_campaigns:report": Row(ALL, a_draft),
    # Not ready: sent back to the review.
    "marketing_campaigns:launch": Row("manager", a_draft, get=302),
    "marketing_campaigns:pause": Row("manager", a_draft),
    "marketing_campaigns:resume": Row("manager", a_draft),
    "marketing_campaigns:cancel": Row("manager", a_draft),
    "marketing_campaigns:submit": Row(MAKERS, a_draft),
    "marketing_campaigns:copy": Row(MAKERS, a_draft),
    "marketing_campaigns:delete": Row("manager", a_draft),
}

API = {
    ("GET", "/campaigns/"): ("campaigns:read",),
    ("POST", "/campaigns/"): ("campaigns:write",),
    ("GET", "/campaigns/{id}/"): ("campaigns:read",),
    ("PATCH", "/campaigns/{id}/"): ("campaigns:write",),
    ("DELETE", "/campaigns/{id}/"): ("campaigns:write",),
    ("GET", "/campaigns/{id}/review/"): ("campaigns:read",),
    ("POST", "/campaigns/{id}/launch/"): ("campaigns:send",),
    ("POST", "/campaigns/{id}/pause/"): ("campaigns:send",),
    ("POST", "/campaigns/{id}/resume/"): ("campaigns:send",),
    ("POST", "/campaigns/{id}/cancel/"): ("campaigns:send",),
}
