"""Two contacts become one: everything moves, the careful consent wins, and it can be undone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import serializers
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from wagtail_marketing.activity.models import Activity
from wagtail_marketing.activity.services import fill, record_note
from wagtail_marketing.commerce import services as commerce
from wagtail_marketing.commerce.models import ContactTotals, Order
from wagtail_marketing.contacts import selectors, services
from wagtail_marketing.contacts.engine.joining import Stand, join
from wagtail_marketing.contacts.errors import CannotMerge
from wagtail_marketing.contacts.models import (
    ConsentEvent,
    ConsentState,
    Contact,
    ContactAlias,
    ContactList,
    ContactMerge,
    LeftAddress,
    Strength,
)
from wagtail_marketing.contacts.registry import mergers
from wagtail_marketing.contacts.services.merge import uncovered
from wagtail_marketing.core.errors import InvalidInput
from wagtail_marketing.host.types import HostCustomer, HostOrder, HostOrderLine
from wagtail_marketing.segments.models import Membership
from wagtail_marketing.segments.services import create_segment, refresh_segment
from wagtail_marketing.testing.memory_host import MemoryHost

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def order(number: int, key: str = "", email: str = "") -> HostOrder:
    lines = (HostOrderLine("1", "milk", 1, Decimal("10.00")),)
    at = NOW - timedelta(days=number)
    return HostOrder(
        f"o-{number}", at, "USD", Decimal("10.00"), key, email=email, lines=lines, number=f"N{number}", updated_at=at
    )


@pytest.fixture
def pair(db):
    """Ann as a customer with two orders, and Ann as a guest with one, under another address."""
    host = MemoryHost(
        HostCustomer("c-1", "ann@example.com", first_name="Ann", attributes={"age": "19-24"}, consent={"email": NOW}),
        order(1, "c-1"),
        order(2, "c-1"),
        order(3, email="Ann.Ash@example.org"),
    )
    with host.active():
        commerce.sync(adapter=host)
        fill()
        keep = Contact.objects.get(external_key="c-1")
        gone = Contact.objects.get(external_key=None)
        services.update_contact(contact=gone, phone="+4930123456", last_name="Ash", attributes={"size": "M"})
        gone.refresh_from_db()
        yield keep, gone, host


def test_every_foreign_key_to_a_contact_is_spoken_for():
    assert uncovered() == []


def test_without_its_merger_a_table_is_missed_and_the_merge_refused(pair, monkeypatch):
    keep, gone, _host = pair
    kept = mergers["activity"]
    mergers.unregister("activity")
    try:
        assert uncovered() == ["wagtail_marketing_activity.activity.contact"]
        with pytest.raises(CannotMerge):
            services.merge_contacts(keep=keep, gone=gone)
    finally:
        mergers.register("activity", kept)
    assert Contact.objects.count() == 2


def test_everything_moves_and_totals_are_counted_again(pair, django_assert_max_num_queries):
    keep, gone, _host = pair
    services.add_tag(contact=keep, name="VIP")
    services.add_tag(contact=gone, name="VIP")
    services.add_tag(contact=gone, name="Baker")
    record_note(contact=gone, text="Rang", user_id="1")
    with django_assert_max_num_queries(75):
        merge = services.merge_contacts(keep=keep, gone=gone, now=NOW)
    keep.refresh_from_db()
    assert list(Contact.objects.all()) == [keep]
    assert (keep.first_name, keep.last_name, keep.phone_e164) == ("Ann", "Ash", "+4930123456")
    assert keep.attributes == {"age": "19-24", "size": "M"}
    assert sorted(keep.attribute_values.values_list("name", "folded")) == [("age", "19-24"), ("size", "m")]
    assert keep.orders.count() == 3
    totals = ContactTotals.objects.get()
    assert (totals.contact_id, totals.order_count, totals.total_base) == (keep.pk, 3, 3000)
    assert sorted(tag.name for tag in keep.tags.all()) == ["Baker", "VIP"]
    assert Activity.objects.filter(contact=keep, type="note.added").count() == 1
    assert Activity.objects.filter(contact=keep, type="order.placed").count() == 3
    assert (merge.gone_uuid, merge.moved["wagtail_marketing_commerce.order.contact"]) == (gone.uuid, 1)
    assert ContactAlias.objects.get().uuid == gone.uuid
    assert keep.external_key == "c-1"


def test_a_late_order_of_the_lost_address_finds_the_survivor(pair):
    keep, gone, host = pair
    services.merge_contacts(keep=keep, gone=gone)
    host.add(order(4, email="ann.ash@EXAMPLE.org"), order(3, email="Ann.Ash@example.org"))
    commerce.sync(adapter=host, full=True)
    assert Contact.objects.count() == 1
    assert keep.orders.count() == 4


def test_two_customers_of_the_shop_are_refused(pair):
    keep, _gone, host = pair
    host.add(HostCustomer("c-2", "ann@example.com"))
    commerce.sync(adapter=host)
    other = Contact.objects.get(external_key="c-2")
    with pytest.raises(CannotMerge, match="Both are customers of the shop"):
        services.merge_contacts(keep=keep, gone=other)
    assert Contact.objects.count() == 3
    services.mark_deleted(keys=["c-2"])
    services.merge_contacts(keep=other, gone=keep)
    other.refresh_from_db()
    assert (other.external_key, other.host_deleted_at) == ("c-1", None)
    assert ContactAlias.objects.get().external_key == "c-2"


def test_what_cannot_be_merged(pair):
    keep, gone, _host = pair
    with pytest.raises(CannotMerge, match="same contact"):
        services.merge_contacts(keep=keep, gone=keep)
    with pytest.raises(InvalidInput):
        services.merge_contacts(keep=keep, gone=gone, values={"uuid": "x"})
    services.erase_person(contact=gone)
    with pytest.raises(CannotMerge, match="erased"):
        services.merge_contacts(keep=keep, gone=gone)
    assert Contact.objects.count() == 2 and not ContactMerge.objects.exists()


def test_chosen_values_win(pair):
    keep, gone, _host = pair
    services.merge_contacts(keep=keep, gone=gone, values={"email": gone.email, "last_name": ""})
    keep.refresh_from_db()
    assert (keep.email_normalised, keep.last_name, keep.first_name) == ("ann.ash@example.org", "", "Ann")


def test_who_left_stays_gone_by_either_address(pair):
    keep, gone, _host = pair
    services.unsubscribe(contact=gone, channel="email")
    assert selectors.deliverable("email").count() == 1
    services.merge_contacts(keep=keep, gone=gone, now=NOW)
    assert selectors.deliverable("email").count() == 0
    state = ConsentState.objects.get(topic=None, channel="email")
    keep.refresh_from_db()
    assert (state.state, state.contact_id, state.address_hash) == ("unsubscribed", keep.pk, keep.email_hash)
    event = ConsentEvent.objects.get(source="merge")
    assert (event.contact_uuid, event.state) == (keep.uuid, "unsubscribed")
    # The address that nobody has any more: no file and no shop brings it back.
    assert LeftAddress.objects.get().address_hash == gone.email_hash
    again = services.create_contact(source="import", email="ann.ash@example.org")
    services.record_consents(
        channel="email", source="import", reports=[services.Report(again.pk, "subscribed", NOW + timedelta(days=1))]
    )
    assert selectors.deliverable("email").count() == 0
    services.record_consent(
        contact=again, channel="email", state="subscribed", strength=Strength.STRONG, source="form", occurred_at=NOW
    )
    assert selectors.deliverable("email").get() == again
    assert not LeftAddress.objects.exists()


def test_an_act_by_the_lost_contacts_link_reaches_the_survivor(pair):
    keep, gone, _host = pair
    services.merge_contacts(keep=keep, gone=gone)
    services.unsubscribe(contact=gone, channel="email")
    assert selectors.deliverable("email").count() == 0
    assert ConsentEvent.objects.order_by("-pk").first().contact_uuid == keep.uuid


def test_a_list_holds_the_person_once_and_knows_its_size(pair):
    keep, gone, _host = pair
    both, one = services.create_list(name="Both"), services.create_list(name="One")
    services.add_to_list(contact_list=both, contacts=[keep.pk, gone.pk])
    services.add_to_list(contact_list=one, contacts=[gone.pk])
    merge = services.merge_contacts(keep=keep, gone=gone)
    assert sorted(ContactList.objects.values_list("name", "size")) == [("Both", 1), ("One", 1)]
    assert keep.list_memberships.count() == 2
    services.delete_list(contact_list=one)
    services.undo_merge(merge=merge)
    assert list(ContactList.objects.values_list("name", "size")) == [("Both", 2)]
    assert gone.list_memberships.count() == 1


def test_one_open_stay_in_a_segment_is_left(pair):
    keep, gone, _host = pair
    segment = create_segment(
        name="Buyers",
        rules={"match": "all", "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}]},
    )
    refresh_segment(segment=segment)
    assert Membership.objects.count() == 2
    merge = services.merge_contacts(keep=keep, gone=gone)
    assert Membership.objects.get().contact_id == keep.pk
    services.undo_merge(merge=merge)
    assert Membership.objects.filter(left_at=None).count() == 2


def everything() -> dict[str, list]:
    models = (Contact, ConsentState, Order, ContactTotals, Activity, Membership, LeftAddress, ContactAlias)
    rows = {}
    for model in models:
        found = serializers.serialize("python", model.objects.order_by("pk"))
        for row in found:
            row["fields"].pop("updated_at", None)
        rows[model.__name__] = found
    return rows


def test_undone_everything_stands_as_before(pair):
    keep, gone, _host = pair
    services.unsubscribe(contact=gone, channel="email")
    services.add_tag(contact=gone, name="VIP")
    services.add_tag(contact=keep, name="VIP")
    fill()
    before = everything()
    merge = services.merge_contacts(keep=keep, gone=gone)
    back = services.undo_merge(merge=merge)
    assert everything() == before
    assert (back.pk, back.uuid) == (gone.pk, gone.uuid)
    merge.refresh_from_db()
    assert merge.undo == {} and merge.undone_at
    with pytest.raises(CannotMerge):
        services.undo_merge(merge=merge)


def test_what_the_person_said_since_the_merge_survives_its_undoing(pair):
    keep, gone, _host = pair
    services.record_consent(
        contact=gone, channel="email", state="subscribed", strength=Strength.STRONG, source="form", occurred_at=NOW
    )
    merge = services.merge_contacts(keep=keep, gone=gone)
    services.unsubscribe(contact=keep, channel="email")
    services.update_contact(contact=keep, city="Bonn")
    services.undo_merge(merge=merge)
    keep.refresh_from_db()
    assert keep.city == "Bonn"
    assert selectors.deliverable("email").count() == 0
    assert ConsentState.objects.filter(state="unsubscribed").count() == 2


def test_a_chain_of_merges_keeps_every_uuid(pair):
    keep, gone, _host = pair
    third = services.create_contact(source="api", phone="+4930123456")
    services.merge_contacts(keep=gone, gone=third)
    services.merge_contacts(keep=keep, gone=gone)
    assert set(keep.aliases.values_list("uuid", flat=True)) == {gone.uuid, third.uuid}
    assert keep.merges.count() == 2


def test_erasing_the_survivor_forgets_the_undo_data_and_both_addresses(pair):
    keep, gone, _host = pair
    services.merge_contacts(keep=keep, gone=gone)
    services.erase_person(contact=keep)
    assert ContactMerge.objects.get().undo == {}
    alias = ContactAlias.objects.get()
    assert (alias.uuid, alias.email_hash, alias.external_key) == (gone.uuid, "", None)
    assert selectors.is_suppressed(channel="email", address="ann.ash@example.org")
    assert selectors.is_suppressed(channel="email", address="ann@example.com")


STANDS = st.builds(
    Stand,
    state=st.sampled_from(["never", "pending", "subscribed", "unsubscribed"]),
    strength=st.sampled_from([1, 2]),
    source=st.just("x"),
    changed_at=st.integers(0, 9).map(lambda day: NOW + timedelta(days=day)),
    address_hash=st.sampled_from(["a", "b"]),
)


@given(STANDS, STANDS, st.sampled_from(["a", "b"]))
def test_the_careful_standing_wins(keep, gone, address):
    joined = join(keep, gone, address_hash=address)
    states = {keep.state, gone.state}
    if "unsubscribed" in states:
        assert (joined.state, joined.address_hash) == ("unsubscribed", address)
    elif states == {"never"}:
        assert joined.state == "never"
    else:
        assert joined in (keep, gone)
        if joined.state == "subscribed" and joined.address_hash != address:
            # A yes for another address: it lets nobody be written to, and none for this one was there.
            assert not any(one.state != "never" and one.address_hash == address for one in (keep, gone))
    assert join(gone, keep, address_hash=address).state == joined.state


PEOPLE = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["never", "subscribed", "unsubscribed", "pending"])),
    min_size=2,
    max_size=4,
)


@pytest.mark.django_db
@given(PEOPLE, st.randoms(use_true_random=False))
def test_merging_in_any_order_conserves_orders_money_and_every_no(people, random):
    Order.objects.all().delete()
    Contact.objects.all().delete()
    LeftAddress.objects.all().delete()
    contacts, number = [], 0
    for index, (orders, state) in enumerate(people):
        contact = services.create_contact(source="api", email=f"p{index}@example.com", now=NOW)
        contacts.append(contact)
        for _one in range(orders):
            number += 1
            Order.objects.create(
                ref=f"o-{number}",
                contact=contact,
                currency="USD",
                total_minor=number,
                total_base=number,
                placed_at=NOW,
                updated_at=NOW,
            )
        if state != "never":
            services.record_consent(
                contact=contact, channel="email", state=state, strength=Strength.STRONG, source="form", occurred_at=NOW
            )
    commerce.refresh_totals()
    ledger = ConsentEvent.objects.count()
    money = Order.objects.aggregate(sum=Sum("total_base"))["sum"] or 0
    random.shuffle(contacts)
    keep = contacts[0]
    done = [services.merge_contacts(keep=keep, gone=gone) for gone in contacts[1:]]
    totals = ContactTotals.objects.filter(contact=keep).first() or ContactTotals()
    assert (totals.order_count, totals.total_base) == (number, money)
    assert ConsentEvent.objects.count() >= ledger
    left = [index for index, (_orders, state) in enumerate(people) if state == "unsubscribed"]
    assert bool(left) == ConsentState.objects.filter(contact=keep, state="unsubscribed").exists()
    for index in left:
        stranger = services.create_contact(source="import", email=f"p{index}@example.com")
        services.record_consents(
            channel="email", source="import", reports=[services.Report(stranger.pk, "subscribed", NOW)]
        )
        assert not selectors.deliverable("email").filter(pk=stranger.pk).exists()
        stranger.delete()
    for merge in reversed(done):
        services.undo_merge(merge=merge)
    assert Contact.objects.count() == len(people)
    assert (ContactTotals.objects.aggregate(sum=Sum("total_base"))["sum"] or 0) == money
    for index, (orders, state) in enumerate(people):
        contact = Contact.objects.get(email=f"p{index}@example.com")
        assert contact.orders.count() == orders
        row = ConsentState.objects.filter(contact=contact).first()
        assert (row.state if row else "never") == state
