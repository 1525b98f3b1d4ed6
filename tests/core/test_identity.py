import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from wagtail_marketing.core.identity import address_hash, normalise_email, normalise_phone


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("  Ada@Example.COM ", "ada@example.com"),
        ("a.d.a+shop@example.com", "a.d.a+shop@example.com"),
        ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
        ("nobody", ""),
        ("@example.com", ""),
        ("ada@", ""),
        ("ada@" + "x" * 70 + ".example", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_an_address_has_one_spelling(written, normalised):
    assert normalise_email(written) == normalised


@given(st.emails())
def test_normalising_twice_changes_nothing(address):
    once = normalise_email(address)
    assert normalise_email(once) == once


@pytest.mark.parametrize(
    ("written", "region", "e164"),
    [
        ("+49 30 123456", None, "+4930123456"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("212 555 0123", None, ""),
        ("12", "US", ""),
        ("", "US", ""),
        (None, None, ""),
    ],
)
def test_a_phone_number_has_one_spelling(written, region, e164):
    assert normalise_phone(written, region=region) == e164


def test_the_hash_does_not_depend_on_the_secret_key():
    with override_settings(WAGTAIL_MARKETING={"HASH_KEY": "h"}):
        before = address_hash("ada@example.com")
        with override_settings(SECRET_KEY="another"):
            assert address_hash("ada@example.com") == before
    with override_settings(WAGTAIL_MARKETING={"HASH_KEY": "other"}):
        assert address_hash("ada@example.com") != before
    assert len(before) == 64
    assert address_hash("") == ""
