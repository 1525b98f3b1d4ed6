"""Pages by key: every row once, forwards and back, whatever is equal, empty or new."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F
from django.test import RequestFactory
from wagtail.admin.views import generic

from wagtail_marketing.admin.keyset import KeysetListingMixin, Order, Place
from wagtail_marketing.admin.pagination import CappedPaginator
from wagtail_marketing.commerce.models import ContactTotals
from wagtail_marketing.contacts.models import Contact

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SIZE = 4
ORDERS = {
    "pk": Order(),
    "created_at": Order("created_at"),
    "name": Order("last_name_folded", "first_name_folded"),
    "value": Order("wm_value", null=True),
}


class View(KeysetListingMixin, generic.IndexView):
    model = Contact
    paginator_class = CappedPaginator
    keyset_orders = ORDERS

    def get_valid_orderings(self):
        return [sign + name for name in ORDERS for sign in ("", "-")]


@pytest.fixture
def people():
    contacts = Contact.objects.bulk_create(
        Contact(
            last_name_folded=("ash", "birch", "")[n % 3],
            first_name_folded=("ann", "bob")[n % 2],
            created_at=NOW + timedelta(days=n % 5),
            updated_at=NOW,
        )
        for n in range(22)
    )
    ContactTotals.objects.bulk_create(
        ContactTotals(contact=contact, total_base=place % 4) for place, contact in enumerate(contacts) if place % 3
    )


def page(ordering: str, place: str = ""):
    view = View()
    view.setup(RequestFactory().get("/", {"ordering": ordering, "p": place}))
    rows = Contact.objects.annotate(wm_value=F("totals__total_base"))
    return view.paginate_queryset(view.order_queryset(rows), SIZE)[1]


def expected(ordering: str) -> list[int]:
    down = ordering.startswith("-")
    order = ORDERS[ordering.removeprefix("-")]
    rows = list(Contact.objects.annotate(wm_value=F("totals__total_base")))
    full = [row for row in rows if not order.null or row.wm_value is not None]
    rest = [row for row in rows if row not in full]
    full.sort(key=lambda row: [getattr(row, column) for column in (*order.columns, "pk")], reverse=down)
    return [row.pk for row in full] + sorted((row.pk for row in rest), reverse=True)


@pytest.mark.parametrize("ordering", [sign + name for name in ORDERS for sign in ("", "-")])
def test_forwards_and_back_every_row_comes_once(people, ordering):
    found, pages = [], []
    here = page(ordering)
    assert here.previous == ""
    while True:
        pages.append([row.pk for row in here])
        found += pages[-1]
        if not here.next:
            break
        here = page(ordering, here.next)
    assert found == expected(ordering)
    assert [len(rows) for rows in pages] == [4, 4, 4, 4, 4, 2]
    back = []
    while here.previous:
        here = page(ordering, here.previous)
        back.append([row.pk for row in here])
    assert back == pages[-2::-1]
    assert here.next and here.first == 1


def test_a_page_says_where_it_is(people):
    first = page("-pk")
    assert first.label == "1–4 of 22 contacts"
    second = page("-pk", first.next)
    assert second.label == "5–8 of 22 contacts"
    assert page("-pk", second.previous).label == "1–4 of 22 contacts"


def test_rows_that_arrive_meanwhile_shift_nothing(people):
    first = page("-pk")
    before = [row.pk for row in page("-pk", first.next)]
    Contact.objects.create(created_at=NOW, updated_at=NOW)
    assert [row.pk for row in page("-pk", first.next)] == before


@pytest.mark.parametrize(
    "place",
    [
        "2",
        "nonsense",
        "AAAA",
        Place(False, 7, (1,), 0).dump(),
        Place(False, 0, ("a\x00", 3), 0).dump(),
        Place(False, 0, (1, 2, 3), 0).dump(),
        Place(False, 0, ("soon",), 0).dump(),
        Place(False, 0, (10**30,), 0).dump(),
        Place(True, 1, (3,), 0).dump(),
    ],
)
def test_a_place_that_is_none_begins_at_the_start_or_ends(people, place):
    rows = [row.pk for row in page("-pk", place)]
    assert rows in (expected("-pk")[:4], [])


def test_a_place_of_another_order_begins_at_the_start(people):
    place = page("-created_at").next
    assert [row.pk for row in page("-pk", place)] == expected("-pk")[:4]


def test_the_count_stops_at_the_cap(people, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(CappedPaginator, "cap", 20)
    assert page("-pk").label == "1–4 of more than 20 contacts"
