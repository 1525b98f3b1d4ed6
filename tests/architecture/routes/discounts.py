from wagtail_marketing.discounts.services.codes import create_code
from wagtail_marketing.discounts.services.discounts import activate, create_discount

from . import ALL, Row, model_rows

BENEFIT = {"kind": "percentage", "params": {"value": "10"}}


def a_discount():
    return {"pk": create_discount(name="Ten", benefit=BENEFIT).pk}


def a_running_discount():
    return {"pk": activate(discount=create_discount(name="Ten", benefit=BENEFIT)).pk}


def a_code():
    discount = create_discount(name="Ten", benefit=BENEFIT)
    return {"pk": create_code(discount=discount, code="TEN").pk}


ROWS = {
    **model_rows(
        "marketing_discounts",
        view=ALL,
        add="manager editor",
        change="manager editor",
        delete="manager",
        kwargs=a_discount,
        inspect=True,
    ),
    "marketing_discounts:summary": Row(ALL, get=405),
    "marketing_discounts:activate": Row("manager", a_discount),
    "marketing_discounts:pause": Row("manager", a_running_discount),
    "marketing_discounts:end": Row("manager", a_running_discount),
    "marketing_discounts:add_code": Row("manager editor", a_discount),
    "marketing_discounts:make_codes": Row("manager editor", a_discount),
    "marketing_discounts:stop_code": Row("manager editor", a_code),
    **model_rows("marketing_codes", view=ALL, read_only=True),
}

API = {
    ("GET", "/discounts/"): ("discounts:read",),
    ("GET", "/discounts/{id}/"): ("discounts:read",),
    ("POST", "/discounts/evaluate/"): ("discounts:read",),
}
