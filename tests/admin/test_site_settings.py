import pytest
from django.urls import reverse
from wagtail.models import Site

from wagtail_marketing.core.errors import NotConfigured
from wagtail_marketing.models import MarketingSettings, Sender
from wagtail_marketing.site_settings import SenderIdentity, for_site

pytestmark = pytest.mark.django_db


def formset(**values):
    data = {
        "postal_address": "1 Main Street",
        "footer_text": "You are a customer.",
        "logo": "",
        "colour_brand": "#00676a",
        "colour_on_brand": "#ffffff",
        "colour_background": "#f4f5f6",
        "colour_text": "#1f2933",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "default_locale": "de",
        "keep_message_bodies_days": "90",
        "keep_messages_days": "500",
        "keep_events_days": "100",
        "keep_carts_days": "10",
        "keep_jobs_days": "11",
        "senders-TOTAL_FORMS": "1",
        "senders-INITIAL_FORMS": "0",
        "senders-MIN_NUM_FORMS": "0",
        "senders-MAX_NUM_FORMS": "1000",
        "senders-0-name": "Ann",
        "senders-0-address": "ann@shop.example",
        "senders-0-reply_to": "",
        "senders-0-ORDER": "1",
        "senders-0-id": "",
    }
    return data | values


@pytest.fixture
def site():
    return Site.objects.get(is_default_site=True)


def test_looking_changes_nothing(admin_client, site):
    response = admin_client.get(reverse("marketing_settings:site", args=[site.pk]))
    assert response.status_code == 200
    assert MarketingSettings.objects.count() == 0


def test_saved_settings_are_what_every_room_reads(admin_client, site):
    response = admin_client.post(reverse("marketing_settings:site", args=[site.pk]), formset())
    assert response.status_code == 302, response.context["form"].errors
    found = for_site(site)
    assert found.configured is True
    assert (found.time_zone, found.currency, found.default_locale) == ("Europe/Berlin", "EUR", "de")
    assert (found.postal_address, found.keep_messages_days) == ("1 Main Street", 500)
    sender = Sender.objects.get()
    assert found.senders == (SenderIdentity(sender.pk, "Ann", "ann@shop.example", ""),)
    assert found.sender().formatted == "Ann <ann@shop.example>"
    assert for_site(None) == found == for_site(site.pk)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("senders-0-address", "Ann <ann@shop.example>"),
        ("senders-0-address", "ann@localhost"),
        ("senders-0-address", "ann@shop.example, b@shop.example"),
        ("senders-0-address", "ann@shop.example\nBcc: x@y.example"),
        ("senders-0-name", "Ann\r\nBcc: x@y.example"),
        ("colour_brand", "red"),
        ("colour_brand", "#fff"),
        ("colour_text", "#12345g"),
        ("time_zone", "Mars/Olympus"),
        ("currency", "XYZZ"),
        ("currency", "ABC"),
        ("keep_messages_days", "399"),
        ("default_locale", "xx"),
    ],
)
def test_a_bad_value_is_refused_and_nothing_is_saved(admin_client, site, field, value):
    response = admin_client.post(reverse("marketing_settings:site", args=[site.pk]), formset(**{field: value}))
    assert response.status_code == 200
    assert MarketingSettings.objects.count() == 0


def test_poor_contrast_is_saved_but_said(admin_client, site):
    url = reverse("marketing_settings:site", args=[site.pk])
    response = admin_client.post(url, formset(colour_on_brand="#00777a"), follow=True)
    assert MarketingSettings.objects.get().colour_on_brand == "#00777a"
    assert [str(m).startswith("Text on buttons: contrast 1.2 : 1") for m in response.context["messages"]][1:] == [True]


def test_without_a_row_the_installation_stands_in(settings, site):
    settings.DEFAULT_FROM_EMAIL = "Shop <news@shop.example>"
    settings.WAGTAIL_MARKETING = {**settings.WAGTAIL_MARKETING, "CURRENCY": "CHF", "TIME_ZONE": "Europe/Zurich"}
    found = for_site(site)
    assert (found.configured, found.currency, found.time_zone) == (False, "CHF", "Europe/Zurich")
    assert found.sender() == SenderIdentity(None, "Shop", "news@shop.example", "")


def test_djangos_own_webmaster_is_no_sender(settings, site):
    settings.DEFAULT_FROM_EMAIL = "webmaster@localhost"
    with pytest.raises(NotConfigured) as caught:
        for_site(site).sender()
    assert caught.value.field == "sender"


def test_a_sender_that_is_gone_falls_back_to_the_first(site):
    row = MarketingSettings.objects.create(site=site)
    Sender.objects.create(settings=row, name="A", address="a@shop.example", sort_order=1)
    second = Sender.objects.create(settings=row, name="B", address="b@shop.example", sort_order=0)
    found = for_site(site)
    assert [s.name for s in found.senders] == ["B", "A"]
    assert found.sender(999_999).name == "B"
    assert found.sender(second.pk).name == "B"


def test_reading_takes_three_queries(site, django_assert_num_queries):
    MarketingSettings.objects.create(site=site)
    with django_assert_num_queries(2):
        for_site(site)
