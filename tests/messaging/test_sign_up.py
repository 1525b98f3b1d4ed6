"""The whole way: form, worker, question in the sink, link, button; then the link in a campaign to the preferences."""

import email
import email.policy
import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import translation

from wagtail_marketing.contacts import selectors, services
from wagtail_marketing.contacts.models import (
    ConsentEvent,
    ConsentEvidence,
    ConsentState,
    Contact,
    ContactPreference,
    SignUp,
    Topic,
)
from wagtail_marketing.contacts.registry import ConfirmationSender, confirmation_senders
from wagtail_marketing.contacts.views import offers
from wagtail_marketing.contacts.views.offers import Offer
from wagtail_marketing.core import clock, tasks
from wagtail_marketing.messaging.models import EmailTemplate, Message, Send
from wagtail_marketing.messaging.services import create_from_starter, create_send, launch
from wagtail_marketing.messaging.services.confirmations import confirmation_template

pytestmark = pytest.mark.django_db
TEXT = "Yes, write to me."
HOST = "https://shop.example"


@pytest.fixture
def weekly():
    return Topic.objects.create(name="Weekly specials", slug="weekly")


def offer(**values) -> str:
    """A form as it was shown ten seconds ago."""
    return Offer(**{"text": TEXT} | values).signed(now=clock.now() - timedelta(seconds=10))


def send_form(client, address="ann@example.com", *, signed=None, **values):
    data = {"offer": signed or offer(), "email": address, "website": ""} | values
    return client.post(reverse("wagtail_marketing:sign_up"), data)


def parts(received):
    message = email.message_from_bytes(received.data, policy=email.policy.SMTP)
    html, text = (message.get_body((kind,)).get_content() for kind in ("html", "plain"))
    return message, unescape(html), text


def link(received, name) -> str:
    found = re.findall(rf"{HOST}(/marketing/c/{name}/[\w.-]+)", parts(received)[1])
    assert found
    return found[0]


def test_from_the_form_to_the_list(client, sink, brand, weekly):
    answer = send_form(client, signed=offer(topics=[weekly.pk], language="en", origin="/news/"))
    assert (answer.status_code, answer.url) == (303, reverse("wagtail_marketing:sign_up_done") + "?lang=en")
    assert not answer.cookies
    assert b"Look into your inbox" in client.get(answer.url).content
    tasks.drain_until_idle()

    (received,) = sink.to("ann@example.com")
    message, html, text = parts(received)
    assert message["Subject"] == "Please confirm: news from Corner Grocery"
    assert message["List-Unsubscribe"] is None
    assert message["Auto-Submitted"] == "auto-generated"
    assert "What was chosen: Weekly specials." in text
    assert "/marketing/m/o/" not in html
    assert "/marketing/m/c/" not in html
    address = link(received, "confirm")

    for _scanner in range(3):
        for method in (client.get, client.head):
            assert method(address).status_code == 200
    assert not selectors.deliverable("email").exists()
    page = client.get(address).content.decode()
    assert "Weekly specials" in page
    assert TEXT in page

    answer = client.post(address, REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 200
    assert b"Your sign-up is confirmed" in answer.content
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies
    ann = Contact.objects.get()
    assert list(selectors.deliverable("email", weekly)) == [ann]
    proof = ConsentEvidence.objects.filter(event__state="subscribed", event__topic=None).get()
    assert (proof.text, proof.text_version, proof.ip) == (TEXT, Offer(TEXT).version, "192.0.2.7")
    assert proof.detail["origin"] == "/news/"
    written = ConsentEvent.objects.count()
    assert b"Your sign-up is confirmed" in client.post(address).content
    assert ConsentEvent.objects.count() == written


def test_known_and_unknown_read_the_same(client, sink, brand, person):
    person("known@example.com")
    gone = person("gone@example.com")
    services.unsubscribe(contact=gone, channel="email")
    services.suppress(channel="email", address="bad@example.com", reason="complaint")
    signed = offer()
    answers = {
        (answer.status_code, answer.content, answer.url)
        for answer in (
            send_form(client, f"{name}@example.com", signed=signed) for name in ("known", "gone", "bad", "new")
        )
    }
    assert len(answers) == 1
    tasks.drain_until_idle()
    # Who is suppressed is not written to, and nobody can tell from the page.
    assert sorted(received.recipients[0] for received in sink.messages) == [
        "gone@example.com",
        "known@example.com",
        "new@example.com",
    ]


def test_a_group_of_sign_ups_is_one_send_and_each_has_a_link_of_its_own(client, sink, brand):
    for number in range(3):
        send_form(client, f"p{number}@example.com")
    tasks.drain_until_idle()
    assert Send.objects.count() == 1
    assert len({link(received, "confirm") for received in sink.messages}) == 3


def test_the_language_of_the_form_is_that_of_the_question(client, sink, brand):
    send_form(client, signed=offer(language="de"))
    tasks.drain_until_idle()
    with translation.override("de"):
        subject = translation.gettext("Please confirm: news from {{ shop.name }}").replace(
            "{{ shop.name }}", "Corner Grocery"
        )
    assert parts(sink.messages[0])[0]["Subject"] == subject
    assert Contact.objects.get().language == "de"


def test_the_sites_own_question_is_sent_once_it_is_published_and_has_the_link(client, sink, brand):
    draft = create_from_starter(key="confirmation", name="Ours")
    assert confirmation_template(None, "en").pk is None
    EmailTemplate.objects.filter(pk=draft.pk).update(live=True, subject="Is it you?")
    assert confirmation_template(None, "en") == draft
    assert confirmation_template(None, "de").pk is None
    send_form(client, signed=offer(language="en"))
    tasks.drain_until_idle()
    assert parts(sink.messages[0])[0]["Subject"] == "Is it you?"
    EmailTemplate.objects.filter(pk=draft.pk).update(body="[]")
    assert confirmation_template(None, "en").pk is None


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        ({"email": ""}, 422, "Enter your e-mail address"),
        ({"email": "ann@"}, 422, "is not an e-mail address"),
        ({"offer": "x"}, 400, "too old"),
        ({"topics": []}, 422, "Choose at least one"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(client, weekly, values, status, words):
    other = Topic.objects.create(name="Recipes", slug="recipes")
    signed = offer(topics=[weekly.pk, other.pk], ask_name=True, heading="Our news")
    data = {"offer": signed, "email": "ann@example.com", "first_name": "Änn <b>", "topics": [weekly.pk], "website": ""}
    answer = client.post(reverse("wagtail_marketing:sign_up"), data | values)
    page = answer.content.decode()
    assert (answer.status_code, words in page) == (status, True)
    assert not SignUp.objects.exists()
    if status == 422:
        assert "Änn &lt;b&gt;" in page
        assert signed in page
        assert "Our news" in page


def test_programs_are_told_what_everybody_is_told(client):
    answer = send_form(client, website="https://spam.example")
    assert answer.status_code == 303
    assert not SignUp.objects.exists()


def test_a_form_that_comes_back_at_once_is_asked_for_once_more(client):
    signed = Offer(TEXT).signed()
    answer = send_form(client, signed=signed)
    assert (answer.status_code, b"once more" in answer.content) == (422, True)
    assert not SignUp.objects.exists()
    assert signed in answer.content.decode()


def test_a_form_from_a_cached_page_keeps_its_words_after_a_rotation_of_keys(client, settings):
    old = offer(text="The old words")
    settings.WAGTAIL_MARKETING = {
        **settings.WAGTAIL_MARKETING,
        "TOKEN_KEYS": {"2": "new", **settings.WAGTAIL_MARKETING["TOKEN_KEYS"]},
    }
    assert send_form(client, signed=old).status_code == 303
    assert SignUp.objects.get().text == "The old words"


def test_one_network_may_send_only_so_many(client, settings):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "SIGN_UP_RATE": "3/hour"}
    statuses = [send_form(client, f"p{number}@x.example", REMOTE_ADDR="2001:db8::1").status_code for number in range(4)]
    assert statuses == [303, 303, 303, 429]
    assert SignUp.objects.count() == 3


def test_the_clients_address_is_kept_only_where_the_site_says_so(client, settings):
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "KEEP_CONSENT_IP": False}
    send_form(client)
    assert SignUp.objects.get().ip is None


def test_the_page_alone_is_a_form_with_the_sites_own_topics(client, weekly):
    answer = client.get(reverse("wagtail_marketing:sign_up"))
    assert answer.status_code == 200
    assert offers.default_text("") in answer.content.decode()


@pytest.mark.parametrize("name", ["confirm", "preferences"])
def test_a_link_that_is_not_ours_helps_and_changes_nothing(client, name):
    for token in ("x", "1.AAAA", "1." + "A" * 60):
        answer = client.post(reverse(f"wagtail_marketing:{name}", args=[token]))
        assert (answer.status_code, b"This link does not work" in answer.content) == (404, True)


def test_a_token_of_one_page_is_refused_by_the_others(client, sink, brand, person, template):
    person("ann@example.com")
    launch(create_send(template=template(), audience=Contact.objects.all(), source_ref="campaign:1"))
    send_form(client)
    tasks.drain_until_idle()
    news, question = sorted(sink.messages, key=lambda received: b"List-Unsubscribe" not in received.data)
    confirm, prefer = link(question, "confirm"), link(news, "preferences")
    assert client.get(confirm.replace("/confirm/", "/preferences/")).status_code == 404
    assert client.get(prefer.replace("/preferences/", "/confirm/")).status_code == 404
    assert client.post(prefer.replace("/c/preferences/", "/m/u/")).status_code == 404
    assert list(selectors.deliverable("email")) == [Contact.objects.get()]


class TestPreferences:
    @pytest.fixture
    def ann(self, person) -> Contact:
        return person("ann@example.com", first_name="Ann")

    @pytest.fixture
    def address(self, sink, brand, ann, template) -> str:
        """The link as it came in a campaign."""
        launch(create_send(template=template(), audience=Contact.objects.all(), source_ref="campaign:1"))
        tasks.drain_until_idle()
        return link(sink.messages[0], "preferences")

    def save(self, client, address, *, shown="email", want=("email",), **values):
        return client.post(address, {"shown": shown, "want": list(want), "language": "", **values})

    def state(self, contact, topic=None) -> str:
        row = ConsentState.objects.filter(contact=contact, channel="email", topic=topic).first()
        return row.state if row else "never"

    def test_looking_changes_nothing_and_shows_no_address(self, client, address, ann, weekly):
        before = ConsentEvent.objects.count()
        page = client.get(address).content.decode()
        assert client.head(address).status_code == 200
        assert "a…@example.com" in page
        assert "ann@example.com" not in page
        assert "Weekly specials" in page
        assert (ConsentEvent.objects.count(), ContactPreference.objects.count()) == (before, 0)

    def test_a_topic_is_left_and_taken_up_again(self, client, address, ann, weekly):
        topic = f"email:{weekly.pk}"
        answer = self.save(client, address, shown=f"email {topic}", want=["email"])
        assert (answer.status_code, answer.url) == (303, f"{address}?done=saved")
        assert b"Saved." in client.get(answer.url).content
        assert self.state(ann, weekly) == "unsubscribed"
        assert not selectors.deliverable("email", weekly).exists()
        self.save(client, address, shown="email", want=["email", topic])
        assert list(selectors.deliverable("email", weekly)) == [ann]

    def test_the_channel_is_left_and_taken_up_again(self, client, address, ann, weekly):
        self.save(client, address, shown="email", want=[])
        assert self.state(ann) == "unsubscribed"
        self.save(client, address, shown="", want=[f"email:{weekly.pk}"])
        assert self.state(ann) == self.state(ann, weekly) == "subscribed"
        proof = ConsentEvidence.objects.order_by("pk").last()
        assert "Weekly specials" in proof.text

    def test_everything_is_left_by_one_button(self, client, address, ann):
        answer = client.post(address, {"leave": "all", "shown": "email", "want": ["email"]})
        assert answer.url == f"{address}?done=left"
        assert self.state(ann) == "unsubscribed"

    def test_an_old_page_brings_nobody_back(self, client, address, ann):
        """Shown as subscribed, left by one click in the meantime, saved for the sake of a pause."""
        services.unsubscribe(contact=ann, channel="email")
        self.save(client, address, shown="email", want=["email"], pause="30")
        assert self.state(ann) == "unsubscribed"
        assert ContactPreference.objects.get().paused_until is not None

    def test_a_pause_holds_back_what_waits_already_and_ends_by_itself(self, client, address, ann, template, sink):
        send = create_send(template=template(), audience=Contact.objects.all(), source_ref="campaign:2")
        assert self.save(client, address, pause="30").status_code == 303
        assert not selectors.deliverable("email").exists()
        found = selectors.reach(Contact.objects.all(), "email")
        assert (found.total, found.reachable, found.paused, found.never) == (1, 0, 1, 0)
        launch(send)
        tasks.drain_until_idle()
        assert Message.objects.get(send=send).reason == "paused"
        assert len(sink.messages) == 1
        page = client.get(address).content.decode()
        assert "as it is now" in page
        self.save(client, address, pause="keep")
        assert not selectors.deliverable("email").exists()
        ContactPreference.objects.update(paused_until=clock.now())
        assert list(selectors.deliverable("email")) == [ann]

    def test_a_question_reaches_who_asked_for_a_pause(self, client, address, ann, sink):
        self.save(client, address, pause="30")
        send_form(client)
        tasks.drain_until_idle()
        assert len(sink.messages) == 2

    def test_hours_zone_and_language_are_kept(self, client, address, ann):
        answer = self.save(
            client,
            address,
            contact_from="18:00",
            contact_until="20:00",
            time_zone="Asia/Tokyo",
            language="de",
        )
        assert answer.status_code == 303
        row = ContactPreference.objects.get()
        assert (row.contact_from.hour, row.contact_until.hour, row.time_zone) == (18, 20, "Asia/Tokyo")
        assert selectors.language_of(ann) == "de"
        assert 'lang="de"' in client.get(address).content.decode()

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"contact_from": "18:00"}, "Give both hours"),
            ({"contact_from": "18:00", "contact_until": "18:00"}, "same hour"),
            ({"time_zone": "Mars/Olympus"}, "not one of the available choices"),
            ({"pause": "9999"}, "not one of the available choices"),
        ],
    )
    def test_what_is_wrong_is_said_and_changes_nothing(self, client, address, ann, values, words):
        answer = self.save(client, address, shown="email", want=[], **values)
        assert (answer.status_code, words in answer.content.decode()) == (422, True)
        assert self.state(ann) == "subscribed"
        assert not ContactPreference.objects.exists()
        assert 'value="email" checked' not in answer.content.decode()

    def test_the_link_dies_with_the_address(self, client, address, ann):
        services.update_contact(contact=ann, email="new@example.com")
        assert client.get(address).status_code == 404

    def test_a_customer_who_is_logged_in_gets_there_and_must_confirm_what_is_new(
        self, client, ann, sink, brand, settings, admin_user
    ):
        settings.WAGTAIL_MARKETING = {
            name: value for name, value in settings.WAGTAIL_MARKETING.items() if name != "HOST_ADAPTER"
        }
        assert b"Every message of ours" in client.get(reverse("wagtail_marketing:my_preferences")).content
        services.unsubscribe(contact=ann, channel="email")
        Contact.objects.filter(pk=ann.pk).update(external_key=str(admin_user.pk))
        client.force_login(admin_user)
        address = client.get(reverse("wagtail_marketing:my_preferences")).url.removeprefix(HOST)
        answer = self.save(client, address, shown="", want=["email"])
        assert answer.url.endswith("?done=asked")
        assert self.state(ann) == "unsubscribed"
        tasks.drain_until_idle()
        client.post(link(sink.messages[0], "confirm"))
        assert self.state(ann) == "subscribed"

    def test_a_test_message_leads_to_a_page_that_says_so(self, client):
        from wagtail_marketing.contacts.links import preferences_url

        answer = client.get(preferences_url(None).split("://", 1)[-1].partition("/")[2].join(["/", ""]))
        assert b"This was a test message" in answer.content


def test_a_phone_number_that_cannot_be_read_is_said_with_the_remedy_and_kept(client):
    confirmation_senders.register("sms", ConfirmationSender("sms", list))
    try:
        _phone_that_cannot_be_read(client)
    finally:
        confirmation_senders.unregister("sms")


def _phone_that_cannot_be_read(client):
    signed = offer(channels=["email", "sms"])
    data = {"offer": signed, "email": "ann@example.com", "phone": "020 79", "country": "GB", "website": ""}
    page = client.post(reverse("wagtail_marketing:sign_up"), data).content.decode()
    assert "is not a phone number" in page
    assert "Choose the country, or begin with +" in page
    assert 'value="020 79"' in page
    assert '<option value="GB" selected>' in page
    assert not SignUp.objects.exists()
