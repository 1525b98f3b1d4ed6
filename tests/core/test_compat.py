"""Where Django would send mail, on every version of it."""

import pytest

from wagtail_marketing.compat import DJANGO_6_1
from wagtail_marketing.conf import settings as marketing

EXPECTED = {"HOST": "mail.test", "PORT": 2525, "USER": "u", "PASSWORD": "p", "USE_TLS": True, "USE_SSL": None}


def test_the_mail_server_of_django_is_ours_where_none_is_named(settings):
    settings.WAGTAIL_MARKETING = {}
    if DJANGO_6_1:
        options = {"host": "mail.test", "port": 2525, "username": "u", "password": "p", "use_tls": True}
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
    else:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "mail.test", 2525
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "u", "p"
        settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = True, None
    assert marketing.smtp == EXPECTED


@pytest.mark.skipif(not DJANGO_6_1, reason="Django 6.1 warns of EMAIL_*")
def test_a_site_on_6_1_that_still_has_the_old_settings_is_read_without_a_warning(settings):
    settings.WAGTAIL_MARKETING = {}
    settings.__delattr__("MAILERS")
    assert (marketing.smtp["HOST"], marketing.smtp["PORT"]) == ("localhost", 25)


def test_what_is_named_comes_first(settings):
    settings.WAGTAIL_MARKETING = {"SMTP": {"HOST": "other.test", "PORT": 25}}
    assert (marketing.smtp["HOST"], marketing.smtp["PORT"]) == ("other.test", 25)
