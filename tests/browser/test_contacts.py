"""The contact list and a person's page, as staff use them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from wagtail_marketing.activity.services import fill, record
from wagtail_marketing.commerce import services as commerce
from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.host.types import AttributeSpec, HostCustomer, HostOrder, HostOrderLine, HostRefund
from wagtail_marketing.testing.memory_host import MemoryHost

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def ann(transactional_db):
    lines = (
        HostOrderLine("1", "milk", 2, Decimal("2.40"), name="Milk"),
        HostOrderLine("2", "bread", 1, Decimal("3.10"), name="Rye bread"),
    )
    refund = HostRefund("r-1", Decimal("1.20"), NOW, "1", 1)
    host = MemoryHost(
        HostCustomer(
            "c-1",
            "ann@example.com",
            "+4930123456",
            "Ann",
            "Ash",
            country="DE",
            city="Berlin",
            attributes={"age": "25-34"},
            consent={"email": NOW},
        ),
        HostCustomer("c-2", "bob@example.com", first_name="Bob", last_name="Birch"),
        *(
            HostOrder(
                f"o-{n}",
                NOW - timedelta(days=9 * n),
                "USD",
                Decimal("5.50"),
                "c-1",
                lines=lines,
                number=f"10{n}",
                refunds=(refund,) if n == 2 else (),
            )
            for n in range(1, 4)
        ),
        attributes=(AttributeSpec("age", label="Age"),),
    )
    with host.active():
        commerce.sync(adapter=host)
        fill()
        ann = Contact.objects.get(external_key="c-1")
        record(contact=ann, type="email.clicked", subject="Spring offers", url="https://shop.example/spring")
        yield ann


def test_from_the_list_to_a_person_with_a_tag_and_a_note(admin_page, ann, look):
    admin_page.goto("/admin/marketing/contacts/")
    expect(admin_page.get_by_role("link", name="Bob Birch")).to_be_visible()
    look(admin_page, "contacts")
    admin_page.get_by_role("link", name="Ann Ash").click()
    expect(admin_page.get_by_role("heading", name="Timeline")).to_be_visible()
    admin_page.get_by_label("Add a tag").fill("Bakes bread")
    admin_page.get_by_label("Add a tag").press("Enter")
    expect(admin_page.get_by_role("button", name="Take “Bakes bread” off")).to_be_visible()
    admin_page.get_by_label("Add a note").fill("Asked for gluten-free bread.")
    admin_page.locator(".wm-note").get_by_role("button", name="Add").click()
    expect(admin_page.get_by_text("Asked for gluten-free bread.").first).to_be_visible()
    look(admin_page, "contact")
    admin_page.get_by_role("link", name="Orders", exact=True).last.click()
    expect(admin_page.get_by_text("Asked for gluten-free bread.")).to_have_count(0)
