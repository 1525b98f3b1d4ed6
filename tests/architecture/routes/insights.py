from tests.insights import builders

from . import ALL, Row


def a_campaign():
    return {"pk": builders.campaign().pk}


ROWS = {
    "marketing_dashboard:index": Row(ALL),
    "marketing_dashboard:orders": Row(ALL),
    "marketing_dashboard:messages": Row(ALL),
    "marketing_reports:index": Row(ALL),
    "marketing_reports:rfm": Row(ALL),
    "marketing_reports:rfm_compute": Row("manager", get=405),
    "marketing_reports:rfm_segment": Row("manager editor", get=405),
    "marketing_reports:orders": Row(ALL, a_campaign),
    "marketing_reports:people": Row(ALL, a_campaign),
}

API = {
    ("GET", "/analytics/dashboard/"): ("reports:read",),
    ("GET", "/analytics/roi/"): ("reports:read",),
    ("GET", "/campaigns/{campaign_pk}/report/"): ("reports:read",),
}
