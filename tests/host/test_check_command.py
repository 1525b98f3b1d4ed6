"""``marketing_check_host``: samples, doubts and faults, and nothing is changed."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import call_command

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.host import CustomerMap, ModelHostAdapter, adapter_replaced
from wagtail_marketing.host.types import HostCustomer, HostOrder, HostOrderLine
from wagtail_marketing.testing.memory_host import MemoryHost

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINE = HostOrderLine("1", "milk", 2, Decimal("2.40"))
ORDER = HostOrder("o-1", NOW, "USD", Decimal("2.40"), "c-1", lines=(LINE,))


def check(shop):
    out = io.StringIO()
    code = 0
    with adapter_replaced(shop):
        try:
            call_command("marketing_check_host", "--json", stdout=out)
        except SystemExit as ended:
            code = ended.code
    return code, json.loads(out.getvalue())


def test_a_shop_in_order():
    code, report = check(MemoryHost(HostCustomer("c-1", "ann@example.com", "+4930123456"), ORDER))
    assert (code, report["faults"]) == (0, [])
    assert report["kinds"]["customers"]["samples"][0]["email"] == "ann@example.com"
    assert report["kinds"]["orders"]["count"] == 1
    assert Contact.objects.count() == 0


def test_doubts_warn_once_for_all_their_rows():
    shop = MemoryHost(
        HostCustomer("c-1", "nonsense", "12"), HostCustomer("c-2", "nonsense", "12"), replace(ORDER, total=Decimal(9))
    )
    code, report = check(shop)
    assert code == 0
    assert [(fault["where"], fault["rows"], fault["level"]) for fault in report["faults"]] == [
        ("customers", 2, 30),
        ("customers", 2, 30),
        ("orders", 1, 30),
    ]
    assert all(fault["remedy"] for fault in report["faults"])


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (replace(ORDER, currency="EUR"), "no rate from EUR to USD"),
        (replace(ORDER, currency="XXZ"), "is not a currency"),
        (replace(ORDER, lines=(LINE, LINE)), "two lines have one ref"),
    ],
)
def test_faults_end_with_one(order, words):
    code, report = check(MemoryHost(order))
    assert code == 1
    assert any(words in fault["message"] and fault["level"] == 40 for fault in report["faults"])


def test_a_map_that_does_not_fit_is_told_before_anything_is_read():
    class Wrong(ModelHostAdapter):
        customers = CustomerMap(model="shop.Customer", email="mail")

    code, report = check(Wrong())
    assert (code, report["kinds"]) == (1, {})
    assert report["faults"][0]["remedy"].startswith("Its fields are: ")


def test_it_speaks_to_people_too(capsys):
    out = io.StringIO()
    with MemoryHost(HostCustomer("c-1", "ann@example.com"), ORDER).active():
        call_command("marketing_check_host", stdout=out)
    text = out.getvalue()
    assert "customers: 1 rows" in text and "No faults." in text
