"""One send from template to the sink, over real SMTP."""

import email
import email.policy
import re

import pytest

from wagtail_marketing.contacts.models import Contact
from wagtail_marketing.core import tasks
from wagtail_marketing.messaging.models import Message, SendState
from wagtail_marketing.messaging.selectors import send_counts
from wagtail_marketing.messaging.services import create_send, launch

pytestmark = pytest.mark.django_db


def parse(received):
    return email.message_from_bytes(received.data, policy=email.policy.SMTP)


def test_a_send_reaches_those_who_agreed_and_says_of_the_others_why_not(sink, brand, person, template):
    person("ada@example.com", first_name="Ada")
    person("zoe@example.com", first_name="Zoë <b>")
    person("never@example.com", consent=False)
    person("ADA@example.com", first_name="Second")
    person("", consent=False, external_key="no-address")
    send = create_send(template=template(), audience=Contact.objects.all(), source_ref="campaign:1")

    assert (send.audience_count, send.duplicate_count, send.no_address_count) == (3, 1, 1)
    assert [(link.position, link.url) for link in send.links.all()] == [
        (1, "https://shop.example/news"),
        (2, "https://shop.example/shop/"),
    ]
    launch(send)
    tasks.drain_until_idle()

    send.refresh_from_db()
    assert send.state == SendState.DONE
    counts = send_counts(send)
    assert (counts.audience, counts.sent, counts.suppressed) == (3, 2, 1)
    assert Message.objects.get(state="suppressed").reason == "no_consent"
    assert sorted(received.recipients for received in sink.messages) == [("ada@example.com",), ("zoe@example.com",)]
    assert sink.connections == 1

    message = parse(sink.to("zoe@example.com")[0])
    assert message["Subject"] == "News for Zoë <b>"
    assert message["From"] == "Corner Grocery <news@shop.example>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    row = Message.objects.get(address="zoe@example.com")
    assert message["Message-ID"] == f"<{row.uuid.hex}@shop.example>"
    html = message.get_body(("html",)).get_content()
    text = message.get_body(("plain",)).get_content()
    assert "Hello Zoë &lt;b&gt;" in html
    assert "Hello Zoë <b>" in text
    assert "1 Main Street" in html
    assert "1 Main Street" in text
    assert len(re.findall(r"https://shop\.example/marketing/m/c/[\w.-]+", html)) == 2
    assert "{{" not in html + text
