from django.test import override_settings

from wagtail_marketing.checks import check_settings

GOOD = {"HASH_KEY": "h", "TOKEN_KEYS": {"1": "t"}, "PUBLIC_BASE_URL": "https://shop.example"}


def ids(**change):
    with override_settings(DEBUG=False, WAGTAIL_MARKETING=GOOD | change):
        return [message.id for message in check_settings(None)]


def test_a_configured_site_has_nothing_to_hear():
    assert ids() == []


def test_each_mistake_has_its_number():
    assert ids(HASHKEY="typo") == ["wagtail_marketing.W001"]
    assert ids(HOST_ADAPTER="no.such.Adapter") == ["wagtail_marketing.E002"]
    assert ids(HASH_KEY="") == ["wagtail_marketing.W003"]
    assert ids(TOKEN_KEYS={}) == ["wagtail_marketing.W004"]
    assert ids(PUBLIC_BASE_URL="shop.example") == ["wagtail_marketing.E005"]


def test_development_keys_are_fine_while_debugging():
    with override_settings(DEBUG=True, WAGTAIL_MARKETING={"PUBLIC_BASE_URL": "http://localhost"}):
        assert check_settings(None) == []


def test_an_app_that_lacks_another_says_which():
    with override_settings(WAGTAIL_MARKETING=GOOD):
        from django.apps import apps

        config = apps.get_app_config("wagtail_marketing_commerce")
        before, config.requires = config.requires, ("wagtail_marketing.nowhere",)
        try:
            assert [(m.id, m.msg) for m in check_settings(None)] == [
                ("wagtail_marketing.E006", "wagtail_marketing.commerce needs wagtail_marketing.nowhere.")
            ]
        finally:
            config.requires = before
