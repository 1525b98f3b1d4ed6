"""What somebody types never becomes SQL, and what nobody could mean is refused before it costs anything."""

import json
import time
from copy import deepcopy

import pytest
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.urls import reverse

from tests.segments.shop import NOW, order, person
from wagtail_marketing.contacts.models import Contact, Topic
from wagtail_marketing.segments import selectors, services
from wagtail_marketing.segments.compiler import contacts_of
from wagtail_marketing.segments.engine.tree import MAX_RULES, parse
from wagtail_marketing.segments.errors import InvalidRules, TooSlow
from wagtail_marketing.segments.models import Segment
from wagtail_marketing.segments.registry import Answer, Condition, Descriptor, conditions

pytestmark = pytest.mark.django_db

#: What has got through somewhere: quotes, comments, placeholders, look-ups of an ORM, JSON paths, escapes.
STRINGS = (
    "'; DROP TABLE wagtail_marketing_contacts_contact; --",
    '" OR 1=1 --',
    "') OR ('1'='1",
    "1) UNION SELECT password FROM auth_user --",
    "x' AND (SELECT pg_sleep(10)) IS NOT NULL --",
    "%s %(x)s %% {0} {x!r}",
    "\\'; SELECT 1; --",
    "$$; SELECT 1; $$",
    "/* */ 1 --",
    "email__regex",
    "tags__name",
    "pk",
    "pk__in",
    "__class__",
    "attributes.plan' = 'Gold",
    "attributes.plan__isnull",
    "attributes->>'plan'",
    "contact_id) FROM x; --",
    "count(*)",
    "NULL",
    "\u02bc OR 1=1",
    "line\nbreak; --",
)

#: Every kind with every param that may be a text.
TREES = [
    {"kind": "contact", "params": {"field": "first_name", "op": "is", "value": "x"}},
    {"kind": "contact", "params": {"field": "first_name", "op": "contains", "value": "x"}},
    {"kind": "contact", "params": {"field": "email", "op": "starts_with", "value": "x"}},
    {"kind": "contact", "params": {"field": "language", "op": "in", "value": ["x"]}},
    {"kind": "contact", "params": {"field": "tag", "op": "is", "value": "x"}},
    {"kind": "contact", "params": {"field": "attributes.motto", "op": "is", "value": "x"}},
    {"kind": "contact", "params": {"field": "attributes.score", "op": ">=", "value": "1"}},
    {"kind": "contact", "params": {"field": "created_at", "op": ">=", "value": "2017-01-01"}},
    {
        "kind": "orders",
        "params": {
            "measure": "count",
            "op": ">=",
            "value": "2",
            "within": {"from": "2017-01-01", "to": "2018-01-01"},
            "where": {"skus": ["x"], "categories": ["x"], "code": "x", "channel": "x", "min_total": "1"},
        },
    },
    {"kind": "orders", "params": {"measure": "distinct_products", "op": ">=", "value": "2"}},
    {
        "kind": "activity",
        "params": {"type": "x", "measure": "count", "op": ">=", "value": "2", "where": {"campaign": "1", "url": "x"}},
    },
    {"kind": "consent", "params": {"channel": "email", "topic": "specials", "state": "never"}},
    {"kind": "segment", "params": {"id": "1"}},
    {"kind": "list", "params": {"id": "1"}},
    {"kind": "sample", "params": {"percent": "10", "seed": "x"}},
]


def places(value, path=()):
    """Every place in params that holds a text, and every name of a param."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*path, number))
    else:
        yield path


def put(rule, path, text):
    changed = deepcopy(rule)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = text
    return {"match": "all", "rules": [changed]}


def compiled(rules):
    try:
        return contacts_of(rules, now=NOW).query.sql_with_params()
    except EmptyResultSet:
        return "", ()


@pytest.fixture
def shop():
    Topic.objects.create(name="Specials", slug="specials")
    order(person("ann", first_name="x"), "1", ("x", 100))


@pytest.mark.parametrize("rule", TREES, ids=lambda rule: f"{rule['kind']} {rule['params'].get('field', '')}".strip())
def test_a_text_is_refused_or_bound(rule, shop):
    """The statement is the same, letter by letter, whatever the text: it only stands among the parameters."""
    for path in places(rule):
        try:
            expected = compiled(put(rule, path, "harmless"))[0]
        except InvalidRules:
            expected = None
        for text in STRINGS:
            rules = put(rule, path, text)
            try:
                sql, _params = compiled(rules)
            except InvalidRules:
                continue
            assert expected is not None, (path, text)
            assert sql == expected, (path, text)
            assert isinstance(selectors.preview(rules, now=NOW).count, int)
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("text", STRINGS)
def test_names_are_only_those_that_are_registered(text):
    for rules in (
        {"match": text, "rules": [TREES[0]]},
        {"match": "all", "rules": [{"kind": text, "params": {}}]},
        {"match": "all", "rules": [{"kind": "contact", "params": {"field": text, "op": "is", "value": "x"}}]},
        {"match": "all", "rules": [{"kind": "contact", "params": {"field": "city", "op": text, "value": "x"}}]},
        {"match": "all", "rules": [{"kind": "orders", "params": {"measure": text, "op": ">=", "value": 1}}]},
        {"match": "all", "rules": [{**TREES[0], text: "x"}]},
        {"match": "all", "rules": [{"kind": "contact", "params": {**TREES[0]["params"], text: "x"}}]},
    ):
        with pytest.raises(InvalidRules):
            parse(rules)


@pytest.mark.parametrize("percent", ["%", "_", "\\", "100%_\\"])
def test_signs_of_a_pattern_mean_themselves(percent):
    person("ann", first_name=f"a{percent}b")
    person("bob", first_name="axxxb")
    rules = {
        "match": "all",
        "rules": [{"kind": "contact", "params": {"field": "first_name", "op": "contains", "value": percent}}],
    }
    assert list(contacts_of(rules).values_list("external_key", flat=True)) == ["ann"]


def bomb(depth, leaf):
    found = leaf
    for _ in range(depth):
        found = {"match": "all", "rules": [found]}
    return found


@pytest.mark.parametrize(
    "rules",
    [
        bomb(6, TREES[0]),
        bomb(5_000, TREES[0]),
        {"match": "all", "rules": [TREES[0]] * (MAX_RULES + 1)},
        # Each of these would ask the database.
        {"match": "all", "rules": [{"kind": "segment", "params": {"id": 1}}] * 100_000},
        {"match": "all", "rules": [{"match": "any", "rules": [{"kind": "list", "params": {"id": 1}}] * 1000}] * 100},
        {"match": "all", "rules": [{"match": "all", "rules": []}] * 100_000},
    ],
    ids=["six levels", "a tower", "101", "a hundred thousand", "wide and deep", "empty groups"],
)
def test_what_is_too_deep_or_too_wide_is_refused_at_once(rules, django_assert_num_queries):
    started = time.perf_counter()
    with django_assert_num_queries(0), pytest.raises(InvalidRules):
        parse(rules)
    assert time.perf_counter() - started < 2
    with pytest.raises(InvalidRules):
        services.create_segment(name="Bomb", rules=rules)
    assert Segment.objects.count() == 0


def test_a_tower_of_json_is_no_fault_of_the_builder(admin_client):
    body = '{"rules": ' + '{"match": "all", "rules": [' * 12_000 + "]}" * 12_000 + "}"
    answer = admin_client.post(reverse("marketing_segments:preview"), body, content_type="application/json")
    assert answer.status_code in (200, 400)
    assert len(json.loads(answer.content)["errors"]) == 1


class Slow(Condition):
    key = "slow"
    label = "Slow"

    def clean(self, params, path, moment):
        return None

    def reads(self, params):
        return frozenset()

    def q(self, params, scope):
        return Q(pk__in=RawSQL("SELECT COUNT(*) FROM pg_sleep(10)", ()))

    def check(self, params, facts, moment):
        return Answer(False)

    def text(self, params):
        return "is slow"

    def descriptor(self):
        return Descriptor(self.key, self.label)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's time-out")
def test_a_preview_that_takes_too_long_is_stopped(settings, admin_client):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SEGMENT_STATEMENT_TIMEOUT_MS": 100}
    person("ann")
    conditions.register("slow", Slow())
    try:
        rules = {"match": "all", "rules": [{"kind": "slow", "params": {}}]}
        started = time.perf_counter()
        with pytest.raises(TooSlow):
            selectors.preview(rules)
        answer = admin_client.post(
            reverse("marketing_segments:preview"), json.dumps({"rules": rules}), content_type="application/json"
        )
        assert "too long" in answer.content.decode()
        assert time.perf_counter() - started < 5
    finally:
        conditions.unregister("slow")
