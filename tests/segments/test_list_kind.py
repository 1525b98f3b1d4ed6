"""``list``: who is on a static list, in SQL, in memory, in words; and what a list in use refuses."""

import pytest

from tests.segments.shop import NOW, person
from wagtail_marketing.contacts import services as contacts
from wagtail_marketing.contacts.errors import ListInUse
from wagtail_marketing.contacts.models import Contact, ContactList
from wagtail_marketing.segments import selectors, services
from wagtail_marketing.segments.compiler import check, contacts_of
from wagtail_marketing.segments.engine.tree import parse
from wagtail_marketing.segments.errors import InvalidRules
from wagtail_marketing.segments.registry import Facts, conditions

pytestmark = pytest.mark.django_db


def rules(*ids, match="all"):
    return {"match": match, "rules": [{"kind": "list", "params": {"id": pk}} for pk in ids]}


@pytest.fixture
def vips():
    ann, bob, cyd = person("ann"), person("bob"), person("cyd")
    vips = contacts.create_list(name="VIPs")
    contacts.add_to_list(contact_list=vips, contacts=[ann.pk, bob.pk], now=NOW)
    other = contacts.create_list(name="Other")
    contacts.add_to_list(contact_list=other, contacts=[bob.pk, cyd.pk], now=NOW)
    return vips


@pytest.mark.parametrize(
    ("match", "both", "expected"),
    [
        ("all", False, "ann bob"),
        ("none", False, "cyd"),
        ("all", True, "bob"),
        ("any", True, "ann bob cyd"),
        ("none", True, ""),
    ],
)
def test_who_is_on_it(vips, match, both, expected):
    ids = [vips.pk] + ([ContactList.objects.get(name="Other").pk] if both else [])
    tree = rules(*ids, match=match)
    assert sorted(contacts_of(tree).values_list("external_key", flat=True)) == expected.split()
    everybody = list(Contact.objects.order_by("external_key"))
    assert [one.external_key for one in everybody if check(tree, one)] == expected.split()
    assert [
        one.external_key for one in everybody if contacts_of(tree, contact_ids=[one.pk]).exists()
    ] == expected.split()


def test_it_says_what_it_reads_and_means(vips):
    tree = parse(rules(vips.pk))
    assert tree.reads() == {"lists"}
    assert selectors.summary(rules(vips.pk)) == "Is on the list “VIPs”"
    ann, cyd = Contact.objects.get(external_key="ann"), Contact.objects.get(external_key="cyd")
    rule = tree.rules[0]
    said = [rule.condition.check(rule.params, Facts(one), _moment()).said for one in (ann, cyd)]
    assert said == ["on it since 12/31/2017", "is not on it"]
    [field] = conditions["list"].descriptor().inputs
    assert (field["name"], [name for _pk, name in field["choices"]]) == ("id", ["Other", "VIPs"])


def _moment():
    from wagtail_marketing.segments.engine.tree import moment_at

    return moment_at(NOW)


@pytest.mark.parametrize(
    ("params", "path", "said"),
    [
        ({}, "rules.0.params.id", "needed"),
        ({"id": "x"}, "rules.0.params.id", "needed"),
        ({"id": 10**6}, "rules.0.params.id", "Choose one that exists."),
        ({"id": None}, "rules.0.params.id", "needed"),
        ({"id": 1, "name": "VIPs"}, "rules.0.params.name", "Known: id."),
    ],
)
def test_what_it_refuses(params, path, said):
    if params.get("id") == 1:
        params["id"] = contacts.create_list(name="VIPs").pk
    with pytest.raises(InvalidRules) as refused:
        parse({"match": "all", "rules": [{"kind": "list", "params": params}]})
    assert refused.value.as_dict()["path"] == path
    assert said in refused.value.as_dict()["message"]


def test_many_facts_are_loaded_once(vips, django_assert_num_queries):
    tree = parse(rules(vips.pk, vips.pk, match="any"))
    facts = Facts(Contact.objects.get(external_key="cyd"))
    with django_assert_num_queries(1):
        for rule in tree.rules:
            rule.condition.check(rule.params, facts, _moment())


@pytest.mark.parametrize("where", ["published", "draft", "newer draft"])
def test_a_list_that_a_segment_names_stays(vips, where):
    plain = {"match": "all", "rules": [{"kind": "sample", "params": {"percent": 10}}]}
    nested = {"match": "all", "rules": [plain, rules(vips.pk, match="none")]}
    if where == "newer draft":
        segment = services.create_segment(name="Best", rules=plain)
        services.update_segment(segment=segment, rules=nested, publish=False)
    else:
        services.create_segment(name="Best", rules=nested, publish=where == "published")
    services.create_segment(name="Others", rules=rules(ContactList.objects.get(name="Other").pk))
    with pytest.raises(ListInUse, match="“VIPs” is used by: segment “Best”. Take it out there first."):
        contacts.delete_list(contact_list=vips)
    assert ContactList.objects.filter(pk=vips.pk).exists()


def test_a_refresh_follows_the_list(vips):
    segment = services.create_segment(name="Best", rules=rules(vips.pk))
    assert services.refresh_segment(segment=segment, now=NOW).size == 2
    contacts.remove_from_list(contact_list=vips, contacts=Contact.objects.filter(external_key="ann"))
    contacts.add_to_list(contact_list=vips, contacts=Contact.objects.filter(external_key="cyd"))
    later = services.refresh_segment(segment=segment)
    assert (later.size, later.entered, later.left) == (2, 1, 1)
