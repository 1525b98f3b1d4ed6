"""Open, click, unsubscribe and web version, over the public URLs."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from wagtail_marketing.activity.models import Activity
from wagtail_marketing.contacts.models import ConsentEvent, ConsentState, Contact
from wagtail_marketing.core import tasks
from wagtail_marketing.messaging import tracking
from wagtail_marketing.messaging.models import Message, MessageEvent
from wagtail_marketing.messaging.selectors import engagement
from wagtail_marketing.messaging.services import create_send, launch

pytestmark = pytest.mark.django_db

BROWSER = {"HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
PREFIX = "https://shop.example"


@pytest.fixture
def sent(sink, brand, person, template):
    """A message that was sent an hour ago, and the links of its HTML in order."""
    person("ada@example.com", first_name="Ada", external_key="k 1/2")
    body = [
        ("text", '<p><a href="https://shop.example/a?x=1&amp;y=2">A</a> <a href="https://shop.example/b">B</a></p>'),
        ("button", {"label": "Yours", "url": "https://shop.example/of/{{ contact.first_name }}?k={{ contact.email }}"}),
        ("text", '<p><a href="https://shop.example/c">C</a></p>'),
    ]
    send = create_send(
        template=template(body=body),
        audience=Contact.objects.all(),
        source_ref="campaign:7",
        utm={"utm_source": "mail", "utm_campaign": "c7"},
    )
    launch(send)
    tasks.drain_until_idle()
    Message.objects.update(settled_at=timezone.now() - timedelta(hours=1))
    message = Message.objects.select_related("send", "contact").get()
    raw = sink.messages[0].data
    html = raw.replace(b"=\r\n", b"").replace(b"=3D", b"=").decode()
    message.click_paths = [
        url.removeprefix(PREFIX) for url in re.findall(r'href="(https://shop\.example/marketing/m/c/[^"]+)"', html)
    ]
    message.pixel_path = re.search(r'src="https://shop\.example(/marketing/m/o/[^"]+)"', html)[1]
    message.unsubscribe_path = re.search(r"List-Unsubscribe: <https://shop\.example([^>]+)>", html)[1]
    message.view_path = re.search(r'href="https://shop\.example(/marketing/m/v/[^"]+)"', html)[1]
    return message


def test_clicks_lead_to_the_frozen_addresses_and_count_people_once(sent, client):
    targets = []
    for path in sent.click_paths[:2]:
        for _again in range(2):
            response = client.get(path, **BROWSER)
            assert response.status_code == 302
        targets.append(response["Location"])
    assert targets == [
        "https://shop.example/a?x=1&y=2&utm_source=mail&utm_campaign=c7",
        "https://shop.example/b?utm_source=mail&utm_campaign=c7",
    ]
    totals = engagement(sent.send)
    assert (totals.clicked, totals.clicks, totals.machine_clicks) == (1, 4, 0)
    assert Activity.objects.filter(type="email.clicked", campaign_ref="campaign:7", machine=False).count() == 4


def test_a_link_that_holds_tokens_leads_where_it_did_when_it_was_sent(sent, client):
    Contact.objects.update(first_name="Somebody else")
    response = client.get(sent.click_paths[2], **BROWSER)
    assert response["Location"] == "https://shop.example/of/Ada?k=ada%40example.com&utm_source=mail&utm_campaign=c7"


@pytest.mark.parametrize("position", range(0, 40, 3))
def test_a_changed_click_token_leads_nowhere(sent, client, position):
    path = sent.click_paths[0]
    start = path.rindex("/") + 1
    index = start + position % (len(path) - start)
    other = "A" if path[index] != "A" else "B"
    response = client.get(path[:index] + other + path[index + 1 :], **BROWSER)
    assert response.status_code == 404
    assert b"This link does not work" in response.content
    assert MessageEvent.objects.count() == 0


def test_every_token_is_refused_by_every_other_endpoint(sent, client):
    tokens = {
        "o": sent.pixel_path.rsplit("/", 1)[1].removesuffix(".gif"),
        "c": sent.click_paths[0].rsplit("/", 1)[1],
        "u": sent.unsubscribe_path.rsplit("/", 1)[1],
        "v": sent.view_path.rsplit("/", 1)[1],
    }
    for kind, token in tokens.items():
        for other in tokens.keys() - {kind, "o"}:
            assert client.get(f"/marketing/m/{other}/{token}").status_code == 404, (kind, other)
            if other == "u":
                assert client.post(f"/marketing/m/u/{token}").status_code == 404
        if kind != "o":
            assert client.get(f"/marketing/m/o/{token}.gif")["Content-Type"] == "image/gif"
    assert MessageEvent.objects.count() == 0
    assert ConsentState.objects.get().state == "subscribed"


def test_opens_are_kept_and_those_of_machines_are_marked(sent, client):
    client.get(sent.pixel_path, **BROWSER)
    client.head(sent.pixel_path, **BROWSER)
    client.get(sent.pixel_path, HTTP_USER_AGENT="Mozilla/5.0")
    client.get(sent.pixel_path, HTTP_USER_AGENT="Mozilla/5.0 (GoogleImageProxy)")
    assert sorted(MessageEvent.objects.values_list("machine", "rule")) == [
        (False, ""),
        (True, "agent"),
        (True, "apple-privacy"),
        (True, "head"),
    ]
    totals = engagement(sent.send)
    assert (totals.opened, totals.opens, totals.machine_opens) == (1, 1, 3)


def test_what_happens_within_two_seconds_of_sending_is_a_machine(sent, client):
    Message.objects.update(settled_at=timezone.now())
    client.get(sent.click_paths[0], **BROWSER)
    assert MessageEvent.objects.get().rule == "too-fast"


def test_whoever_follows_every_link_at_once_is_a_machine_after_all(sent, client):
    for path in sent.click_paths[:3]:
        client.get(path, **BROWSER)
    totals = engagement(sent.send)
    assert (totals.clicked, totals.machine_clicks) == (0, 3)
    assert Activity.objects.filter(type="email.clicked", machine=True).count() == 3


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_unsubscribe_page_changes_nothing(sent, client, method):
    events = ConsentEvent.objects.count()
    response = getattr(client, method)(sent.unsubscribe_path, **BROWSER)
    assert response.status_code == 200
    if method == "get":
        assert b'<form method="post">' in response.content
        assert b"ada@example.com" in response.content
    assert ConsentEvent.objects.count() == events
    assert ConsentState.objects.get().state == "subscribed"
    assert MessageEvent.objects.count() == 0


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
def test_one_click_unsubscribe_needs_no_cookie_and_works_any_number_of_times(sent, encoding):
    client = Client(enforce_csrf_checks=True)
    for _again in range(3):
        if encoding == "urlencoded":
            response = client.post(
                sent.unsubscribe_path,
                "List-Unsubscribe=One-Click",
                content_type="application/x-www-form-urlencoded",
            )
        else:
            response = client.post(sent.unsubscribe_path, {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
    assert not client.cookies
    assert ConsentState.objects.get().state == "unsubscribed"
    assert list(ConsentEvent.objects.order_by("id").values_list("state", "source")) == [
        ("subscribed", "form"),
        ("unsubscribed", "one-click"),
    ]
    assert MessageEvent.objects.filter(type="unsubscribe").count() == 1
    assert engagement(sent.send).unsubscribed == 1


def test_who_unsubscribed_gets_nothing_of_the_next_send(sent, client, sink, template):
    client.post(sent.unsubscribe_path, {"List-Unsubscribe": "One-Click"})
    send = create_send(template=template(), audience=Contact.objects.all(), source_ref="campaign:8")
    launch(send)
    tasks.drain_until_idle()
    assert (send.messages.get().state, send.messages.get().reason) == ("suppressed", "unsubscribed")
    assert len(sink.messages) == 1


def test_the_web_version_shows_the_message_and_runs_nothing(sent, client):
    response = client.get(sent.view_path, **BROWSER)
    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "sandbox" in policy
    assert b"Corner Grocery" in response.content
    assert b"/marketing/m/o/" not in response.content
    assert "set-cookie" not in {name.lower() for name in response.headers}


def test_links_outlive_a_rotation_of_keys_and_not_the_loss_of_the_key(sent, client, settings):
    first = settings.WAGTAIL_MARKETING["TOKEN_KEYS"]
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "TOKEN_KEYS": {"2": "new", **first}}
    assert client.get(sent.click_paths[0], **BROWSER).status_code == 302
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "TOKEN_KEYS": {"2": "new"}}
    assert client.get(sent.click_paths[0], **BROWSER).status_code == 404


def test_the_links_of_a_test_message_lead_to_a_page_that_says_so(client, db):
    token = tracking.sign_message(tracking.UNSUBSCRIBE, 0)
    assert b"This was a test message" in client.post(f"/marketing/m/u/{token}").content
