"""The pages of one segment: who opens them, what they show, what their buttons do, and what they refuse."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from tests.segments.shop import count_totals, order, person
from wagtail_marketing.contacts.models import ConsentState
from wagtail_marketing.core import clock
from wagtail_marketing.jobs.models import Job
from wagtail_marketing.segments import figures, selectors, services
from wagtail_marketing.segments.admin.members import PER_PAGE
from wagtail_marketing.segments.models import Membership, Segment, SegmentPin

pytestmark = pytest.mark.django_db

BUYERS = {"match": "all", "rules": [{"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}]}


def role(client, name):
    user = User.objects.create_user(name, password="x")
    user.groups.add(Group.objects.get(name=f"Marketing {name}s"))
    client.force_login(user)
    return client


def url(name, segment, *args):
    return reverse(f"marketing_segments:{name}", args=(segment.pk, *args))


@pytest.fixture
def ann():
    return person("ann", first_name="Ann", last_name="=Smith")


@pytest.fixture
def segment(ann):
    bob = person("bob", first_name="Bob")
    order(ann, "1", ("P1", 100))
    order(bob, "2", ("P1", 100))
    count_totals()
    ConsentState.objects.create(
        contact=ann, channel="email", state="subscribed", strength=1, address_hash=ann.email_hash,
        changed_at=ann.created_at,
    )  # fmt: skip
    made = services.create_segment(name="Buyers", rules=BUYERS)
    services.refresh_segment(segment=made)
    services.count_reach(segment=made)
    return made


def test_the_overview_says_figures_rules_versions_and_uses(client, segment):
    outer = services.create_segment(
        name="Outer", rules={"match": "none", "rules": [{"kind": "segment", "params": {"id": segment.pk}}]}
    )
    seen = role(client, "manager").get(url("inspect", segment)).content.decode()
    assert "has placed at least 1 order" in seen
    assert f"the segment “{outer}”" in seen
    assert "Published version 1" in seen
    for figure in ("People", "Came in", "Left", "Reachable by e-mail"):
        assert f">{figure}</a>" in seen


def test_the_list_shows_what_there_is_and_filters_by_state(client, segment, django_assert_num_queries):
    services.deactivate_segment(segment=segment)
    services.create_segment(name="Kept", rules=BUYERS)
    services.create_segment(name="Drafted", rules=BUYERS, publish=False)
    client = role(client, "analyst")
    page = reverse("marketing_segments:list")

    def names(**query):
        seen = client.get(page, query).context["object_list"]
        return [one.name for one in seen]

    assert names() == ["Buyers", "Drafted", "Kept"]
    assert names(state="active") == ["Kept"]
    assert names(state="deactivated") == ["Buyers"]
    assert names(state="draft") == ["Drafted"]
    assert names(q="ept") == ["Kept"]
    assert names(ordering="-size")[0] == "Buyers" or names(ordering="size")[0] == "Buyers"
    seen = client.get(page).content.decode()
    assert f'<a href="{url("members", segment)}?reach=email">1</a>' in seen


def test_members_are_searched_narrowed_and_masked(client, segment, ann):
    other = services.create_segment(name="Other", rules=BUYERS)
    Membership.objects.create(segment=other, contact=ann, entered_at=clock.now())
    manager = role(client, "manager")

    def shown(**query):
        return [link for link in ("Ann", "Bob") if link in manager.get(url("members", segment), query).content.decode()]

    assert shown() == ["Ann", "Bob"]
    assert shown(q="ann") == ["Ann"]
    assert shown(q="bob@example.com") == ["Bob"]
    assert shown(reach="email") == ["Ann"]
    assert shown(**{"in": other.pk}) == ["Ann"]
    assert shown(not_in=other.pk) == ["Bob"]
    assert shown(show="left") == []
    assert shown(show="entered") == ["Ann", "Bob"]
    assert shown(did="bought", **{"from": "2017-12-01", "to": "2018-01-31"}) == ["Ann", "Bob"]
    assert shown(did="bought") == []
    assert shown(**{"in": "x", "reach": "x", "did": "x", "from": "x", "after": "x~y"}) == ["Ann", "Bob"]
    masked = role(client, "analyst").get(url("members", segment)).content.decode()
    assert "Ann" not in masked
    assert f"Contact {ann.pk}" in masked
    # Who may not see names learns nothing by searching for one.
    assert f"Contact {ann.pk}" not in client.get(url("members", segment), {"q": "ann smith"}).content.decode()


def test_members_are_paged_by_key(client, segment):
    Membership.objects.bulk_create(
        [
            Membership(segment=segment, contact=person(f"p{number}"), entered_at=clock.now() + timedelta(seconds=1))
            for number in range(PER_PAGE)
        ]
    )
    client = role(client, "manager")
    first = client.get(url("members", segment))
    assert len(first.context["table"].rows) == PER_PAGE
    second = client.get(url("members", segment) + first.context["next_url"])
    assert len(second.context["table"].rows) == 2
    assert second.context["next_url"] == ""


def test_the_list_of_members_costs_the_same_for_one_and_for_many(client, segment, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = role(client, "manager")
    client.get(url("members", segment))
    with CaptureQueriesContext(connection) as few:
        client.get(url("members", segment))
    Membership.objects.bulk_create(
        [Membership(segment=segment, contact=person(f"p{number}"), entered_at=clock.now()) for number in range(20)]
    )
    with django_assert_num_queries(len(few)):
        client.get(url("members", segment))


def test_the_export_streams_safe_cells_to_who_may_export(client, segment):
    answer = role(client, "manager").get(url("export_members", segment), {"reach": "email"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row["external_key"], row["last_name"]) for row in rows] == [("ann", "'=Smith")]
    assert role(client, "editor").get(url("export_members", segment)).status_code in (302, 403)


def test_refresh_waits_for_a_worker_and_shows_its_progress(client, segment):
    assert role(client, "analyst").post(url("refresh", segment)).status_code in (302, 403)
    assert not Job.objects.exists()
    client = role(client, "editor")
    client.post(url("refresh", segment))
    client.post(url("refresh", segment))
    job = Job.objects.get()
    assert job.params == {"segments": [segment.pk]}
    assert reverse("marketing_jobs:progress", args=(job.pk,)) in client.get(url("inspect", segment)).content.decode()


def test_how_often_it_is_counted_anew(client, segment):
    role(client, "analyst").post(url("schedule", segment), {"every": "nightly"})
    assert not figures.listed(Segment.objects.all()).get().every
    client = role(client, "editor")
    client.post(url("schedule", segment), {"every": "nightly"})
    client.post(url("schedule", segment), {"every": "always"})
    assert figures.listed(Segment.objects.all()).get().every == "nightly"
    assert (
        '<option value="nightly" selected>every night</option>' in client.get(url("inspect", segment)).content.decode()
    )


def test_switching_off_and_on_warns_and_says_so(client, segment):
    services.create_segment(
        name="Outer", rules={"match": "all", "rules": [{"kind": "segment", "params": {"id": segment.pk}}]}
    )
    role(client, "analyst").post(url("deactivate", segment))
    assert selectors.is_active(segment)
    client = role(client, "editor")
    assert "the segment “Outer”" in client.get(url("deactivate", segment)).content.decode()
    client.post(url("deactivate", segment))
    assert not selectors.is_active(segment)
    seen = client.get(url("inspect", segment)).content.decode()
    assert "This segment is deactivated" in seen
    assert "Refresh the members now" not in seen
    client.post(url("activate", segment))
    assert selectors.is_active(segment)


def test_a_clone_is_a_draft_that_opens_for_editing(client, segment, ann):
    services.pin_contact(segment=segment, contact=ann, always=False, reason="Press")
    answer = role(client, "editor").post(url("clone", segment))
    copy = Segment.objects.get(name="Copy of Buyers")
    assert answer.url == url("edit", copy)
    assert not copy.live
    assert copy.pins.get().reason == "Press"


def test_what_is_in_use_is_not_deleted(client, segment):
    services.create_segment(
        name="Outer", rules={"match": "all", "rules": [{"kind": "segment", "params": {"id": segment.pk}}]}
    )
    client = role(client, "manager")
    for answer in (client.get(url("delete", segment), follow=True), client.post(url("delete", segment), follow=True)):
        assert "is used by: the segment “Outer”" in answer.content.decode()
    bulk = reverse("wagtail_bulk_action", args=("wagtail_marketing_segments", "segment", "delete"))
    outer = Segment.objects.get(name="Outer")
    client.post(f"{bulk}?id={segment.pk}&id={outer.pk}&next=/admin/")
    assert list(Segment.objects.values_list("name", flat=True)) == ["Buyers"]
    client.post(url("delete", segment))
    assert not Segment.objects.exists()


def test_several_at_once(client, segment):
    other = services.create_segment(name="Other", rules=BUYERS)

    def act(client, action):
        bulk = reverse("wagtail_bulk_action", args=("wagtail_marketing_segments", "segment", action))
        return client.post(f"{bulk}?id={segment.pk}&id={other.pk}&next=/admin/")

    act(role(client, "analyst"), "deactivate")
    assert selectors.is_active(segment)
    client = role(client, "editor")
    act(client, "deactivate")
    assert not selectors.is_active(segment)
    assert not selectors.is_active(other)
    act(client, "activate")
    assert selectors.is_active(segment)
    act(client, "refresh")
    assert Job.objects.get().params == {"segments": [segment.pk, other.pk]}
    act(client, "delete")
    assert Segment.objects.count() == 2


def test_pins_by_address_with_a_reason(client, segment, ann):
    cyd = person("cyd")
    role(client, "analyst").post(url("pin", segment), {"who": "cyd", "side": "always"})
    assert not SegmentPin.objects.exists()
    client = role(client, "editor")
    client.post(url("pin", segment), {"who": "CYD@example.com", "side": "always", "reason": "Our chef"})
    client.post(url("pin", segment), {"who": "ann", "side": "never"})
    client.post(url("pin", segment), {"who": "nobody", "side": "never"})
    assert list(SegmentPin.objects.order_by("pk").values_list("contact", "always", "reason")) == [
        (cyd.pk, True, "Our chef"),
        (ann.pk, False, ""),
    ]
    assert "Our chef" in client.get(url("inspect", segment)).content.decode()
    client.post(url("unpin", segment, ann.pk))
    assert SegmentPin.objects.get().contact_id == cyd.pk


def test_overlap_and_performance_lead_to_the_people_behind_each_figure(client, segment, ann):
    other = services.create_segment(name="Other", rules=BUYERS)
    Membership.objects.create(segment=other, contact=ann, entered_at=clock.now())
    client = role(client, "analyst")
    seen = client.get(url("overlap", segment), {"with": other.pk}).content.decode()
    assert f'<a href="{url("members", segment)}?in={other.pk}">1</a>' in seen
    assert f'<a href="{url("members", segment)}?not_in={other.pk}">1</a>' in seen
    assert f'<a href="{url("members", other)}?not_in={segment.pk}">0</a>' in seen
    seen = client.get(url("performance", segment), {"from": "2017-12-01", "to": "2018-01-31"}).content.decode()
    assert "$2.00" in seen
    assert "did=bought&amp;from=2017-12-01&amp;to=2018-01-31" in seen
