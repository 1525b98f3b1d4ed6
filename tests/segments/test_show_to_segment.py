"""The block "show to a segment": who sees what, by server and by fragment, and that no cache keeps it."""

import logging

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.http import HttpResponse
from django.middleware.cache import FetchFromCacheMiddleware, UpdateCacheMiddleware
from django.template import Context, Template
from django.test import RequestFactory
from django.views.decorators.cache import cache_page
from shop.models import HomePage
from wagtail.models import Page, PageViewRestriction, Site

from tests.segments.shop import person
from wagtail_marketing.checks import check_segment_block
from wagtail_marketing.segments import blocks, services, visitor
from wagtail_marketing.segments.errors import SegmentInUse
from wagtail_marketing.segments.middleware import PrivateContentMiddleware
from wagtail_marketing.testing.memory_host import MemoryHost

pytestmark = pytest.mark.django_db
GERMANS = {"match": "all", "rules": [{"kind": "contact", "params": {"field": "country", "op": "is", "value": "DE"}}]}
SHOWN = Template("{% load wagtailcore_tags %}{% for block in page.body %}{% include_block block %}{% endfor %}")


@pytest.fixture
def segment():
    return services.create_segment(name="Germans", rules=GERMANS)


@pytest.fixture
def users(segment):
    """A member, somebody else whom the shop knows, and somebody whom it does not."""
    found = {name: User.objects.create_user(name, password="x") for name in ("member", "other", "stranger")}
    person(str(found["member"].pk), country="DE")
    person(str(found["other"].pk), country="AT")
    return {**found, "guest": AnonymousUser()}


@pytest.fixture
def page(segment):
    home = HomePage(
        title="Shop",
        slug="shop-home",
        body=[
            (
                "for_segment",
                {
                    "segment": str(segment.pk),
                    "inside": [("paragraph", "<p>For members</p>")],
                    "others": [("paragraph", "<p>For all</p>")],
                },
            )
        ],
    )
    Page.get_first_root_node().add_child(instance=home)
    home.save_revision().publish()
    site = Site.objects.get(is_default_site=True)
    site.root_page = home
    site.save()
    return HomePage.objects.get(pk=home.pk)


@pytest.fixture
def by_server(settings):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SEGMENT_BLOCK": "server"}


def asked(user, **attributes):
    request = RequestFactory().get("/")
    request.user = user
    for name, value in attributes.items():
        setattr(request, name, value)
    return request


def view(page):
    return lambda request: HttpResponse(SHOWN.render(Context({"page": page, "request": request})))


def seen(response) -> str:
    html = response.content.decode()
    assert ("For members" in html) != ("For all" in html)
    return "members" if "For members" in html else "all"


def through_caches(page, user, *, decorated=False):
    """The page as a site serves it that caches everything it may."""
    inner = cache_page(600)(view(page)) if decorated else FetchFromCacheMiddleware(view(page))
    handler = PrivateContentMiddleware(inner)
    if not decorated:
        handler = UpdateCacheMiddleware(handler)
    return handler(asked(user))


ORDER = ("member", "guest", "other", "member", "stranger")


@pytest.mark.parametrize("decorated", [False, True])
def test_a_cache_never_hands_on_what_is_private(page, users, by_server, decorated):
    answers = [through_caches(page, users[name], decorated=decorated) for name in ORDER]
    assert [seen(answer) for answer in answers] == ["members", "all", "all", "members", "all"]
    assert {answer["Cache-Control"] for answer in answers} == {"private, no-store"}
    assert all("Cookie" in answer["Vary"] for answer in answers)
    # Neither does what a guest saw hide a member's content.
    assert [seen(through_caches(page, users[name], decorated=decorated)) for name in ("guest", "member")] == [
        "all",
        "members",
    ]


@pytest.mark.parametrize("decorated", [False, True])
def test_without_the_guard_the_cache_leaks(page, users, by_server, decorated, monkeypatch):
    monkeypatch.setattr(blocks, "make_private", lambda request: True)
    answers = [seen(through_caches(page, users[name], decorated=decorated)) for name in ("member", "guest")]
    assert answers == ["members", "members"]


def test_without_the_middleware_nothing_private_is_shown(page, users, by_server):
    assert seen(view(page)(asked(users["member"]))) == "all"


def test_a_page_without_the_block_is_cached_as_ever(users, by_server):
    plain = HomePage(title="Plain", body=[("paragraph", "<p>For all</p>")])
    answers = [through_caches(plain, users[name]) for name in ("member", "guest")]
    assert [seen(answer) for answer in answers] == ["all", "all"]
    assert all("max-age" in answer["Cache-Control"] for answer in answers)


def test_the_fragment_stands_over_a_page_that_any_cache_may_keep(page, users, client):
    answers = [through_caches(page, users[name]) for name in ORDER]
    assert {seen(answer) for answer in answers} == {"all"}
    assert len({answer.content for answer in answers}) == 1
    assert all("max-age" in answer["Cache-Control"] for answer in answers)
    html = answers[0].content.decode()
    source = html.partition('data-wm-segment-src="')[2].partition('"')[0]
    assert 'src="/static/wagtail_marketing_segments/js/fragment.js" defer' in html
    given = {}
    for name in ("member", "guest", "other", "stranger", "member"):
        client.logout()
        if users[name].is_authenticated:
            client.force_login(users[name])
        answer = client.get(source)
        given[name] = (answer.status_code, "For members" in answer.content.decode())
        assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("private, no-store", "noindex")
    assert given == {"member": (200, True), "guest": (204, False), "other": (204, False), "stranger": (204, False)}


def test_a_fragment_is_only_of_a_page_that_the_visitor_may_see(page, users, client):
    [(block, value)] = blocks.shown_to_segments(page)
    source = block.source(page, value)
    client.force_login(users["member"])
    assert client.get(source).status_code == 200
    assert client.get(source.replace(block.digest(value), "0" * 24)).status_code == 204
    assert client.get(source.replace(f"/{page.pk}/", "/999999/")).status_code == 204
    assert client.post(source).status_code == 405
    restriction = PageViewRestriction.objects.create(page=page, restriction_type="password", password="secret")
    assert client.get(source).status_code == 204
    restriction.delete()
    page.unpublish()
    assert client.get(source).status_code == 204


def test_a_draft_is_nobodys(page, users, client):
    value = page.body[0].value
    value["inside"][0].value.source = "<p>For members: secret draft</p>"
    page.save_revision()
    [(block, drafted)] = blocks.shown_to_segments(page)
    client.force_login(users["member"])
    assert client.get(block.source(page, drafted)).status_code == 204


@pytest.mark.parametrize("mode", ["server", "fragment"])
def test_a_fault_shows_the_default_and_tells_the_log_no_name(page, users, client, settings, monkeypatch, caplog, mode):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SEGMENT_BLOCK": mode}

    def broken(*args, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'member@example.com' FROM no_such_table")

    monkeypatch.setattr("wagtail_marketing.segments.selectors.is_in", broken)
    client.force_login(users["member"])
    with caplog.at_level(logging.ERROR):
        if mode == "server":
            assert seen(through_caches(page, users["member"])) == "all"
        else:
            [(block, value)] = blocks.shown_to_segments(page)
            assert client.get(block.source(page, value)).status_code == 204
    said = [record.getMessage() for record in caplog.records if record.name == visitor.__name__]
    assert said == [f"Segment {page.body[0].value['segment']} could not be judged for a page: {said[0].split()[-1]}"]
    assert "example.com" not in caplog.text
    # The page's own work in the database goes on.
    assert User.objects.filter(username="member").exists()


def test_a_segment_that_is_gone_shows_the_default(page, users, by_server, segment):
    assert seen(through_caches(page, users["member"])) == "members"
    segment.unpublish()
    assert seen(through_caches(page, users["member"])) == "all"


def test_a_visitor_is_asked_for_once(page, users, by_server, django_assert_max_num_queries, segment):
    request = asked(users["member"])
    assert visitor.holds(request, str(segment.pk))
    with django_assert_max_num_queries(0):
        assert visitor.holds(request, str(segment.pk))


def test_the_preview_shows_both_sides(page, users):
    assert [mode for mode, _label in page.preview_modes] == ["", blocks.AS_MEMBER]
    for mode, expected in (("", "all"), (blocks.AS_MEMBER, "members")):
        html = page.make_preview_request(preview_mode=mode).render().content.decode()
        assert ("For members" in html, "For all" in html) == (expected == "members", expected == "all")
        assert "data-wm-segment-src" not in html


def test_a_segment_that_a_page_shows_stays(page, segment):
    with pytest.raises(SegmentInUse, match="the page “Shop”"):
        services.delete_segment(segment=segment)


def test_an_editor_chooses_among_published_segments(segment, client):
    services.create_segment(name="Draft", rules=GERMANS, publish=False)
    assert blocks.segment_choices() == [(str(segment.pk), "Germans")]
    block = blocks.ShowToSegmentBlock(())
    assert list(block.child_blocks) == ["segment"]


def test_the_check_knows_the_middlewares_place(settings, by_server):
    ours = "wagtail_marketing.segments.middleware.PrivateContentMiddleware"
    storing = "django.middleware.cache.UpdateCacheMiddleware"
    for names, warned in (([storing, ours], []), ([ours], []), ([ours, storing], ["W017"]), ([], ["W017"])):
        settings.MIDDLEWARE = names
        assert [found.id.rpartition(".")[2] for found in check_segment_block(None)] == warned
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SEGMENT_BLOCK": "fragment"}
    assert check_segment_block(None) == []


def test_users_are_customers_where_the_shop_has_no_other(users):
    from wagtail_marketing.host import get_adapter

    adapter = get_adapter()
    assert adapter.customer_key_of(asked(users["member"])) == str(users["member"].pk)
    assert adapter.customer_key_of(asked(users["guest"])) == ""
    assert MemoryHost().customer_key_of(asked(users["member"])) == ""
