"""Static lists: made, filled, emptied, deleted; the size is always right."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from wagtail.models import ModelLogEntry, Site

from wagtail_marketing.contacts import list_selectors, services
from wagtail_marketing.contacts.errors import ListExists, ListGone, ListInUse
from wagtail_marketing.contacts.events import ListChanged
from wagtail_marketing.contacts.models import Contact, ContactList, ListMembership
from wagtail_marketing.contacts.registry import list_users
from wagtail_marketing.contacts.services.lists import recount
from wagtail_marketing.core import events
from wagtail_marketing.core.errors import InvalidInput

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def people(count: int) -> list[int]:
    made = [
        Contact(external_key=f"c-{number}", email=f"c{number}@example.com", created_at=NOW, updated_at=NOW)
        for number in range(count)
    ]
    return [contact.pk for contact in Contact.objects.bulk_create(made)]


def on(contact_list: ContactList) -> list[int]:
    return sorted(ListMembership.objects.filter(contact_list=contact_list).values_list("contact_id", flat=True))


@pytest.fixture
def heard(monkeypatch, django_capture_on_commit_callbacks):
    """The news of list changes, in order."""
    news: list[ListChanged] = []
    monkeypatch.setitem(events._subscribers, ListChanged, [news.append])
    return news


def test_a_name_is_taken_once_on_a_site_whatever_its_case():
    site = Site.objects.get()
    vips = services.create_list(name="  Our   VIPs ", now=NOW)
    assert (vips.name, vips.size, vips.created_at) == ("Our VIPs", 0, NOW)
    assert services.create_list(name="Our VIPs", site=site).site == site
    for given_site in (None, site):
        with pytest.raises(ListExists) as refused:
            services.create_list(name="our vips", site=given_site)
        assert refused.value.field == "name"
    other = services.create_list(name="Others")
    with pytest.raises(ListExists):
        services.update_list(contact_list=other, name="OUR VIPS")
    assert ContactList.objects.get(pk=other.pk).name == "Others"
    for name in ("", "   ", "x" * 121):
        with pytest.raises(InvalidInput):
            services.create_list(name=name)
    with pytest.raises(InvalidInput):
        services.update_list(contact_list=vips, size=7)
    assert ContactList.objects.count() == 3


def test_adding_again_adds_nobody_and_strangers_are_passed_over(heard, django_capture_on_commit_callbacks):
    vips, (one, two, three) = services.create_list(name="VIPs"), people(3)
    with django_capture_on_commit_callbacks(execute=True):
        assert services.add_to_list(contact_list=vips, contacts=[one, two, one, 10**9], now=NOW) == 2
        assert services.add_to_list(contact_list=vips, contacts=iter([one, two])) == 0
        assert services.add_to_list(contact_list=vips, contacts=Contact.objects.all(), source="filter") == 1
        assert services.remove_from_list(contact_list=vips, contacts=[two, 10**9]) == 1
        assert services.remove_from_list(contact_list=vips, contacts=[two]) == 0
    assert (on(vips), vips.size, recount(contact_list=vips)) == ([one, three], 2, 2)
    assert dict(vips.memberships.values_list("contact_id", "source")) == {one: "staff", three: "filter"}
    assert heard == [
        ListChanged(vips.pk, 2, 0, (one, two, 10**9)),
        ListChanged(vips.pk, 1, 0, None),
        ListChanged(vips.pk, 0, 1, (two, 10**9)),
    ]


def test_the_history_says_how_many_and_where_from(admin_user):
    vips, ids = services.create_list(name="VIPs", user=admin_user), people(2)
    services.add_to_list(contact_list=vips, contacts=ids, source="paste", user=admin_user)
    services.add_to_list(contact_list=vips, contacts=ids, source="paste", user=admin_user)
    services.remove_from_list(contact_list=vips, contacts=ids[:1], user=admin_user)
    entries = ModelLogEntry.objects.for_instance(vips).order_by("pk")
    assert [(entry.action, entry.user, dict(entry.data)) for entry in entries] == [
        ("wagtail.create", admin_user, {}),
        ("wagtail_marketing.list.add", admin_user, {"count": 2, "source": "paste"}),
        ("wagtail_marketing.list.remove", admin_user, {"count": 1, "source": "staff"}),
    ]


def test_a_queryset_is_one_statement_however_many_it_holds():
    vips, _ids = services.create_list(name="VIPs"), people(50)
    chosen = Contact.objects.filter(email__endswith="@example.com").order_by("-pk")
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert services.add_to_list(contact_list=vips, contacts=chosen[:3]) == 3
    with CaptureQueriesContext(connection) as many:
        assert services.add_to_list(contact_list=vips, contacts=chosen) == 47
    assert len(many) == len(few)
    with CaptureQueriesContext(connection) as emptied:
        assert services.remove_from_list(contact_list=vips, contacts=chosen) == 50
    assert len(emptied) <= len(many)
    assert services.add_to_list(contact_list=vips, contacts=Contact.objects.none()) == 0
    assert recount(contact_list=vips) == 0


def test_a_size_that_is_wrong_is_found():
    vips, (one,) = services.create_list(name="VIPs"), people(1)
    ListMembership.objects.create(contact_list=vips, contact_id=one, added_at=NOW)
    assert ContactList.objects.get(pk=vips.pk).size == 0
    assert recount(contact_list=vips) == 1
    assert ContactList.objects.get(pk=vips.pk).size == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        ListMembership.objects.create(contact_list=vips, contact_id=one, added_at=NOW)


def test_a_list_in_use_stays_and_a_free_one_goes_without_its_people(monkeypatch):
    vips, ids = services.create_list(name="VIPs"), people(2)
    services.add_to_list(contact_list=vips, contacts=ids)
    monkeypatch.setitem(list_users._items, "test", lambda contact_list: [f"segment of {contact_list}"])
    with pytest.raises(ListInUse, match="segment of VIPs"):
        services.delete_list(contact_list=vips)
    assert on(vips) == ids
    monkeypatch.delitem(list_users._items, "test")
    gone = ContactList.objects.get(pk=vips.pk)
    services.delete_list(contact_list=vips)
    assert (ContactList.objects.count(), ListMembership.objects.count(), Contact.objects.count()) == (0, 0, 2)
    for change in (services.add_to_list, services.remove_from_list):
        with pytest.raises(ListGone):
            change(contact_list=gone, contacts=ids)


def test_who_asks_is_told_of_lists_and_who_is_erased_leaves_them():
    vips, other, (one, two) = services.create_list(name="VIPs"), services.create_list(name="Other"), people(2)
    services.add_to_list(contact_list=vips, contacts=[one, two], source="paste", now=NOW)
    services.add_to_list(contact_list=other, contacts=[two])
    person = Contact.objects.get(pk=one)
    assert [str(found) for found in list_selectors.lists_of(person)] == ["VIPs"]
    assert services.export_person(contact=person)["contacts"]["lists"] == [
        {"name": "VIPs", "added_at": NOW.isoformat(), "source": "paste"}
    ]
    services.erase_person(contact=person)
    vips.refresh_from_db()
    assert (on(vips), vips.size, on(other)) == ([two], 1, [two])
    assert [row.contact_id for row in list_selectors.members(vips)] == [two]
    assert list(list_selectors.contacts_on(vips)) == [Contact.objects.get(pk=two)]


class SizesTest(TestCase):
    """Whatever is added and taken off in whatever order, the list is the set that it should be."""

    @given(
        st.lists(
            st.tuples(st.booleans(), st.booleans(), st.sets(st.integers(0, 7), max_size=5)), min_size=1, max_size=12
        )
    )
    def test_a_list_is_a_set(self, steps):
        ids, vips, expected = people(8), services.create_list(name="VIPs"), set()
        for adds, as_queryset, chosen in steps:
            wanted = {ids[number] for number in chosen}
            given_people = Contact.objects.filter(pk__in=wanted) if as_queryset else wanted
            if adds:
                assert services.add_to_list(contact_list=vips, contacts=given_people) == len(wanted - expected)
                expected |= wanted
            else:
                assert services.remove_from_list(contact_list=vips, contacts=given_people) == len(wanted & expected)
                expected -= wanted
            assert (set(on(vips)), vips.size) == (expected, len(expected))
