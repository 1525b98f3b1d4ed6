import pytest
from django.utils import timezone

from wagtail_marketing.contacts.models import ConsentChoice, Contact, Strength
from wagtail_marketing.contacts.services import create_contact, record_consent
from wagtail_marketing.messaging.models import EmailTemplate
from wagtail_marketing.models import MarketingSettings, Sender
from wagtail_marketing.testing.mail_linter import problems
from wagtail_marketing.testing.smtp_sink import SmtpSink


@pytest.fixture
def sink(settings):
    with SmtpSink() as server:
        settings.WAGTAIL_MARKETING = {
            **settings.WAGTAIL_MARKETING,
            "SMTP": {"HOST": "127.0.0.1", "PORT": server.port},
            "SMTP_TIMEOUT_SECONDS": 5,
            "PUBLIC_BASE_URL": "https://shop.example",
        }
        yield server
    # Whatever a test was about: no message of ours leaves that breaks a rule.
    for received in server.messages:
        marketing = b"Auto-Submitted" not in received.data
        assert problems(received.data, marketing=marketing) == []
        assert len(received.recipients) == 1


@pytest.fixture
def brand(db):
    from wagtail.models import Site

    site = Site.objects.get(is_default_site=True)
    row = MarketingSettings.objects.create(site=site, postal_address="1 Main Street\nSpringfield")
    Sender.objects.create(settings=row, name="Corner Grocery", address="news@shop.example")
    return row


@pytest.fixture
def person(db):
    """Make a contact; ``consent=False`` for one who never agreed."""

    def make(email, *, consent=True, **fields) -> Contact:
        contact = create_contact(source="test", email=email, **fields)
        if consent:
            record_consent(
                contact=contact,
                channel="email",
                state=ConsentChoice.SUBSCRIBED,
                strength=Strength.STRONG,
                source="form",
                occurred_at=timezone.now(),
            )
        return contact

    return make


def stream(blocks):
    field = EmailTemplate._meta.get_field("body")
    return field.stream_block.to_python([{"type": kind, "value": value} for kind, value in blocks])


@pytest.fixture
def template(db):
    """Make a live e-mail; by default one with tokens and two links."""

    def make(**values) -> EmailTemplate:
        body = values.pop(
            "body",
            [
                ("heading", {"text": 'Hello {{ contact.first_name | default: "there" }}', "level": "h1"}),
                ("text", '<p>News of <a href="https://shop.example/news">today</a>.</p>'),
                ("button", {"label": "Shop", "url": "/shop/"}),
            ],
        )
        found = EmailTemplate(
            **{"name": "News", "subject": "News for {{ contact.first_name }}", "body": stream(body), **values}
        )
        found.save()
        return found

    return make
