"""Segments in segments: circles are refused with their path, however they come about."""

import json
import threading
from contextlib import suppress

import pytest
from django.db import close_old_connections, connection, transaction
from django.urls import reverse

from wagtail_marketing.segments import references, services
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.models import Segment, SegmentVersion

BUYERS = {"kind": "orders", "params": {"measure": "count", "op": ">=", "value": 1}}


def inside(*ids):
    return {"match": "any", "rules": [BUYERS, *({"kind": "segment", "params": {"id": pk}} for pk in ids)]}


def made(name, *inner):
    return services.create_segment(name=name, rules=inside(*(one.pk for one in inner)))


@pytest.fixture
def chain(db):
    """A in B in C."""
    a = made("A")
    b = made("B", a)
    return a, b, made("C", b)


def test_a_circle_is_refused_with_its_path_in_names(chain):
    a, b, c = chain
    for inner, path in ((a, "A → A"), (b, "A → B → A"), (c, "A → C → B → A")):
        with pytest.raises(InvalidRules) as refused:
            services.update_segment(segment=a, rules=inside(inner.pk))
        assert path in str(refused.value)
        assert refused.value.path == "rules.1.params.id"
    assert SegmentVersion.objects.filter(segment=a).count() == 1


def test_a_draft_is_refused_too(chain):
    a, _b, c = chain
    before = a.revisions.count()
    with pytest.raises(InvalidRules, match="A → C → B → A"):
        services.update_segment(segment=a, rules=inside(c.pk), publish=False)
    assert a.revisions.count() == before


def test_a_draft_that_has_become_a_circle_is_refused_when_it_is_published(db):
    a = made("A")
    b = made("B")
    services.update_segment(segment=a, rules=inside(b.pk), publish=False)
    services.update_segment(segment=b, rules=inside(a.pk))
    a.refresh_from_db()
    with pytest.raises(InvalidRules, match="A → B → A"), transaction.atomic():
        a.latest_revision.publish(skip_permission_checks=True)
    a.refresh_from_db()
    assert a.rules == inside()


def test_the_form_says_so_at_the_rules(chain, admin_client):
    a, _b, c = chain
    answer = admin_client.post(
        reverse("marketing_segments:edit", args=(a.pk,)),
        {"name": "A", "rules": json.dumps(inside(c.pk)), "action-publish": "1"},
    )
    assert "A → C → B → A" in answer.content.decode()
    a.refresh_from_db()
    assert a.rules == inside()


def test_what_was_a_circle_only_on_publishing_is_an_error_of_the_form(chain, admin_client, monkeypatch):
    """The other editor published between the form's check and ours."""
    from wagtail_marketing.segments.admin import viewsets

    a, _b, c = chain
    monkeypatch.setattr(viewsets, "check_rules", lambda **_given: None)
    answer = admin_client.post(
        reverse("marketing_segments:edit", args=(a.pk,)),
        {"name": "A", "rules": json.dumps(inside(c.pk)), "action-publish": "1"},
    )
    assert answer.status_code == 200
    assert "A → C → B → A" in answer.content.decode()
    a.refresh_from_db()
    assert (a.rules, a.has_unpublished_changes) == (inside(), False)


def test_five_levels_pass_and_a_sixth_is_refused_from_either_end(db):
    segments = [made("S1")]
    for number in range(2, 6):
        segments.append(made(f"S{number}", segments[-1]))
    with pytest.raises(InvalidRules, match="S6 → S5|this segment → S5 → S4 → S3 → S2 → S1") as refused:
        made("S6", segments[-1])
    assert refused.value.path == "rules.1.params.id"
    below = made("S0")
    with pytest.raises(InvalidRules, match="S5 → S4 → S3 → S2 → S1 → S0"):
        services.update_segment(segment=segments[0], rules=inside(below.pk))
    assert Segment.objects.count() == 6


def test_conditions_are_counted_through_segments_so_that_no_query_explodes(db):
    many = {"match": "any", "rules": [BUYERS] * 60}
    first = services.create_segment(name="First", rules=many)
    with pytest.raises(InvalidRules, match="would have 360 conditions"):
        services.create_segment(name="Second", rules=inside_many(first.pk, 6))
    second = services.create_segment(name="Second", rules=inside_many(first.pk, 5))
    with pytest.raises(InvalidRules, match="“Second” would have 305 conditions"):
        services.update_segment(segment=first, rules={"match": "any", "rules": [BUYERS] * 61})
    assert SegmentVersion.objects.filter(segment__in=(first, second)).count() == 2


def inside_many(pk, times):
    return {"match": "any", "rules": [{"kind": "segment", "params": {"id": pk}}] * times}


@pytest.fixture
def race(db):
    """Two editors publish the two halves of a circle at once; returns what each of them got."""

    def run():
        a, b = made("A"), made("B")
        start = threading.Barrier(2, timeout=20)
        got = {}

        def publish(segment, other):
            close_old_connections()
            try:
                with transaction.atomic():
                    draft = Segment.objects.get(pk=segment.pk)
                    draft.rules = inside(other.pk)
                    start.wait()
                    services.freeze_version(segment=draft)
                    with suppress(threading.BrokenBarrierError):
                        waiting.wait()
                got[segment.name] = "published"
            except InvalidRules as error:
                got[segment.name] = str(error)
            finally:
                connection.close()

        # Each holds its transaction open until the other has judged too, or for as long as one who waits would.
        waiting = threading.Barrier(2, timeout=1.5)
        threads = [threading.Thread(target=publish, args=pair) for pair in ((a, b), (b, a))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return got

    return run


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_one_of_two_halves_of_a_circle_is_refused(self, race):
        got = race()
        assert sorted(got) == ["A", "B"]
        assert list(got.values()).count("published") == 1
        (refused,) = (said for said in got.values() if said != "published")
        assert "A → B → A" in refused or "B → A → B" in refused

    def test_without_the_lock_both_get_through(self, race, monkeypatch):
        """The twin: so the lock is what holds."""
        from wagtail_marketing.segments.services import editing

        monkeypatch.setattr(editing, "one_at_a_time", lambda: None)
        assert list(race().values()) == ["published"] * 2


def test_references_are_found_in_groups_and_rubbish_is_no_reference():
    rules = {"match": "all", "rules": [BUYERS, {"match": "any", "rules": [*inside(7)["rules"]]}, "nonsense", None]}
    found = references.node("X", rules)
    assert found.refers == [("rules.1.rules.1.params.id", 7)]
    assert found.own == 2
